"""The supervisor's writes of one transaction, gathered and sent together: one prepared statement for many rows.

A run costs its supervisor a dozen writes. Sent one by one through SQLAlchemy they would cost more than the commit; here
its statements are compiled once per dialect and the driver runs them for all rows at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, literal_column, select, text, update

from flasklab.runs.json import encode
from flasklab.runs.sameness import params_hash
from flasklab.runs.state import RunState, may_become
from flasklab.store.prepared import Prepared
from flasklab.store.tables import artifacts, attempts, clean, events, metric_chunks, metric_summaries, runs
from flasklab.store.value_rows import ValueSource, add_values, value_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from flasklab.runs.json import Json
    from flasklab.runs.run import NewRun, Progress, RunError
    from flasklab.store.claims import Claimable

_RUNNING = RunState.RUNNING.value
_QUEUED = RunState.QUEUED.value


def _set(*names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names}


def _kept(*names: str) -> dict[str, Any]:
    """Columns that stay as they are where their parameter is NULL."""
    return {name: func.coalesce(bindparam(name, type_=runs.c[name].type), runs.c[name]) for name in names}


_NEW = (
    *("number", "id", "experiment", "state", "params", "given", "tags", "note", "attempt", "begun", "retries"),
    *("timeout_seconds", "memory_bytes", "created_at", "created_by", "rerun_of", "idempotency_key", "environment_id"),
    *("seq", "dropped", "rank", "held", "not_before", "resources", "retry_wait", "restore_from", "params_hash"),
)
_ADD_RUNS = Prepared(insert(runs).values(_set(*_NEW)))
_LAST_NUMBER = Prepared(text("SELECT seq FROM sqlite_sequence WHERE name = 'runs'"))
_NEXT_NUMBERS = text("SELECT nextval(pg_get_serial_sequence('runs', 'number')) FROM generate_series(1, :count)")
_CLAIM = Prepared(
    update(runs)
    .where(runs.c.id == bindparam("the_id"), runs.c.state == literal_column(f"'{_QUEUED}'"))
    .values(
        {name: literal_column("NULL") for name in ("output", "error", "progress", "started_at", "finished_at")}
        | _set("attempt", "seq", "environment_id")
        | {"state": literal_column(f"'{_RUNNING}'"), "dropped": literal_column("0")}
    )
)
_HELD = update(runs).where(
    runs.c.id == bindparam("the_id"),
    runs.c.attempt == bindparam("the_attempt"),
    runs.c.state == literal_column(f"'{_RUNNING}'"),
)
_SAID = _kept("started_at", "progress", "tags", "note", "seed", "dropped") | {
    "seq": bindparam("seq"),
    "begun": runs.c.begun + bindparam("began"),
}
_KEEP = Prepared(_HELD.values(_SAID))
_SETTLE = Prepared(_HELD.values(_SAID | _set("state", "output", "error", "finished_at")))
_OF_RUN = runs.c.number == bindparam("the_number")
_OPEN_ATTEMPTS = Prepared(
    insert(attempts).values(
        _set("run_number", "attempt", "claimed_at", "supervisor")
        | {
            "reason": literal_column("''"),
            # As they are now, not as they were read: people may change them meanwhile.
            "tags_before": select(runs.c.tags).where(_OF_RUN).scalar_subquery(),
            "note_before": select(runs.c.note).where(_OF_RUN).scalar_subquery(),
        }
    )
)
_THIS = update(attempts).where(
    attempts.c.run_number == bindparam("the_number"), attempts.c.attempt == bindparam("the_attempt")
)
_BEGIN_ATTEMPTS = Prepared(_THIS.values(_set("begun_at", "pid")))
_CLOSE_ATTEMPTS = Prepared(
    _THIS.where(attempts.c.ended_at.is_(None)).values(_set("ended_at", "exit_code", "signal", "reason", "state"))
)
_ADD_EVENTS = Prepared(insert(events).values(_set("run_number", "seq", "kind", "at", "data")))


@dataclass(slots=True, kw_only=True)
class Change:
    """What one attempt has to say of its running run in this transaction; what is None stays as it is."""

    id: str
    number: int
    attempt: int  # the fence: nothing is written unless this is the run's present attempt, and running
    seq: int  # number of the latest event
    started_at: datetime | None = None  # set when the experiment's code began since the last transaction
    progress: Progress | None = None
    tags: tuple[str, ...] | None = None
    note: str | None = None
    seed: int | None = None
    dropped: int | None = None
    state: RunState | None = None  # a final one settles the run
    output: Json = None
    error: RunError | None = None
    finished_at: datetime | None = None


class HotWrites:
    """Gathers writes; nothing reaches the database before `flush`.

    Args:
        connection: of the transaction
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._runs: list[dict[str, Any]] = []
        self._claims: list[dict[str, Any]] = []
        self._changes: list[Change] = []
        self._opened: list[dict[str, Any]] = []
        self._begun: list[dict[str, Any]] = []
        self._closed: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self._values: list[dict[str, Any]] = []

    def next_numbers(self, count: int) -> list[int]:
        """Numbers for so many new runs, in order; this transaction alone has them."""
        if self._connection.dialect.name == "sqlite":
            rows = _LAST_NUMBER.rows(self._connection)
            first = int(rows[0][0]) + 1 if rows else 1
            return list(range(first, first + count))
        found = self._connection.execute(_NEXT_NUMBERS, {"count": count}).scalars()
        return sorted(int(number) for number in found)

    def existing(self, run_ids: Iterable[str]) -> set[str]:
        """Those of the ids that are taken."""
        found = self._connection.execute(select(runs.c.id).where(runs.c.id.in_(tuple(run_ids))))
        return set(found.scalars())

    def add(
        self, new: NewRun, number: int, at: datetime, *, claimed: bool = False, environment_id: str | None = None
    ) -> None:
        """Queue a run, or claim it in the same breath, as its first attempt.

        Args:
            new: the run
            number: one of `next_numbers`
            at: now
            claimed: whether it is running from the start; its attempt's row is `open_attempt`'s to add
            environment_id: what a claimed one runs with
        """
        moment = at.timestamp()
        held = new.not_before is not None and new.not_before > at
        self._runs.append(
            {
                "number": number,
                "id": new.id,
                "experiment": clean(new.experiment),
                "state": _RUNNING if claimed else _QUEUED,
                "params": _json(new.params),
                "given": _json(new.given),
                "tags": _json(new.tags),
                "note": clean(new.note),
                "attempt": int(claimed),
                "begun": 0,
                "retries": new.retries,
                "timeout_seconds": new.timeout_seconds,
                "memory_bytes": new.memory_bytes,
                "created_at": moment,
                "created_by": clean(new.created_by),
                "rerun_of": new.rerun_of,
                "idempotency_key": None if new.idempotency_key is None else clean(new.idempotency_key),
                "environment_id": environment_id,
                "seq": 2 if claimed else 1,
                "dropped": 0,
                "rank": -new.priority,
                "held": int(held),
                "not_before": None if new.not_before is None else new.not_before.timestamp(),
                "resources": _json(new.resources) if new.resources else None,
                "retry_wait": new.retry_wait,
                "restore_from": new.restore_from,
                "params_hash": params_hash(new.experiment, new.params),
            }
        )
        self._values += value_rows(number, ValueSource.PARAMS, new.params)
        self.event(number, 1, _QUEUED, {"by": new.created_by}, at)

    def claim(self, claimable: Claimable, environment_id: str | None, *, keep: bool = False) -> None:
        """Take a run that this transaction has just read from the queue; what an earlier attempt left goes.

        Args:
            claimable: the run; its new attempt is one more than those it had, and so is its latest event
            environment_id: what it runs with
            keep: what an earlier attempt left stays, until it is known whether this one goes on from its checkpoint
        """
        if claimable.attempt and not keep:
            for table in (metric_chunks, metric_summaries, artifacts):
                self._connection.execute(delete(table).where(table.c.run_number == claimable.number))
        self._claims.append(
            {
                "the_id": claimable.id,
                "attempt": claimable.attempt + 1,
                "seq": claimable.seq + 1,
                "environment_id": environment_id,
            }
        )

    def change(self, change: Change) -> None:
        """Note what an attempt says of its run; at most one change of a run in a transaction.

        Raises:
            ValueError: a running run cannot go to that state.
        """
        if change.state is not None and not (change.state.is_final and may_become(RunState.RUNNING, change.state)):
            raise ValueError(f"a run cannot be settled as {change.state.value}")
        self._changes.append(change)
        if change.state is not None and change.output is not None:
            self._values += value_rows(change.number, ValueSource.OUTPUT, change.output)

    def open_attempt(self, number: int, attempt: int, at: datetime, supervisor: str) -> None:
        """Note a claim, with the run's tags and note at this moment.

        Args:
            number: of the run
            attempt: the fence of all that follows
            at: now
            supervisor: who claims it
        """
        self._opened.append(
            {
                "run_number": number,
                "the_number": number,
                "attempt": attempt,
                "claimed_at": at.timestamp(),
                "supervisor": supervisor,
            }
        )

    def begin_attempt(self, number: int, attempt: int, at: datetime, pid: int | None) -> None:
        """Note that the experiment's code began in process `pid`."""
        self._begun.append({"the_number": number, "the_attempt": attempt, "begun_at": at.timestamp(), "pid": pid})

    def close_attempt(
        self,
        number: int,
        attempt: int,
        at: datetime,
        *,
        exit_code: int | None,
        signal: int | None,
        reason: str,
        state: RunState,
    ) -> None:
        """Note how an attempt ended; the first to say so is believed."""
        self._closed.append(
            {
                "the_number": number,
                "the_attempt": attempt,
                "ended_at": at.timestamp(),
                "exit_code": exit_code,
                "signal": signal,
                "reason": clean(reason),
                "state": state.value,
            }
        )

    def event(self, number: int, seq: int, kind: str, data: Mapping[str, Json], at: datetime) -> None:
        """Note an event under the number `seq` of its run."""
        self._events.append(
            {"run_number": number, "seq": seq, "kind": kind, "at": at.timestamp(), "data": _json(dict(data))}
        )

    def flush(self) -> set[str]:
        """Send what was gathered so far.

        Returns:
            Ids of the runs that are no longer the attempt's that changed them: take the transaction back.

        Raises:
            sqlalchemy.exc.DBAPIError: as from any statement.
        """
        lost: set[str] = set()
        if self._runs:
            _ADD_RUNS.many(self._connection, self._runs)
        if self._claims and _CLAIM.many(self._connection, self._claims) != len(self._claims):
            return {claim["the_id"] for claim in self._claims}  # on PostgreSQL, somebody was faster with one of them
        for statement, changes in (
            (_KEEP, [one for one in self._changes if one.state is None]),
            (_SETTLE, [one for one in self._changes if one.state is not None]),
        ):
            if changes and statement.many(self._connection, [_row(one) for one in changes]) != len(changes):
                lost |= self._not_held(changes)
        for statement, rows in (
            (_OPEN_ATTEMPTS, self._opened),
            (_BEGIN_ATTEMPTS, self._begun),
            (_CLOSE_ATTEMPTS, self._closed),
            (_ADD_EVENTS, self._events),
        ):
            if rows and not lost:
                statement.many(self._connection, rows)
        if not lost:
            add_values(self._connection, self._values)
        for rows in (
            *(self._runs, self._claims, self._opened, self._begun, self._closed),
            *(self._events, self._values),
        ):
            rows.clear()
        self._changes.clear()
        return lost

    def _not_held(self, changes: Iterable[Change]) -> set[str]:
        """Those whose run is another attempt's by now, or settled."""
        lost = set()
        for change in changes:
            held = select(runs.c.state, runs.c.attempt).where(runs.c.id == change.id)
            row = self._connection.execute(held).first()
            state = _RUNNING if change.state is None else change.state.value
            if row is None or (row.attempt, row.state) != (change.attempt, state):
                lost.add(change.id)
        return lost


def _row(change: Change) -> dict[str, Any]:
    row: dict[str, Any] = {
        "the_id": change.id,
        "the_attempt": change.attempt,
        "seq": change.seq,
        "began": int(change.started_at is not None),
        "started_at": None if change.started_at is None else change.started_at.timestamp(),
        "progress": None if change.progress is None else _json(change.progress.to_json()),
        "tags": None if change.tags is None else _json(change.tags),
        "note": None if change.note is None else clean(change.note),
        "seed": None if change.seed is None else str(change.seed),
        "dropped": change.dropped,
    }
    if change.state is not None:
        error = change.error
        told = error and asdict(error)
        row |= {
            "state": change.state.value,
            "output": None if change.output is None else _json(change.output),
            "error": None if told is None else _json(told),
            "finished_at": None if change.finished_at is None else change.finished_at.timestamp(),
        }
    return row


def _json(value: Any) -> str:
    return encode(value).decode()
