"""Runs that come from elsewhere, within one transaction.

A run whose points are too many for one transaction is hidden until all of them are there: it stands as one that is
being removed for good, so that no list shows it, nobody can take it out of the bin, and what a killed import has left
is removed like everything else in the bin.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from flasklab.store.artifact_rows import ArtifactRows
from flasklab.store.event_rows import EventRows
from flasklab.store.tables import attempts, runs
from flasklab.store.value_rows import ValueSource, add_values, value_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from flasklab.runs.artifacts import Artifact
    from flasklab.runs.history import Attempt, RunEvent
    from flasklab.runs.run import Run

_HIDDEN = 2  # in `deleted`


class ImportRows:
    """Imported runs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, ids: Sequence[str]) -> dict[str, int | None]:
        """Those of these ids that are runs', each with its number where it is hidden, else with None."""
        asked = select(runs.c.id, runs.c.number, runs.c.deleted).where(runs.c.id.in_(ids))
        return {row.id: int(row.number) if row.deleted == _HIDDEN else None for row in self._connection.execute(asked)}

    def add(
        self,
        run: Run,
        *,
        attempts_of: Iterable[Attempt],
        events: Iterable[RunEvent],
        files: Iterable[Artifact],
        hidden_at: datetime | None = None,
    ) -> int:
        """Add a run that has ended, under a number of this lab.

        Args:
            run: as it is to be; its number, metrics and artifacts are not looked at
            attempts_of: its attempts
            events: what happened to it
            files: its artifacts, whose contents are stored
            hidden_at: now, where points are still to come; see `reveal`

        Returns:
            Its number.

        Raises:
            ValueError: it has not ended.
        """
        if not run.state.is_final:
            raise ValueError("only a run that has ended can be imported: no supervisor may ever claim it")
        added = insert(runs).returning(runs.c.number)
        number = int(self._connection.execute(added, _values(run, hidden_at)).scalar_one())
        values = ((ValueSource.PARAMS, dict(run.params)), (ValueSource.OUTPUT, run.output))
        add_values(self._connection, [row for source, value in values for row in value_rows(number, source, value)])
        rows = [{"run_number": number, **asdict(one)} for one in attempts_of]
        if rows:
            self._connection.execute(insert(attempts), rows)
        told = EventRows(self._connection)
        for event in events:
            told.add(number, event.seq, event.kind, event.data, event.at)
        kept = ArtifactRows(self._connection)
        for file in files:
            kept.add(number, file)
        return number

    def reveal(self, number: int) -> bool:
        """Show a hidden run; False when it is gone."""
        changed = update(runs).where(runs.c.number == number, runs.c.deleted == _HIDDEN)
        return self._connection.execute(changed.values(deleted=0, deleted_at=None)).rowcount == 1


def _values(run: Run, hidden_at: datetime | None) -> dict[str, Any]:
    return {
        "id": run.id,
        "experiment": run.experiment,
        "state": run.state.value,
        "params": dict(run.params),
        "given": list(run.given),
        "output": run.output,
        "error": None if run.error is None else asdict(run.error),
        "progress": None if run.progress is None else run.progress.to_json(),
        "tags": list(run.tags),
        "note": run.note,
        "attempt": run.attempt,
        "begun": run.begun,
        "retries": run.retries,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "created_by": run.created_by,
        "cancel_requested_by": run.cancel_requested_by,
        "cancel_requested_at": run.cancel_requested_at,
        "rerun_of": run.rerun_of,
        "seed": None if run.seed is None else str(run.seed),
        "environment_id": run.environment_id,
        "seq": run.seq,
        "dropped": run.dropped,
        "rank": -run.priority,
        "held": 0,
        "not_before": run.not_before,
        "resources": dict(run.resources) or None,
        "retry_wait": run.retry_wait,
        "restore_from": run.restore_from,
        "pinned": int(run.pinned),
        "deleted": 0 if hidden_at is None else _HIDDEN,
        "deleted_at": hidden_at,
    }
