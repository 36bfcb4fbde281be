"""A lab in one file, made while runs go on.

The database is copied first, as it is at one moment; then every file that this copy speaks of is added: a row exists
only for a complete file, so all of them are there, and no sweep removes any meanwhile. What runs write after that
moment is left out. Runs under way stand in the copy as running: a lab that is restored treats them as after a crash.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab import __version__
from flasklab.errors import BackupError
from flasklab.runs.times import now, rfc3339
from flasklab.store.backup_archive import DATABASE, FORMAT, KEY_FILE, Archive, ArchiveWriter, Head
from flasklab.store.backup_database import check_database, read_contents
from flasklab.store.files import flush_folder
from flasklab.store.log_snapshot import log_snapshot
from flasklab.store.sweep_lock import keeping_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flasklab.config import Settings
    from flasklab.store.backup_archive import Manifest
    from flasklab.store.backup_database import Contents
    from flasklab.store.store import Store

_BEGUN = "begun"  # in an attempt's folder: its code may have begun
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was made or looked through."""

    path: Path
    size: int  # bytes of the file
    manifest: Manifest


def back_up(
    settings: Settings, store: Store, target: Path, *, secret_key: bool = True, replace: bool = False
) -> Backup:
    """Put everything of a lab into the file `target`, readable by its owner only.

    Args:
        settings: the lab's
        store: its open store
        target: the file; complete or not there
        secret_key: whether the key that signs sessions goes into it
        replace: whether a file of that name may be replaced

    Raises:
        BackupError: it cannot be written there, or what was written is not whole.
        StoreError: the lab cannot be read.
    """
    target = target.absolute()
    if target.exists() and not replace:
        raise BackupError(f"{target} is there already. Give another name, or --force to replace it.")
    room = target.with_name(f".{target.name}.{secrets.token_hex(6)}")  # on the same disk: renamed when it is complete
    try:
        room.mkdir(mode=0o700)
        try:
            with keeping_files(settings.results):
                _write(settings, store, room, secret_key=secret_key)
            manifest = verify(room / "backup", room).manifest
            (room / "backup").replace(target)
            flush_folder(target.parent)
        finally:
            shutil.rmtree(room, ignore_errors=True)
    except OSError as error:
        mend = "Free space there." if error.errno in _FULL else "Name a place that can be written."
        raise BackupError(f"{target} cannot be written: {error.strerror or error}. {mend}") from error
    return Backup(path=target, size=target.stat().st_size, manifest=manifest)


def _write(settings: Settings, store: Store, room: Path, *, secret_key: bool) -> None:
    results, database = settings.results, room / DATABASE
    store.copy_database(database)
    contents = read_contents(database)
    with os.fdopen(os.open(room / "backup", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        archive = ArchiveWriter(target)
        # At once, because a run that ends takes its folder with it.
        for run_id, attempt in contents.running:
            if (results / "work" / f"{run_id}-{attempt}" / _BEGUN).exists():
                _add_empty(archive, f"work/{run_id}-{attempt}/{_BEGUN}")
        with database.open("rb") as stream:
            archive.add(DATABASE, stream)
        database.unlink()
        if secret_key and (results / KEY_FILE).is_file():
            with (results / KEY_FILE).open("rb") as stream:
                archive.add(KEY_FILE, stream)
        _add_checkpoints(archive, results / "checkpoints", contents)
        for run_id in contents.logged:
            with log_snapshot(store.logs.path(run_id)) as parts:
                for part in parts:
                    archive.add(f"logs/{run_id[:2]}/{part.name}", part.stream, part.size)
        missing = tuple(_add_files(archive, store, contents))
        archive.finish(
            Head(
                format=FORMAT,
                version=__version__,
                revision=contents.revision,
                made_at=rfc3339(now()),
                source="sqlite" if settings.database_url.startswith("sqlite") else "postgresql",
                runs=contents.runs,
                missing=missing,
            )
        )
        target.flush()
        os.fsync(target.fileno())


def _add_empty(archive: ArchiveWriter, name: str) -> None:
    with open(os.devnull, "rb") as stream:  # noqa: PTH123 - a device
        archive.add(name, stream)


def _add_checkpoints(archive: ArchiveWriter, folder: Path, contents: Contents) -> None:
    for run_id in contents.logged:
        of_run = folder / run_id
        names = sorted(os.listdir(of_run)) if of_run.is_dir() else []  # noqa: PTH208 - names alone are wanted
        for name in names:
            with suppress(FileNotFoundError):  # a newer one has taken its place
                if name.endswith(".ckpt"):
                    with (of_run / name).open("rb") as stream:
                        archive.add(f"checkpoints/{run_id}/{name}", stream)


def _add_files(archive: ArchiveWriter, store: Store, contents: Contents) -> Iterator[str]:
    """Add the contents that rows refer to; yields the SHA-256 of those that the lab itself does not have."""
    for sha256 in sorted(contents.files | contents.uploads):
        name = f"files/{sha256[:2]}/{sha256[2:]}"
        if not store.files.has(sha256):
            if sha256 in contents.files:
                yield sha256
            continue
        if store.files.is_damaged(sha256):
            yield sha256
            continue
        with store.files.open(sha256) as stream:
            archive.add(name, stream)


def verify(path: Path, room: Path | None = None) -> Backup:
    """Read a backup to its end and compare it with its manifest; its database is checked too.

    Args:
        path: the backup
        room: a folder for the database meanwhile; beside the backup unless given

    Raises:
        BackupError: it is not whole.
    """
    with ExitStack() as stack:
        archive = stack.enter_context(Archive(path))
        unpacked = (room or path.parent) / f".{secrets.token_hex(6)}.db"
        stack.callback(unpacked.unlink, missing_ok=True)
        for member in archive.manifest.members.values():
            if member.name == DATABASE:
                unpack(archive, member.name, unpacked)
                check_database(unpacked, archive.manifest.head.revision)
            else:
                archive.copy(member)
        return Backup(path=path, size=path.stat().st_size, manifest=archive.manifest)


def unpack(archive: Archive, name: str, target: Path) -> None:
    """Write a member to the new file `target`.

    Raises:
        BackupError: it is damaged, or the disk refused.
    """
    mode = 0o400 if name.startswith("files/") else 0o600
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            archive.copy(archive.manifest.members[name], stream)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror or error}.") from error
