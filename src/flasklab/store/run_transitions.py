"""Runs as the supervisor moves them: claimed, begun, recorded, settled, handed back.

Every write of a supervisor is fenced: it names the attempt it was made for and says whether it touched the
one row, so that whoever lost a run (its attempt is over, another claimed it, it was settled) learns so and
ends its child.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, literal_column, select, update

from flasklab.runs.checkpoints import CHECKPOINT
from flasklab.runs.json import decode
from flasklab.runs.state import RunState, may_become
from flasklab.store.claims import Claimable, Running
from flasklab.store.prepared import Prepared
from flasklab.store.tables import Moment, artifacts, attempts, events, metric_chunks, metric_summaries, runs
from flasklab.store.value_rows import ValueSource, add_values, value_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection
    from sqlalchemy.dialects.postgresql.dml import Insert

    from flasklab.runs.json import Json
    from flasklab.runs.run import RunError

_RUNNING = RunState.RUNNING.value
_QUEUED = RunState.QUEUED.value

# Hot statements are built once. Parameters start with "the_", which no column does.
CLAIMABLE = (
    runs.c.number,
    runs.c.id,
    runs.c.experiment,
    runs.c.params,
    runs.c.attempt,
    runs.c.begun,
    runs.c.retries,
    runs.c.retry_wait,
    runs.c.timeout_seconds,
    runs.c.memory_bytes,
    runs.c.resources,
    runs.c.rank,
    runs.c.seed,
    runs.c.restore_from,
    runs.c.seq,
    runs.c.created_at,
)
# Said in the words of the indexes of what is queued and of what runs, which no parameter would match.
IS_QUEUED = runs.c.state == literal_column(f"'{_QUEUED}'")
IS_RUNNING = runs.c.state == literal_column(f"'{_RUNNING}'")
WAITING = and_(IS_QUEUED, runs.c.held == literal_column("0"))
"""Queued, and not held until a moment."""
_QUEUE = Prepared(select(*CLAIMABLE).where(WAITING).order_by(runs.c.rank, runs.c.number).limit(bindparam("the_limit")))
_CLAIM = (
    update(runs)
    .where(runs.c.id == bindparam("the_id"), runs.c.state == _QUEUED)
    .values(
        state=_RUNNING,
        attempt=runs.c.attempt + 1,
        seq=runs.c.seq + 1,
        output=None,
        error=None,
        progress=None,
        dropped=0,
        started_at=None,
        finished_at=None,
    )
    .returning(runs.c.attempt, runs.c.number)
)
_HELD = update(runs).where(
    runs.c.id == bindparam("the_id"), runs.c.attempt == bindparam("the_attempt"), runs.c.state == _RUNNING
)
_BEGIN = _HELD.values(started_at=bindparam("the_start"), begun=runs.c.begun + 1, seq=runs.c.seq + 1)
_SETTLE = _HELD.values(
    state=bindparam("the_state"),
    output=bindparam("the_output"),
    error=bindparam("the_error"),
    finished_at=bindparam("the_end"),
    seq=bindparam("the_seq"),
)
_BEFORE = (attempts.c.run_number == runs.c.number) & (attempts.c.attempt == runs.c.attempt)
_REQUEUE = _HELD.values(
    state=_QUEUED,
    progress=None,
    started_at=None,
    seq=bindparam("the_seq"),
    held=bindparam("the_hold"),
    not_before=func.coalesce(bindparam("the_moment", type_=Moment), runs.c.not_before),
    # What the attempt noted does not stay: the next one notes it anew.
    tags=func.coalesce(select(attempts.c.tags_before).where(_BEFORE).scalar_subquery(), runs.c.tags),
    note=func.coalesce(select(attempts.c.note_before).where(_BEFORE).scalar_subquery(), runs.c.note),
)
_CANCELS = select(runs.c.id, runs.c.attempt, runs.c.cancel_requested_by).where(
    IS_RUNNING, runs.c.cancel_requested_at.is_not(None)
)
_ACTIVE = select(
    runs.c.number,
    runs.c.id,
    runs.c.experiment,
    runs.c.attempt,
    runs.c.begun,
    runs.c.started_at.is_not(None).label("began"),
    runs.c.retries,
    runs.c.retry_wait,
    runs.c.seq,
    runs.c.cancel_requested_by,
    runs.c.cancel_requested_at,
).where(IS_RUNNING)


class RunTransitions:
    """Changes of state within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def queued(self, limit: int) -> list[Claimable]:
        """The next runs in queue order, at most `limit`."""
        return [claimable(row) for row in _QUEUE.rows(self._connection, the_limit=limit)]

    def claim(self, run_id: str, at: datetime) -> int | None:  # noqa: ARG002 - the moment belongs to the attempt's row
        """Take a queued run: it is running, and what an earlier attempt left is gone, unless it left a checkpoint too.

        The run's `seq` grows by one; its claimant numbers on from there.

        Returns:
            The new attempt's number, the fence of all further writes; None when it was not queued any more.
        """
        row = self._connection.execute(_CLAIM, {"the_id": run_id}).first()
        if row is None:
            return None
        if row.attempt > 1 and not self._has_checkpoint(row.number):
            for table in (metric_chunks, metric_summaries, artifacts):
                self._connection.execute(delete(table).where(table.c.run_number == row.number))
        return int(row.attempt)

    def _has_checkpoint(self, number: int) -> bool:
        statement = select(events.c.id).where(events.c.run_number == number, events.c.kind == CHECKPOINT).limit(1)
        return self._connection.execute(statement).first() is not None

    def begin(self, run_id: str, attempt: int, at: datetime) -> bool:
        """Note that the experiment's code has begun; `seq` grows by one. False when the attempt is over."""
        return self._touched(_BEGIN, {"the_id": run_id, "the_attempt": attempt, "the_start": at})

    def settle(
        self,
        run_id: str,
        attempt: int,
        *,
        state: RunState,
        output: Json = None,
        error: RunError | None = None,
        at: datetime,
        seq: int,
    ) -> bool:
        """Give a running run its final state. False when the attempt is over or the run is settled already.

        Raises:
            ValueError: `state` is not final.
        """
        if not (state.is_final and may_become(RunState.RUNNING, state)):
            raise ValueError(f"a run cannot be settled as {state.value}")
        parameters = {
            "the_id": run_id,
            "the_attempt": attempt,
            "the_state": state.value,
            "the_output": output,
            "the_error": _error_json(error),
            "the_end": at,
            "the_seq": seq,
        }
        settled = self._touched(_SETTLE, parameters)
        if settled and output is not None:
            number = self._connection.execute(select(runs.c.number).where(runs.c.id == run_id)).scalar_one()
            add_values(self._connection, [*value_rows(number, ValueSource.OUTPUT, output)])
        return settled

    def requeue(self, run_id: str, attempt: int, *, seq: int, not_before: datetime | None = None) -> bool:
        """Hand a running run back to the queue, at its old place, with the tags and note of its claim.

        A cancel that was asked for stays on the run: who hands it back settles it as canceled instead.

        Args:
            run_id: the run
            attempt: the fence
            seq: number of the latest event
            not_before: it is not claimed sooner; None for at once

        Returns:
            False when the attempt is over.
        """
        parameters = {
            "the_id": run_id,
            "the_attempt": attempt,
            "the_seq": seq,
            "the_hold": int(not_before is not None),
            "the_moment": not_before,
        }
        return self._touched(_REQUEUE, parameters)

    def running(self) -> list[Running]:
        """All running runs."""
        found = self._connection.execute(_ACTIVE).mappings()
        return [Running(**{**row, "began": bool(row["began"])}) for row in found]

    def cancel_queued(self, run_id: str, by: str, at: datetime) -> bool:
        """End a run before anything began. False when it is not queued."""
        error = {
            "type": "Canceled",
            "message": f"Canceled{f' by {by}' if by else ''} before it began.",
            "traceback": "",
        }
        statement = (
            update(runs)
            .where(runs.c.id == run_id, runs.c.state == _QUEUED)
            .values(
                state=RunState.CANCELED.value,
                error=error,
                cancel_requested_by=by,
                cancel_requested_at=at,
                finished_at=at,
                seq=runs.c.seq + 1,
            )
        )
        return self._touched(statement)

    def request_cancel(self, run_id: str, by: str, at: datetime) -> bool:
        """Ask for a running run's end; who asked first stays named. False when it is not running.

        `seq` is left to the supervisor, the only one who numbers a running run's events.
        """
        statement = (
            update(runs)
            .where(runs.c.id == run_id, runs.c.state == _RUNNING)
            .values(
                cancel_requested_by=func.coalesce(runs.c.cancel_requested_by, by),
                cancel_requested_at=func.coalesce(runs.c.cancel_requested_at, at.timestamp()),
            )
        )
        return self._touched(statement)

    def cancels(self) -> list[tuple[str, int, str]]:
        """Id, attempt and asker of the running runs whose end was asked for."""
        return [(row.id, row.attempt, row.cancel_requested_by) for row in self._connection.execute(_CANCELS)]

    def _touched(self, statement: Any, parameters: dict[str, Any] | None = None) -> bool:
        return bool(self._connection.execute(statement, parameters or {}).rowcount == 1)

    def _insert(self, table: Any) -> Insert:
        """An INSERT that knows ON CONFLICT; the two dialects spell it alike."""
        if self._connection.dialect.name == "sqlite":
            from sqlalchemy.dialects.sqlite import insert as sqlite_insert

            return sqlite_insert(table)  # type: ignore[return-value]  # has the same ON CONFLICT methods
        from sqlalchemy.dialects.postgresql import (
            insert as postgres_insert,
        )  # not loaded where SQLite is used

        return postgres_insert(table)


def claimable(row: Sequence[Any]) -> Claimable:
    """A row of the columns `CLAIMABLE` as the driver gives it, as its claimant needs it."""
    found = dict(zip(_CLAIMABLE_NAMES, row, strict=True))
    found["params"] = decode(found["params"])
    found["resources"] = decode(found["resources"]) if found["resources"] else {}
    found["seed"] = None if found["seed"] is None else int(found["seed"])
    found["created_at"] = datetime.fromtimestamp(found["created_at"], UTC)
    return Claimable(**found)


_CLAIMABLE_NAMES = tuple(column.name for column in CLAIMABLE)


def _error_json(error: RunError | None) -> dict[str, str] | None:
    if error is None:
        return None
    return asdict(error)
