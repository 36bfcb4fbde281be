"""What lies in a run's folder when it has ended: its files are kept, then the folder goes."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import shutil
import unicodedata
from typing import TYPE_CHECKING

from flasklab.errors import FlasklabError
from flasklab.execution.recorded import Left, LeftFile
from flasklab.failpoints import failpoint
from flasklab.recording.media.kinds import media_type_of
from flasklab.recording.writers import PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from flasklab.runs.artifacts import StoredFile
    from flasklab.store.files import FileStore

log = logging.getLogger("flasklab.supervisor")

_UNSHOWN = {"Cc", "Cs", "Zl", "Zp"}  # Unicode's controls, surrogates (bytes that are no UTF-8), line separators
_LONGEST_NAME = 1_000  # bytes of UTF-8; PostgreSQL's indexes hold at most 2,704


def anything_left(workdir: Path) -> bool:
    """Whether a run's folder holds anything at all; cheap."""
    try:
        with os.scandir(workdir) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def collect(workdir: Path, saved: Mapping[str, tuple[int, float]], files: FileStore) -> Left:
    """Put every regular file below `workdir` into the store.

    Args:
        workdir: the run's folder
        saved: artifacts that exist already, with size and Unix time; a file not changed since is left out
        files: the store
    """
    left, missed = [], 0
    for folder in _folders(workdir):
        for name in _names(folder):
            path = folder / name
            relative = readable(path.relative_to(workdir).as_posix())
            try:
                if path.is_symlink() or not path.is_file() or name.startswith(PARTIAL):
                    continue
                stat = path.stat()
                known = saved.get(relative)
                if known is not None and known[0] == stat.st_size and stat.st_mtime <= known[1]:
                    continue
                stored = _store(path, workdir.parent, files)
            except (OSError, FlasklabError) as error:
                log.warning("%s was left by a run and could not be kept: %s", path, error)
                missed += 1
                continue
            left.append(LeftFile(name=relative, file=stored, media_type=media_type_of(name)))
    return Left(files=left, missed=missed)


def _store(path: Path, room: Path, files: FileStore) -> StoredFile:
    """Put a file into the store as a second name of it, so that the largest one needs no second place on the disk.

    The first name stays until the run is settled, should the supervisor die before that. Nobody writes to it any more.

    Args:
        path: the file
        room: a folder on the same file system
        files: the store
    """
    failpoint("supervisor.before-keep")
    link = room / f"left-{secrets.token_hex(8)}"
    with path.open("rb") as stream:
        try:
            os.link(path, link)
        except OSError:  # a file system without links
            return files.add_stream(stream)
        try:
            os.fsync(stream.fileno())
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            return files.adopt(link, sha256, os.fstat(stream.fileno()).st_size)
        finally:
            link.unlink(missing_ok=True)


def readable(name: str) -> str:
    """`name` with what cannot be shown, bytes that are no UTF-8 and line ends among it, as %XX; cut if very long."""
    if not name.isprintable():
        name = "".join(_escaped(one) if unicodedata.category(one) in _UNSHOWN else one for one in name)
    raw = name.encode()
    if len(raw) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(raw).hexdigest()[:12]
    return f"{digest}/{raw[-_LONGEST_NAME:].decode('utf-8', 'ignore').lstrip('/')}"


def _escaped(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogateescape"))


def _folders(top: Path) -> Iterator[Path]:
    """`top` and all folders below it, parents first; without recursion, since a run may nest them without end."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        yield folder
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            waiting += [folder / one.name for one in entries if one.is_dir(follow_symlinks=False)]


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(one.name for one in entries if not one.is_dir(follow_symlinks=False))
    except OSError:
        return []


def clear(folder: Path) -> None:
    """Remove an attempt's folder."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        for inner in reversed(list(_folders(folder))):
            for name in _names(inner):
                with contextlib.suppress(OSError):
                    (inner / name).unlink()
            with contextlib.suppress(OSError):
                inner.rmdir()
