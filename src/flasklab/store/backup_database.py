"""The database of a backup: always a SQLite file, whichever database the lab has.

SQLite makes it itself, in one consistent view and without a lock that writers would feel (`VACUUM INTO`); of
PostgreSQL, all rows are copied in one REPEATABLE READ transaction. So a backup of either can be restored into either.
The live file is never opened or copied by anyone but SQLite: closing it would drop the locks of this process.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, insert, select, table, text
from sqlalchemy.exc import SQLAlchemyError

from flasklab.errors import BackupError
from flasklab.store.engine import as_store_error, make_private_file, open_engine, sqlite_file
from flasklab.store.keeping_rows import UPLOAD_HASH
from flasklab.store.schema import HISTORY, prepare
from flasklab.store.tables import environments, metadata, runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine, TableClause

_ROWS = 200  # copied at once; a row of metrics has up to some 30 kB
_COUNTED = ("runs", "events")  # tables whose rows are numbered, and no number ever comes back
_OWN = ("leases",)  # tables of the living lab alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a copied database speaks of."""

    revision: str  # of its schema
    runs: int
    logged: tuple[str, ...]  # ids of runs that may have a log
    running: tuple[tuple[str, int], ...]  # id and attempt of what was running
    files: frozenset[str]  # SHA-256 of all contents that rows refer to
    uploads: frozenset[str]  # SHA-256 of contents that parameters refer to: an upload's, if there is such a content


def copy_database(engine: Engine, target: Path) -> None:
    """Copy the whole database into the new SQLite file `target`, as it is at one moment.

    Raises:
        sqlalchemy.exc.SQLAlchemyError, sqlite3.Error: it cannot be read, or the disk refused.
    """
    make_private_file(target)  # VACUUM INTO fills an empty file and keeps its mode
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.rollback()
            raw = connection.connection.driver_connection
            raw.execute("VACUUM INTO ?", (str(target),))  # type: ignore[union-attr]  # sqlite3's own connection
    else:
        copied = open_engine(f"sqlite:///{target}", checkpointing=True)
        try:
            prepare(copied, target.parent)
            with (
                engine.connect().execution_options(isolation_level="REPEATABLE READ") as source,
                source.begin(),
                copied.connect().execution_options(flasklab_writes=True) as sink,
                sink.begin(),
            ):
                _copy_rows(source, sink)
                _copy_counts(source, sink)
        finally:
            copied.dispose()
    with closing(sqlite3.connect(target, isolation_level=None)) as alone:
        alone.execute("PRAGMA journal_mode=DELETE")  # one file, and nothing beside it
        for name in _OWN:
            if alone.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone():
                alone.execute(f"DELETE FROM {name}")  # noqa: S608 - ours


_SEQUENCE = text("SELECT pg_get_serial_sequence(:table, CASE :table WHEN 'runs' THEN 'number' ELSE 'id' END)")


def _copy_rows(source: Connection, sink: Connection) -> None:
    for known in metadata.sorted_tables:
        if known.name in _OWN:
            continue
        plain = _plain(known.name, [one.name for one in known.columns])
        rows = source.execution_options(yield_per=_ROWS).execute(select(plain)).mappings()
        for part in rows.partitions(_ROWS):
            sink.execute(insert(plain), [dict(row) for row in part])


def _copy_counts(source: Connection, sink: Connection) -> None:
    """Take over how far PostgreSQL has counted, so that a number that was removed does not come back."""
    for name in _COUNTED:
        sequence = source.execute(_SEQUENCE, {"table": name}).scalar_one()
        last = source.execute(text(f"SELECT last_value FROM {sequence}")).scalar_one()  # noqa: S608 - its own name
        sink.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
        sink.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), {"name": name, "last": last})


def _plain(name: str, columns: list[str]) -> TableClause:
    """A table whose values are taken as the database has them, neither read nor made anew."""
    return table(name, *(column(one) for one in columns))


def read_contents(file: Path) -> Contents:
    """What the copied database `file` speaks of.

    Raises:
        BackupError: it is damaged, or no lab's.
    """
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as copied:
            return _contents(copied)
    except sqlite3.Error as error:
        raise BackupError(f"The database of the backup cannot be used: {error}. Use another backup.") from error


def _contents(copied: sqlite3.Connection) -> Contents:
    files: set[str] = set(_first(copied, "SELECT DISTINCT sha256 FROM artifacts"))
    for data in _first(copied, "SELECT data FROM environments"):
        files.update(_HASH.findall(data))
    uploads: set[str] = set()
    for params in _first(copied, "SELECT params FROM runs WHERE instr(params, '\"sha256\"')"):
        uploads.update(UPLOAD_HASH.findall(params))
    running = copied.execute("SELECT id, attempt FROM runs WHERE state = 'running'").fetchall()
    return Contents(
        revision=next(_first(copied, "SELECT version_num FROM alembic_version")),
        runs=next(_first(copied, "SELECT count(*) FROM runs")),
        logged=tuple(_first(copied, "SELECT id FROM runs WHERE attempt > 0")),
        running=tuple((run_id, attempt) for run_id, attempt in running),
        files=frozenset(files),
        uploads=frozenset(uploads),
    )


_HASH = re.compile(r'"([0-9a-f]{64})"')  # in the JSON of an environment: its sources'


def _first(connection: sqlite3.Connection, statement: str) -> Iterator[Any]:
    return (row[0] for row in connection.execute(statement))


def check_database(file: Path, revision: str) -> None:
    """Make sure that the SQLite file of a backup is whole and that this version can work with it.

    Args:
        file: the file
        revision: of its schema, as the backup's manifest says

    Raises:
        BackupError: it is not.
    """
    if revision not in HISTORY.revisions:
        raise BackupError(
            f"The backup's database has the schema {revision[:40]!r}, which this version of Flasklab does not know. "
            "Upgrade Flasklab."
        )
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as copied:
            copied.execute("PRAGMA trusted_schema=OFF")
            damage = [*_first(copied, "PRAGMA integrity_check(3)")]
            if damage != ["ok"]:
                raise BackupError(f"The database of the backup is damaged: {'; '.join(damage)}. Use another backup.")
            if loose := copied.execute("PRAGMA foreign_key_check").fetchone():
                raise BackupError(f"The database of the backup has rows of {loose[0]} that belong to nothing.")
            if (found := next(_first(copied, "SELECT version_num FROM alembic_version"))) != revision:
                raise BackupError(f"The database of the backup has the schema {found!r}, not {revision!r} as it says.")
    except (sqlite3.Error, StopIteration) as error:
        raise BackupError(f"The database of the backup cannot be used: {error}. Use another backup.") from error


def place_database(database_url: str, room: Path, file: Path, own: Path | None) -> None:
    """Bring a backup's database to where the lab's settings want it.

    Args:
        database_url: the lab's
        room: a folder for the locks of its making
        file: the backup's database; stays there if that is where the lab has its own
        own: where else the lab has its SQLite file

    Raises:
        BackupError: the PostgreSQL database has runs already.
        StoreError: it cannot be written.
        OSError: the disk refused.
    """
    engine = open_engine(database_url, checkpointing=False)
    try:
        if sqlite_file(engine) is None:
            _fill(engine, room, file)
            file.unlink()
        elif own is not None:
            own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(file, own)
    except SQLAlchemyError as error:
        raise as_store_error(error) from error
    finally:
        engine.dispose()


def _fill(engine: Engine, room: Path, file: Path) -> None:
    """Copy the SQLite file of a backup, brought to this version's schema, into an empty database of another kind."""
    prepare(engine, room)
    copied = open_engine(f"sqlite:///{file}", checkpointing=True)
    try:
        prepare(copied, room)
        with copied.connect() as source, source.begin(), engine.connect() as sink, sink.begin():
            if any(sink.execute(select(known.c[0]).limit(1)).first() for known in (runs, environments)):
                raise BackupError(
                    "The database in FLASKLAB_DATABASE_URL has runs already, and nothing of it was changed. Name an "
                    "empty one to restore into."
                )
            _copy_rows(source, sink)
            for name in _COUNTED:
                last = source.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": name})
                if (number := last.scalar()) is not None and number > 0:
                    sequence = sink.execute(_SEQUENCE, {"table": name}).scalar_one()
                    sink.execute(text("SELECT setval(CAST(:s AS regclass), :n)"), {"s": sequence, "n": number})
    finally:
        copied.dispose()
