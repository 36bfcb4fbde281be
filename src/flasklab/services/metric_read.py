"""Reading metrics: whole series, or as many points as a chart needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.services.downsampling import reduced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flasklab.runs.metrics import Series
    from flasklab.store.store import Store


class MetricRead:
    """Answers questions about metrics.

    Args:
        store: where they are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def series(self, run_id: str, keys: Iterable[str] | None = None, points: int | None = None) -> dict[str, Series]:
        """A run's series by metric, their columns as lists.

        Args:
            run_id: which run
            keys: only these metrics; those that the run does not have are left out
            points: at most about so many points each, extremes kept; None for all

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self._store.read() as unit:
            number = unit.runs.get(run_id).number
            known = unit.metrics.keys(number)
            wanted = known if keys is None else [key for key in dict.fromkeys(keys) if key in known]
            return {key: reduced(unit.metrics.series(number, key), points) for key in wanted}
