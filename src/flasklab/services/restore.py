"""A lab out of its backup, into a new or empty results folder.

What a backup says is believed only as far as it can be checked: names, sizes and hashes by the archive, the database by
SQLite itself. Until all of it lies there whole, the lab is as it was.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.errors import BackupError
from flasklab.runs.times import now
from flasklab.services.backup import Backup, unpack
from flasklab.store.backup_archive import DATABASE, Archive
from flasklab.store.backup_database import check_database, place_database
from flasklab.store.engine import file_of_url
from flasklab.store.files import flush_folder
from flasklab.store.presence import anyone_attends, is_supervised

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.config import Settings
    from flasklab.store.backup_archive import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A lab that came back."""

    backup: Backup
    aside: Path | None  # where the lab that was there before lies now


def restore(settings: Settings, path: Path, *, replace: bool = False) -> Restored:
    """Make the results folder (and the database) of `settings` what the backup `path` holds.

    Everything is unpacked and checked beside the results folder, which it then becomes in one rename.

    Args:
        settings: the lab's; without a results folder, or with an empty one
        path: the backup
        replace: whether a lab that is there may be moved aside; nothing of it is deleted

    Raises:
        BackupError: the backup is not whole, a lab is there, or the disk refused; the lab is as it was.
        StoreError: the database cannot be used.
    """
    results = settings.results
    _check_place(settings, replace=replace)
    room = results.with_name(f".{results.name}.{secrets.token_hex(6)}")
    try:
        room.mkdir(mode=0o700, parents=True)
        try:
            with Archive(path) as archive:
                manifest = archive.manifest
                _check_space(manifest, room)
                for name in manifest.members:
                    (room / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    unpack(archive, name, room / name)
            check_database(room / DATABASE, manifest.head.revision)
            place_database(settings.database_url, room, room / DATABASE, _own_file(settings))
            os.sync()  # all files at once, before they become the lab
            aside = _move_aside(results)
            room.rename(results)
            flush_folder(results.parent)
        finally:
            shutil.rmtree(room, ignore_errors=True)
    except OSError as error:
        raise BackupError(f"{results} cannot be restored: {error.strerror or error}. It is as it was.") from error
    return Restored(backup=Backup(path=path, size=path.stat().st_size, manifest=manifest), aside=aside)


def _check_place(settings: Settings, *, replace: bool) -> None:
    results = settings.results
    if is_supervised(results) or anyone_attends(results):
        raise BackupError(f"The lab in {results} is in use. Stop it (`flasklab serve`, your app), then restore.")
    if results.exists() and (not results.is_dir() or any(results.iterdir())) and not replace:
        raise BackupError(
            f"{results} is not empty. Name another folder with --results, or give --force: what lies there is then "
            "moved aside, not deleted."
        )
    database = _own_file(settings)
    if database is not None and database.exists():
        raise BackupError(f"The database {database} is there already. Move it away, or name another one.")


def _own_file(settings: Settings) -> Path | None:
    """The SQLite file, where it is not the one in the results folder."""
    file = file_of_url(settings.database_url)
    return None if file == settings.results / DATABASE else file


def _check_space(manifest: Manifest, room: Path) -> None:
    free = shutil.disk_usage(room).free
    if manifest.size > free:
        raise BackupError(f"The backup unpacks to {manifest.size:,} bytes and {free:,} are free. Free some space.")


def _move_aside(results: Path) -> Path | None:
    if not results.exists():
        return None
    if not any(results.iterdir()):
        results.rmdir()
        return None
    stamp = now().strftime("%Y%m%d-%H%M%S")
    aside = results.with_name(f"{results.name}.before-{stamp}-{secrets.token_hex(2)}")
    results.rename(aside)
    return aside
