"""Whether a run was made already: with these parameters, by the code as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.experiments.description import Description
    from flasklab.runs.json import Json
    from flasklab.runs.run import Run
    from flasklab.services.experiment_read import ExperimentRead
    from flasklab.store.store import Store


class RunSame:
    """Finds equal runs.

    Args:
        store: where runs are kept
        experiments: tells what the code is now
    """

    def __init__(self, store: Store, experiments: ExperimentRead) -> None:
        self._store = store
        self._experiments = experiments

    def __call__(self, description: Description, params: Mapping[str, Json]) -> Run | None:
        """The latest run that succeeded with these parameters and the code as it is now.

        The code is the lab's source files, its packages and its Python: an edit of any of them makes others of all
        runs. While edited sources are still being read, nothing is known to be the same.

        Args:
            description: the experiment
            params: validated, defaults filled in
        """
        catalog = self._experiments.catalog()
        if not catalog.ready or catalog.environment_id is None:
            return None
        with self._store.read() as unit:
            found = unit.same.find(description.name, params, catalog.environment_id)
            return None if found is None else unit.runs.get(found)
