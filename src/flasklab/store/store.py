"""The store of one lab: its database, its files, its logs."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.exc import SQLAlchemyError

from flasklab.errors import StoreError
from flasklab.store.engine import as_store_error, open_engine, sqlite_file
from flasklab.store.files import FileStore
from flasklab.store.logs import LogStore
from flasklab.store.schema import prepare
from flasklab.store.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from flasklab.config import Settings


_SYNC = {True: "PRAGMA synchronous=FULL", False: "PRAGMA synchronous=NORMAL"}


class Fence(Protocol):
    """Decides whether this process may still write."""

    def guard(self, unit: Unit) -> None:
        """Called first in each transaction that writes; raises where nothing more may be written."""

    def kept(self) -> None:
        """Called when that transaction has been committed."""


class Store:
    """Everything that outlives a process. Safe to use from several threads; never carry it over a fork.

    Args:
        settings: the lab's settings
        checkpointing: whether this process folds SQLite's write-ahead log in; true only in the supervisor

    Raises:
        StoreError: the database URL cannot be used.
    """

    files: FileStore
    """Contents of files, by their hash."""
    logs: LogStore
    """What runs printed."""
    file: Path | None
    """The database's file; None where it is a server's."""
    fence: Fence | None
    """What every transaction that writes must pass; None lets all pass. The supervisor's lease, set by its entrance."""

    def __init__(self, settings: Settings, *, checkpointing: bool = False) -> None:
        self.results = settings.results
        self.files = FileStore(settings.results / "files")
        self.logs = LogStore(settings.results / "logs")
        self.fence = None
        self._engine: Engine = open_engine(settings.database_url, checkpointing=checkpointing)
        # Threads of one process queue here, in turn and without SQLite's growing pauses between attempts.
        sqlite = self._engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[object] = threading.Lock() if sqlite else nullcontext()
        self._writer: Connection | None = None
        self._durable = True  # how the writer commits
        self._owing = False  # whether the last commit is not on the disk yet
        self.file = sqlite_file(self._engine)
        self._opened: tuple[int, int] | None = None  # device and inode of that file when it was opened

    def open(self) -> Store:
        """Make the folders and the schema where they are missing, and check that they can be used.

        Raises:
            StoreError: the database or the folder cannot be used; the message says why and what to do.
        """
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def _open(self) -> None:
        try:
            for folder in (self.results, self.files.folder, self.logs.folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            prepare(self._engine, self.results)
            self._opened = None if self.file is None else _identity(self.file)
        except OSError as error:
            raise StoreError(
                f"The results folder {self.results} cannot be used ({error.strerror}). Check that it is "
                "yours to write, or name another one in FLASKLAB_RESULTS."
            ) from error
        except SQLAlchemyError as error:
            raise as_store_error(error) from error

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Unit]:
        """One transaction that changes things: committed at the end of the block, undone if it raises.

        Args:
            durable: whether it must be on the disk at the end; else a power cut, and nothing less, may undo it
                until the next durable one

        Raises:
            StoreBusyError: another process held the database for too long.
            StoreError: the database cannot be written.
            LeaseLostError: this process was the lab's supervisor and is not any more.
        """
        self._check_still_there()
        try:
            with self._turn, self._writing(durable) as connection:
                with connection.begin():
                    unit = Unit(connection)
                    if self.fence is not None:
                        self.fence.guard(unit)
                    yield unit
                    if durable and self._owing:
                        _change_something(connection)
                self._owing = not durable and self.file is not None
        except SQLAlchemyError as error:
            raise as_store_error(error) from error
        if self.fence is not None:
            self.fence.kept()

    @contextmanager
    def _writing(self, durable: bool) -> Iterator[Connection]:
        """The connection that writes; on SQLite the process keeps one for that."""
        if self._engine.dialect.name != "sqlite":
            with self._engine.connect().execution_options(flasklab_writes=True) as connection:
                yield connection
            return
        connection = self._writer or self._engine.connect().execution_options(flasklab_writes=True)
        self._writer = None  # until it is known to be whole
        try:
            if durable != self._durable:
                connection.connection.driver_connection.execute(_SYNC[durable])  # type: ignore[union-attr]
                self._durable = durable
            yield connection
        except BaseException as error:
            whole = isinstance(error, Exception) and not isinstance(error, SQLAlchemyError)
            if whole and not connection.in_transaction():  # the caller refused, and all was taken back
                self._writer = connection
            else:
                self._durable = True  # as connections are from the start
                connection.invalidate()
                connection.close()
            raise
        self._writer = connection

    def check_usable(self) -> None:
        """Look at whether the results folder is there and can be written; cheap.

        Raises:
            StoreError: it is not; the message says what to do.
        """
        self._check_still_there()
        try:
            only_read = os.statvfs(self.results).f_flag & os.ST_RDONLY or not os.access(self.results, os.W_OK)
        except OSError as error:
            raise StoreError(
                f"The results folder {self.results} cannot be reached ({error.strerror}). Put it back, then try again."
            ) from error
        if only_read:
            raise StoreError(
                f"The results folder {self.results} can only be read. Make it writable again: see its owner and mode, "
                "and how its disk is mounted."
            )

    def _check_still_there(self) -> None:
        """Refuse to write into a file that has been deleted or replaced: it would vanish with this process."""
        if self.file is None or self._opened is None:
            return
        try:
            found = _identity(self.file)
        except OSError:
            found = None
        if found != self._opened:
            raise StoreError(
                f"The database {self.file} was removed or replaced while the lab was running, so nothing more is "
                "accepted. Put the results folder back as it was; if it is lost, restart the lab to begin a new one."
            )

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """One consistent view of the database; what others commit meanwhile is not seen.

        Raises:
            StoreError: the database cannot be read.
        """
        try:
            with self._engine.connect() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execution_options(isolation_level="REPEATABLE READ")
                with connection.begin():
                    yield Unit(connection)
        except SQLAlchemyError as error:
            raise as_store_error(error) from error

    def copy_database(self, target: Path) -> None:
        """Copy the database as it is now into the new SQLite file `target`, while others go on writing.

        Raises:
            StoreError: it cannot be read, or the disk refused.
        """
        from flasklab.store.backup_database import copy_database

        try:
            copy_database(self._engine, target)
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise StoreError(f"The database could not be copied to {target}: {error}.") from error

    def close(self) -> None:
        """Close every connection; the store can be used again afterwards."""
        writer, self._writer, self._durable = self._writer, None, True
        if writer is not None:
            writer.close()
        self._engine.dispose()


def _change_something(connection: Connection) -> None:
    """Make sure that SQLite's commit flushes its log: one that changes no byte leaves out the flush."""
    number = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    connection.exec_driver_sql(f"PRAGMA user_version={(number + 1) % 2**31}")


def _identity(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_dev, found.st_ino
