"""Connections to the database: SQLite by default, PostgreSQL by psycopg, one code above both.

SQLite gets the settings that keep it whole: WAL, a full sync at each commit, write transactions that take
their lock at once (`BEGIN IMMEDIATE`), strict tables, no memory map. Of all processes only the supervisor
checkpoints, because SQLite before 3.51.3 can lose a page when two connections checkpoint at the same moment
(https://sqlite.org/wal.html#walreset).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
    StatementError,
)

from flasklab.errors import StoreBusyError, StoreError, StoreFullError, StoreRefusedError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

APPLICATION_ID = 0x464C4142  # "FLAB", in the header of the file
BUSY_SECONDS = 10  # how long a writer waits for another before it gives up
_MOST_IDLE_SECONDS = 60  # of a supervisor between two statements of a transaction, on PostgreSQL
_CHECKPOINT_PAGES = 1000  # of 4 KiB: the write-ahead log is folded in after about 4 MB
_LONGEST_REASON = 1_000  # characters of what the driver says, which may quote the whole value
_JOURNAL_BYTES = 64 * 2**20  # what the write-ahead log is cut back to
_NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ncpfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "ceph",
        "fuse.s3fs",
    }
)


def open_engine(database_url: str, *, checkpointing: bool) -> Engine:
    """A pool of connections to `database_url`.

    Args:
        database_url: SQLAlchemy URL, `sqlite:////path/lab.db` or `postgresql://user@host/database`
        checkpointing: whether this process folds SQLite's write-ahead log in; true only in the supervisor

    Raises:
        StoreError: the URL cannot be used.
    """
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise StoreError(
            "FLASKLAB_DATABASE_URL is no database URL. Write sqlite:////path/lab.db or postgresql://user@host/database."
        ) from None
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, checkpointing=checkpointing)
    if url.get_backend_name() in ("postgresql", "postgres"):
        return _postgres(url, checkpointing=checkpointing)
    raise StoreError(f"FLASKLAB_DATABASE_URL names {url.get_backend_name()!r}; runs are kept in SQLite or PostgreSQL.")


def sqlite_file(engine: Engine) -> Path | None:
    """The database's file, or None on PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return None
    return Path(str(engine.url.database))


def file_of_url(database_url: str) -> Path | None:
    """The SQLite file that a database's URL names, or None for another kind.

    Raises:
        StoreError: the URL cannot be used.
    """
    return sqlite_file(open_engine(database_url, checkpointing=False))  # connects to nothing


def network_file_system(folder: Path, mounts: str) -> str | None:
    """The network file system that `folder` lies on, or None.

    Args:
        folder: an absolute path
        mounts: what `/proc/self/mounts` says: a line `device mountpoint type options ...` per mount
    """
    best = ("", "")
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        if folder.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, parts[2])
    return best[1] if best[1] in _NETWORK_FILE_SYSTEMS else None


def as_store_error(error: SQLAlchemyError) -> StoreError:
    """What went wrong in the database, in the lab's own words."""
    text = str(error.orig) if isinstance(error, StatementError) else str(error)
    if "database is locked" in text or "lock timeout" in text:
        return StoreBusyError(
            f"Another process kept the database locked for {BUSY_SECONDS} s. Nothing was changed; try again."
        )
    if "database or disk is full" in text or "No space left" in text:
        return StoreFullError(f"The database cannot write ({text}). Free space on its disk; nothing was changed.")
    if "disk I/O error" in text:
        return StoreError(f"The database cannot write ({text}). See to its disk, it may be full; nothing was changed.")
    if "unable to open" in text and not _can_open():
        return StoreBusyError("This process has no file handles left. Try again in a moment, or raise `ulimit -n`.")
    if "readonly database" in text or "unable to open" in text:
        return StoreError(f"The database cannot be written ({text}). Check that the results folder is there and yours.")
    if _is_of_the_content(error):
        return StoreRefusedError(f"The database refused: {text.strip()[:_LONGEST_REASON]}")
    if isinstance(error, OperationalError):
        return StoreError(f"The database cannot be reached or used: {text.strip()}")
    return StoreError(f"The database refused: {text.strip()}")


def _can_open() -> bool:
    """Whether this process may open one more file: SQLite does not say why it could not."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _is_of_the_content(error: SQLAlchemyError) -> bool:
    """Whether a value is at fault, and not the database that was to take it."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, StatementError)  # a value that could not even be handed over
    past_a_limit = str(getattr(error.orig, "sqlstate", "")).startswith("54")  # PostgreSQL: too long for its index
    return past_a_limit or isinstance(error, (DataError, IntegrityError, ProgrammingError))


def _sqlite(url: URL, *, checkpointing: bool) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StoreError(
            "The lab's SQLite database must be a file: its processes share it. Write sqlite:////path/lab.db."
        )
    engine = create_engine(
        url,
        # Transactions are begun below, in our own words; the driver must not begin any.
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS, "check_same_thread": False},
        pool_size=8,
        max_overflow=56,
        pool_timeout=BUSY_SECONDS,
    )
    pragmas = (
        f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        "PRAGMA trusted_schema=OFF",
        "PRAGMA mmap_size=0",
        "PRAGMA temp_store=MEMORY",
        f"PRAGMA journal_size_limit={_JOURNAL_BYTES}",
        f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES if checkpointing else 0}",
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        for pragma in pragmas:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("flasklab_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(url: URL, *, checkpointing: bool) -> Engine:
    options = f"{url.query.get('options', '')} -c lock_timeout={BUSY_SECONDS}s"
    if checkpointing:
        # One that was stopped within a transaction must not hold the lab's rows for ever.
        options += f" -c idle_in_transaction_session_timeout={_MOST_IDLE_SECONDS}s"
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=8,
            max_overflow=24,
            pool_timeout=BUSY_SECONDS,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": BUSY_SECONDS,
                "tcp_user_timeout": BUSY_SECONDS * 1000,  # ms; a server that vanished is noticed
                "options": options.strip(),
            },
        )
    except (ModuleNotFoundError, NoSuchModuleError):
        raise StoreError(
            'FLASKLAB_DATABASE_URL names PostgreSQL; its driver is missing: pip install "flasklab[postgres]".'
        ) from None


def make_private_file(path: Path) -> None:
    """Create the empty file `path`, readable by its owner only; SQLite gives its journals the same mode.

    An existing file is never opened: closing it would drop the locks of this process's connections.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
