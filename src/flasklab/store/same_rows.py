"""Runs that are the same as one that somebody is about to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import literal_column, select

from flasklab.runs.sameness import params_hash, params_text, same_code
from flasklab.runs.state import RunState
from flasklab.store.environment_rows import EnvironmentRows
from flasklab.store.tables import runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from flasklab.runs.json import Json

_LATEST = 50  # of the runs with these parameters: others had other code


class SameRows:
    """Questions about equal runs, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, experiment: str, params: Mapping[str, Json], environment_id: str) -> str | None:
        """The id of the latest run that succeeded with these parameters and this code; None where there is none.

        Args:
            experiment: its name
            params: validated, defaults filled in
            environment_id: the present code's
        """
        environments = EnvironmentRows(self._connection)
        present = environments.get(environment_id)
        if present is None:
            return None
        # Written out, as the index has only those.
        succeeded = runs.c.state == literal_column(f"'{RunState.SUCCEEDED.value}'")
        asked = (
            select(runs.c.id, runs.c.params, runs.c.environment_id)
            .where(runs.c.params_hash == params_hash(experiment, params), succeeded, runs.c.deleted + 0 == 0)
            .order_by(runs.c.number.desc())
            .limit(_LATEST)
        )
        known: dict[str | None, bool] = {None: False, environment_id: True}
        wanted = params_text(params)
        for row in self._connection.execute(asked):
            if row.environment_id not in known:
                known[row.environment_id] = same_code(environments.get(row.environment_id) or {}, present)
            if known[row.environment_id] and params_text(row.params) == wanted:
                return str(row.id)
        return None
