"""The tables, and how values become columns.

Moments are Unix seconds in a double: they sort, compare and index alike on SQLite and PostgreSQL, and keep
microseconds until the year 2112. JSON is text made by `flasklab.runs.json`, so that both databases hold the
same bytes.
NaN is NULL, because SQLite stores it so. A run's children point to its number, which is short and counts up.
The migrations under `migrations/` make the same tables; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.schema import DDL
from sqlalchemy.types import REAL, TypeDecorator

from flasklab.runs.json import decode, encode
from flasklab.runs.state import FINAL_STATES, TRANSITIONS, RunState

if TYPE_CHECKING:
    from collections.abc import Iterable

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Whole = BigInteger().with_variant(Integer(), "sqlite")  # 64 bits on both
Real: Double[float] = Double().with_variant(REAL(), "sqlite")  # 64 bits on both; SQLite's strict tables know no DOUBLE


def clean(value: str) -> str:
    """`value` without what cannot be stored: NUL, lone surrogates."""
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


class CleanText(TypeDecorator[str]):
    """Text without NUL and lone surrogates, which PostgreSQL and UTF-8 refuse."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Replace what cannot be stored."""
        return None if value is None else clean(value)


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as text; None is NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Write the value as JSON."""
        return None if value is None else encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Any) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """Read the JSON back."""
        return None if value is None else decode(value)


class Moment(TypeDecorator[datetime]):
    """An aware time kept as Unix seconds."""

    impl = Real
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> float | None:  # noqa: ARG002 - SQLAlchemy's
        """Write the moment as seconds."""
        return None if value is None else value.timestamp()

    def process_result_value(self, value: float | None, dialect: Any) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """Read the moment back, in UTC."""
        return None if value is None else datetime.fromtimestamp(value, UTC)


_ZERO = text("0")


def _quoted(states: Iterable[RunState]) -> str:
    return ", ".join(f"'{state.value}'" for state in states)


runs = Table(
    "runs",
    metadata,
    Column("number", Whole, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("experiment", CleanText, nullable=False),
    Column("state", Text, nullable=False),
    Column("params", JsonText, nullable=False),
    Column("given", JsonText, nullable=False),
    Column("output", JsonText),
    Column("error", JsonText),
    Column("progress", JsonText),
    Column("tags", JsonText, nullable=False),
    Column("note", CleanText, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("begun", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("timeout_seconds", Real),
    Column("memory_bytes", Whole),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("created_by", CleanText, nullable=False),
    Column("cancel_requested_by", CleanText),
    Column("cancel_requested_at", Moment),
    Column("rerun_of", Text),
    Column("idempotency_key", CleanText),
    Column("seed", Text),  # a Python int has no upper limit
    Column("environment_id", Text, ForeignKey("environments.id")),
    Column("seq", Whole, nullable=False),
    Column("dropped", Whole, nullable=False),
    Column("rank", Integer, nullable=False, server_default=_ZERO),  # minus the priority: lower ones are claimed first
    Column("held", Integer, nullable=False, server_default=_ZERO),  # 1 while `not_before` lies ahead
    Column("not_before", Moment),  # not claimed sooner: asked for, or the wait before another attempt
    Column("resources", JsonText),  # units of each pool that it takes while it runs; NULL for none
    Column("retry_wait", Real, nullable=False, server_default=_ZERO),  # seconds before its first retry
    Column("restore_from", Text),  # the id of the run whose last checkpoint it starts from
    Column("pinned", Integer, nullable=False, server_default=_ZERO),  # 1: retention never takes it
    Column("deleted", Integer, nullable=False, server_default=_ZERO),  # 1: in the bin; 2: being removed for good
    Column("deleted_at", Moment),
    Column("params_hash", Whole),  # of the experiment and its parameters; NULL for runs of an older Flasklab
    CheckConstraint(f"state IN ({_quoted(tuple(RunState))})", name="state"),
    # Pages by state, counts by state.
    Index("ix_runs_state_number", "deleted", "state", "number"),
    # An experiment's page and its latest run; the same by state.
    Index("ix_runs_experiment_number", "deleted", "experiment", "number"),
    Index("ix_runs_experiment_state_number", "deleted", "experiment", "state", "number"),
    sqlite_strict=True,
    sqlite_autoincrement=True,  # a deleted run's number never comes back
)


def _run_number(*, primary_key: bool = False) -> Column[int]:
    to_run = ForeignKey("runs.number", ondelete="CASCADE")
    return Column("run_number", Whole, to_run, primary_key=primary_key, nullable=False, autoincrement=False)


attempts = Table(
    "attempts",
    metadata,
    _run_number(primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("claimed_at", Moment, nullable=False),
    Column("begun_at", Moment),
    Column("ended_at", Moment),
    Column("pid", Whole),
    Column("exit_code", Whole),
    Column("signal", Integer),
    Column("reason", CleanText, nullable=False),
    Column("state", Text),  # how it ended; NULL while it lasts
    Column("supervisor", CleanText),  # who claimed it: host and process id
    Column("tags_before", JsonText),  # the run's tags and note at the claim, which the next attempt begins with
    Column("note_before", CleanText),
    sqlite_strict=True,
)

metric_summaries = Table(
    "metric_summaries",
    metadata,
    _run_number(primary_key=True),
    Column("key", CleanText, primary_key=True),
    Column("last", Real),
    Column("min", Real),
    Column("max", Real),
    Column("mean", Real),
    Column("total", Whole, nullable=False),  # points (a row's `count` is a method of tuples)
    Column("numbers", Whole, nullable=False),  # points that are not NaN: what min, max and mean are of
    Column("step", Whole, nullable=False),
    Column("closed", Whole, nullable=False),  # points in closed chunks
    Column("open_chunks", Integer, nullable=False),
    # Runs by a metric's last value.
    Index("ix_metric_summaries_key_last", "key", "last", "run_number"),
    sqlite_strict=True,
)

metric_chunks = Table(
    "metric_chunks",
    metadata,
    _run_number(primary_key=True),
    Column("key", CleanText, primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),  # 0: points; above, buckets of the level below
    Column("start", Whole, primary_key=True, autoincrement=False),  # points of this key before this chunk
    Column("length", Integer, nullable=False),  # points that this chunk holds or stands for
    Column("first_seq", Whole, nullable=False),  # events of the run that brought the points; 0 for buckets
    Column("last_seq", Whole, nullable=False),
    Column("low_step", Whole, nullable=False),  # the range of steps and of times in it
    Column("high_step", Whole, nullable=False),
    Column("low_time", Real, nullable=False),
    Column("high_time", Real, nullable=False),
    Column("coding", Integer, nullable=False),  # how `data` is packed: see metric_columns
    Column("data", LargeBinary, nullable=False),
    Index("ix_metric_chunks_run_number_last_seq", "run_number", "last_seq"),
    sqlite_strict=True,
)

# What narrows a search down: see value_rows. Without a key to the run, whose removal it would slow down: rows of runs
# that are gone are found by nobody.
run_values = Table(
    "run_values",
    metadata,
    Column("source", Integer, primary_key=True, autoincrement=False),  # 0: a parameter; 1: a part of the output
    Column("name", Text, primary_key=True),  # dotted
    Column("kind", Integer, primary_key=True, autoincrement=False),  # what it is, in the order of sorting
    Column("number", Real, primary_key=True),  # of a number or a flag, else 0
    Column("text", Text, primary_key=True),  # of a text, else ""
    Column("run_number", Whole, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

artifacts = Table(
    "artifacts",
    metadata,
    _run_number(primary_key=True),
    Column("name", CleanText, primary_key=True),
    Column("media_type", CleanText, nullable=False),
    Column("size", Whole, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("shown", CleanText),
    Column("step", Whole),
    Column("position", Whole, nullable=False),
    Column("seq", Whole, nullable=False),
    Column("meta", JsonText, nullable=False),
    # Who else has a content, before it is removed.
    Index("ix_artifacts_sha256", "sha256"),
    sqlite_strict=True,
)

events = Table(
    "events",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    _run_number(),
    Column("seq", Whole, nullable=False),
    Column("kind", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("data", JsonText, nullable=False),
    Index("ix_events_run_number_seq", "run_number", "seq"),
    sqlite_strict=True,
)

presets = Table(
    "presets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("experiment", CleanText, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("params", JsonText, nullable=False),
    Column("saved_by", CleanText, nullable=False),
    Column("saved_at", Moment, nullable=False),
    UniqueConstraint("experiment", "name"),
    sqlite_strict=True,
)

environments = Table(
    "environments",
    metadata,
    Column("id", Text, primary_key=True),  # SHA-256 of its JSON
    Column("data", JsonText, nullable=False),
    sqlite_strict=True,
)

catalogs = Table(
    "catalogs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1: the lab has one catalog
    Column("version", Whole, nullable=False),  # grows with every save
    Column("data", JsonText, nullable=False),
    CheckConstraint("id = 1", name="one"),
    sqlite_strict=True,
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),  # what is held: "supervisor"
    Column("holder", Text, nullable=False),  # a token of this holder's own
    Column("term", Whole, nullable=False),  # grows whenever the lease changes hands
    Column("host", CleanText, nullable=False),
    Column("pid", Whole, nullable=False),
    Column("place", CleanText, nullable=False),  # the results folder and machine whose lock proves that it lives
    Column("boot", Text, nullable=False),  # of the clock below; "" for the database's own clock
    Column("renewed", Real, nullable=False),  # seconds on a clock that no one sets
    sqlite_strict=True,
)

# The table of transitions is kept by the database as well as by the code, so that no later mistake can undo an answer.
_FORBIDDEN = " OR ".join(
    f"(OLD.state = '{old.value}' AND NEW.state NOT IN ({_quoted((old, *sorted(news)))}))"
    for old, news in TRANSITIONS.items()
)
_ANSWER = ("output", "error", "finished_at", "attempt", "params", "experiment")  # of a final run: what never changes
_CHANGED = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _ANSWER)
_FINAL = f"OLD.state IN ({_quoted(FINAL_STATES)})"
SQLITE_TRIGGERS = (
    f"""CREATE TRIGGER runs_transition BEFORE UPDATE OF state ON runs
WHEN {_FORBIDDEN}
BEGIN SELECT RAISE(ABORT, 'a run cannot go from its state to this one'); END""",  # noqa: S608 - words of ours
    f"""CREATE TRIGGER runs_answer BEFORE UPDATE OF {", ".join(_ANSWER)} ON runs
WHEN {_FINAL} AND ({_CHANGED.replace("IS DISTINCT FROM", "IS NOT")})
BEGIN SELECT RAISE(ABORT, 'the answer of a run that has ended never changes'); END""",
)
POSTGRES_TRIGGERS = (
    """CREATE FUNCTION runs_refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a run cannot go from its state to this one' USING ERRCODE = 'check_violation'; END $$""",
    f"""CREATE TRIGGER runs_transition BEFORE UPDATE OF state ON runs FOR EACH ROW
WHEN ({_FORBIDDEN}) EXECUTE FUNCTION runs_refuse_transition()""",
    """CREATE FUNCTION runs_keep_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the answer of a run that has ended never changes'
USING ERRCODE = 'check_violation'; END $$""",
    f"""CREATE TRIGGER runs_answer BEFORE UPDATE OF {", ".join(_ANSWER)} ON runs FOR EACH ROW
WHEN ({_FINAL} AND ({_CHANGED})) EXECUTE FUNCTION runs_keep_answer()""",
)
# As text, because Index(postgresql_where=...) loads all of that dialect, which costs 20 ms at every start. A statement
# uses one of these where it says the state as it is said here, not as a parameter.
PARTIAL_INDEXES = (
    "CREATE UNIQUE INDEX uq_runs_idempotency ON runs (experiment, idempotency_key) WHERE idempotency_key IS NOT NULL",
    # The queue in the order of its claims.
    "CREATE INDEX ix_runs_queue ON runs (held, rank, number) WHERE state = 'queued'",
    # The queue of one experiment, for when others must wait for a limit or a resource.
    "CREATE INDEX ix_runs_experiment_queue ON runs (experiment, held, rank, number) WHERE state = 'queued'",
    # What is held, by the moment at which it is not any more.
    "CREATE INDEX ix_runs_not_before ON runs (held, not_before) WHERE state = 'queued'",
    # Runs that may make another one needless; the others cost it nothing.
    "CREATE INDEX ix_runs_same ON runs (params_hash, number) WHERE state = 'succeeded' AND params_hash IS NOT NULL",
    # What goes on now.
    "CREATE INDEX ix_runs_running ON runs (state, number) WHERE state = 'running'",
)
for _statement in PARTIAL_INDEXES:
    event.listen(runs, "after_create", DDL(_statement))  # type: ignore[no-untyped-call]  # SQLAlchemy's
for _dialect, _statements in (("sqlite", SQLITE_TRIGGERS), ("postgresql", POSTGRES_TRIGGERS)):
    for _statement in _statements:
        event.listen(
            metadata,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]  # SQLAlchemy's
        )
