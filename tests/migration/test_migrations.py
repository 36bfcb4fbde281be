"""The migrations, run one after the other, make the same schema as the tables that the code works with."""

from __future__ import annotations

import os
import re
import secrets
import zlib
from array import array
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from flasklab.runs.metrics import Points
from flasklab.store.engine import open_engine
from flasklab.store.metric_chunks import MetricChunks
from flasklab.store.metric_reads import MetricReads
from flasklab.store.schema import HISTORY, prepare
from flasklab.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

POSTGRES = os.environ.get("FLASKLAB_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


def upgrade(connection: Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HISTORY.migrations))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.fixture(params=["sqlite", "postgresql"])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    """Two empty databases of one kind."""
    if request.param == "sqlite":
        urls = [f"sqlite:///{tmp_path / name}.db" for name in ("first", "second")]
        engines = [open_engine(url, checkpointing=True) for url in urls]
        yield engines[0], engines[1]
    else:
        schemas = [f"flasklab_{secrets.token_hex(6)}" for _ in range(2)]
        admin = open_engine(POSTGRES, checkpointing=False)
        _run_or_skip(admin, [f"CREATE SCHEMA {schema}" for schema in schemas])
        engines = [open_engine(f"{POSTGRES}?options=-csearch_path%3D{one}", checkpointing=False) for one in schemas]
        yield engines[0], engines[1]
        for engine in engines:
            engine.dispose()
        _run_or_skip(admin, [f"DROP SCHEMA {schema} CASCADE" for schema in schemas])
        admin.dispose()
    for engine in engines:
        engine.dispose()


def _run_or_skip(engine: Engine, statements: list[str]) -> None:
    from sqlalchemy.exc import OperationalError

    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    except OperationalError as error:
        if os.environ.get("FLASKLAB_TEST_REQUIRE") == "all":
            raise
        pytest.skip(f"PostgreSQL does not answer at FLASKLAB_TEST_POSTGRES_URL ({POSTGRES}): {error.orig}")


def described(connection: Connection) -> dict[str, Any]:
    """Everything that the database itself says of its schema."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
        return {row.name: _parts(row.sql) for row in rows}
    columns = text(
        "SELECT table_name || '.' || column_name AS name, data_type, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = current_schema()"
    )
    indexes = text("SELECT indexname AS name, indexdef FROM pg_indexes WHERE schemaname = current_schema()")
    constraints = text(
        "SELECT conname AS name, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = current_schema()::regnamespace"
    )
    triggers = text(
        "SELECT t.tgname AS name, pg_get_triggerdef(t.oid, true), f.prosrc FROM pg_trigger t"
        " JOIN pg_proc f ON f.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
    )
    schema = connection.execute(text("SELECT current_schema()")).scalar_one()
    found: dict[str, Any] = {}
    for kind in (columns, indexes, constraints, triggers):
        for row in connection.execute(kind):
            found[row.name] = tuple(str(part).replace(f"{schema}.", "") for part in row[1:])
    return found


def _parts(sql: str) -> list[str]:
    """The parts of a statement in any order: a table's columns and constraints may be named in another one."""
    head, _, rest = sql.strip().partition("(")
    parts, depth = [""], 0
    for letter in rest:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return sorted(" ".join(part.split()) for part in (head, *re.split(r"\)\s*STRICT$", parts.pop()), *parts))


def test_migrations_and_tables_agree(engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    migrated, created = engines
    with migrated.connect().execution_options(flasklab_writes=True) as connection, connection.begin():
        upgrade(connection, HISTORY.head)
    prepare(created, tmp_path)
    with migrated.connect() as one, created.connect() as other:
        by_migrations, by_tables = described(one), described(other)
        version = one.execute(text("SELECT version_num FROM alembic_version")).scalar()
    by_migrations.pop("alembic_version", None)
    by_tables.pop("alembic_version", None)
    ignored = {name for name in (*by_migrations, *by_tables) if name.startswith("alembic_version")}
    ours = {name: found for name, found in by_migrations.items() if name not in ignored}
    theirs = {name: found for name, found in by_tables.items() if name not in ignored}
    assert version == HISTORY.head
    assert ours == theirs
    assert any("runs_transition" in name for name in ours)


def test_alembic_sees_no_difference_either(engines: tuple[Engine, Engine]) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    migrated, _ = engines
    with migrated.connect().execution_options(flasklab_writes=True) as connection, connection.begin():
        upgrade(connection, HISTORY.head)
    with migrated.connect() as connection:
        options = {
            "compare_type": connection.dialect.name == "postgresql",  # SQLite's strict types are compared above
            # Made as text, compared above.
            "include_object": lambda _, name, *__: name not in ("uq_runs_idempotency", "ix_runs_same"),
        }
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_the_known_revisions_are_those_of_the_scripts() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(HISTORY.migrations))
    found = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(found)) == HISTORY.revisions


def test_metrics_of_the_first_schema_are_the_same_in_the_second(engines: tuple[Engine, Engine]) -> None:
    first, _ = engines
    values = [1 / (1 + step) for step in range(1500)]
    with first.connect().execution_options(flasklab_writes=True) as connection, connection.begin():
        upgrade(connection, "0001")
        connection.execute(
            text(
                "INSERT INTO runs (id, experiment, state, params, given, tags, note, attempt, begun, retries,"
                " created_at, created_by, seq, dropped)"
                " VALUES ('r', 'e', 'running', '{}', '[]', '[]', '', 1, 1, 0, 0, '', 1500, 0)"
            )
        )
        number = connection.execute(text("SELECT number FROM runs")).scalar_one()
        connection.execute(
            text("INSERT INTO metric_summaries VALUES (:n, 'loss', :last, :last, 1, 0.1, 1500, 1500, 1499)"),
            {"n": number, "last": values[-1]},
        )
        for start, length, packed in ((0, 1000, 1), (1000, 500, 0)):
            part = range(start, start + length)
            columns = (
                array("q", part),
                array("d", values[start : start + length]),
                array("d", [1e9 + step for step in part]),
                array("q", [step + 1 for step in part]),
            )
            data = [zlib.compress(one.tobytes(), 1) if packed else one.tobytes() for one in columns]
            connection.execute(
                text("INSERT INTO metric_chunks VALUES (:n, 'loss', :s, :l, :f, :t, :p, :a, :b, :c, :d)"),
                {"n": number, "s": start, "l": length, "f": start + 1, "t": start + length, "p": packed}
                | dict(zip("abcd", data, strict=True)),
            )
        upgrade(connection, "0002")
        reads, chunks = MetricReads(connection), MetricChunks(connection)
        found = reads.series(number, "loss")
        assert (list(found.steps), list(found.values)) == (list(range(1500)), values)
        assert list(reads.new_points(number, 1498)["loss"].values) == values[-2:]
        chunks.append(number, {"loss": Points(steps=[1500], values=[7.0], times=[2e9], seqs=[1501])})
        chunks.finish(number)
        assert list(reads.series(number, "loss").values) == [*values, 7.0]
        summary = chunks.summaries([number])[number]["loss"]
        assert (summary.count, summary.max, summary.last) == (1501, 7.0, 7.0)
