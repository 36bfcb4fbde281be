"""The schema's version: a new database is made at once, an older one is upgraded, a newer one is refused.

A new database is made from `tables` and stamped, without importing Alembic; Alembic runs only when there is
something to upgrade, after a SQLite database was copied to `backups/`. The file `schema.lock` lets one
process at a time do so.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from flasklab.errors import StoreError
from flasklab.store.engine import APPLICATION_ID, make_private_file, network_file_system, sqlite_file
from flasklab.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

_ADVISORY_LOCK = APPLICATION_ID  # PostgreSQL's lock of that number: one process at a time makes the schema
_BACKUPS_KEPT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Where a schema comes from and how far it goes."""

    revisions: tuple[str, ...]  # oldest first; the last is what this version of Flasklab works with
    migrations: Path  # Alembic's script folder

    @property
    def head(self) -> str:
        """The newest revision."""
        return self.revisions[-1]


HISTORY = History(revisions=("0001", "0002", "0003", "0004", "0005"), migrations=Path(__file__).parent / "migrations")


def prepare(engine: Engine, results: Path, history: History = HISTORY) -> None:
    """Make sure that the database has this version's schema.

    Args:
        engine: the database
        results: the lab's results folder, for the lock and for backups
        history: the known revisions

    Raises:
        StoreError: the database is newer, foreign, or lies on a network file system.
    """
    file = sqlite_file(engine)
    if file is not None:
        _refuse_network(file)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private_file(file)
    if _revision(engine) == history.head:
        return
    with _schema_lock(results):
        found = _revision(engine)
        if found is None:
            _create(engine, history)
        elif found in history.revisions:
            if found != history.head:
                _upgrade(engine, results, history, found)
        else:
            raise StoreError(
                f"The database {engine.url.render_as_string()} has the schema {found!r}, which this version "
                f"of Flasklab does not know (its newest is {history.head!r}). Install the Flasklab that made "
                "it, or a newer one."
            )


def stamped_revision(connection: Connection) -> str | None:
    """The schema's revision, or None where there is no schema yet.

    Raises:
        StoreError: the file belongs to another program.
    """
    if connection.dialect.name == "sqlite":
        application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        if application not in (0, APPLICATION_ID):
            raise StoreError(
                f"{connection.engine.url.database} is another program's database. Give the lab a file of its "
                "own in FLASKLAB_DATABASE_URL."
            )
    names = inspect(connection).get_table_names()
    if "alembic_version" not in names:
        if "runs" in names:
            raise StoreError(
                f"{connection.engine.url.render_as_string()} holds a table 'runs' that is not Flasklab's. "
                "Give the lab a database of its own in FLASKLAB_DATABASE_URL."
            )
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return stamped_revision(connection)


def _create(engine: Engine, history: History) -> None:
    with engine.connect().execution_options(flasklab_writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        if stamped_revision(connection) is not None:
            return  # another process was faster
        metadata.create_all(connection, checkfirst=False)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": history.head})
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")


def _upgrade(engine: Engine, results: Path, history: History, found: str) -> None:
    _back_up(engine, results, found)
    from alembic import command  # only here: Alembic costs 10 MB and is rarely needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(history.migrations).replace("%", "%%"))
    with engine.connect().execution_options(flasklab_writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, history.head)


def _back_up(engine: Engine, results: Path, found: str) -> Path | None:
    if sqlite_file(engine) is None:
        return None
    folder = results / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"lab-{found}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}.db"
    make_private_file(target)  # VACUUM INTO fills an empty file and keeps its mode
    with engine.connect() as connection:
        connection.rollback()
        raw = connection.connection.driver_connection
        raw.execute("VACUUM INTO ?", (str(target),))  # type: ignore[union-attr]  # sqlite3's own connection
    for old in sorted(folder.glob("lab-*.db"), key=lambda path: path.stat().st_mtime_ns)[:-_BACKUPS_KEPT]:
        old.unlink(missing_ok=True)
    return target


def _refuse_network(file: Path) -> None:
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return  # not Linux
    kind = network_file_system(file.parent.resolve(), mounts)
    if kind is not None:
        raise StoreError(
            f"{file.parent} lies on a network file system ({kind}), where SQLite's locks cannot be trusted. "
            "Put FLASKLAB_RESULTS on a local disk, or give a PostgreSQL FLASKLAB_DATABASE_URL."
        )


@contextmanager
def _schema_lock(results: Path) -> Iterator[None]:
    descriptor = os.open(results / "schema.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
