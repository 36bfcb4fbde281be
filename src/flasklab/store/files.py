"""Files by their content: each kept once, under its SHA-256, complete or not at all.

A file is written under a temporary name in the same file system, flushed to the disk, then renamed, and its
folder is flushed (so that the name survives a power cut too). Stored files are read-only: their name promises
their content.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from flasklab.errors import FileMissingError, StoreError, StoreFullError, TooLargeError
from flasklab.failpoints import failpoint
from flasklab.runs.artifacts import StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Protocol

    class _Readable(Protocol):
        def read(self, size: int, /) -> bytes: ...


_PIECE = 1024 * 1024  # bytes read at once
_SHA256 = re.compile(r"[0-9a-f]{64}")
_INCOMING = "incoming"  # folder of unfinished files; no hash is spelled so


class FileStore:
    """Stored files below `folder`, as `ab/cdef...` after their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add_stream(self, stream: _Readable, *, limit: int | None = None) -> StoredFile:
        """Store what `stream` holds.

        Raises:
            TooLargeError: it holds more than `limit` bytes; nothing is kept.
            StoreError: the disk refused.
        """
        try:
            return self._add(stream, limit)
        except OSError as error:
            raise as_file_error(error) from error

    def adopt(self, path: Path, sha256: str, size: int) -> StoredFile:
        """Take over a complete, flushed file: it is moved, not copied, where the file system allows.

        Args:
            path: the staged file; gone afterwards
            sha256: its hash, as the writer made it
            size: its bytes, as the writer counted them

        Raises:
            OSError: it is no complete file of that size and hash, or the disk refused.
        """
        if not _SHA256.fullmatch(sha256):
            raise OSError(errno.EINVAL, "not a SHA-256", str(path))
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size != size:
            raise OSError(errno.EINVAL, f"not a complete file of {size:,} bytes", str(path))
        try:
            return self._place(path, sha256, size)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
        with path.open("rb") as stream:  # staged on another file system
            stored = self._add(stream, None)
        if stored.sha256 != sha256:
            raise OSError(errno.EINVAL, "not the content it was announced with", str(path))
        path.unlink(missing_ok=True)
        return stored

    def path(self, sha256: str) -> Path:
        """Where the content of this hash lies.

        Raises:
            FileMissingError: it is not stored here.
        """
        path = self._path(sha256)
        if not path.is_file():
            raise FileMissingError(
                f"The content {sha256[:12]} is not in {self.folder}. Was it deleted? Restore a backup."
            )
        return path

    def open(self, sha256: str) -> BinaryIO:
        """The content of this hash, for reading.

        Raises:
            FileMissingError: it is not stored here.
        """
        return self.path(sha256).open("rb")

    def has(self, sha256: str) -> bool:
        """Whether the content of this hash is stored here."""
        return bool(_SHA256.fullmatch(sha256)) and self._path(sha256).is_file()

    def is_damaged(self, sha256: str) -> bool:
        """Whether the content that is stored under this hash is another one; reads all of it.

        Raises:
            FileMissingError: it is not stored here.
        """
        with self.path(sha256).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() != sha256

    def keep(self, sha256: str) -> bool:
        """Whether the content is stored here; if so, no sweep takes it for a while, though no row refers to it yet."""
        try:
            os.utime(self._path(sha256))
        except (FileMissingError, OSError):
            return False
        return True

    def _add(self, stream: _Readable, limit: int | None) -> StoredFile:
        digest, size = hashlib.sha256(), 0
        with self._incoming() as (temporary, target):
            while piece := stream.read(_PIECE):
                size += len(piece)
                if limit is not None and size > limit:
                    raise TooLargeError(f"The file is larger than the {limit:,} bytes that are accepted here.")
                digest.update(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
            return self._place(temporary, digest.hexdigest(), size)

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise FileMissingError(f"{sha256[:80]!r} is no SHA-256 in lower-case hex digits.")
        return self.folder / sha256[:2] / sha256[2:]

    @contextmanager
    def _incoming(self) -> Iterator[tuple[Path, BinaryIO]]:
        folder = self.folder / _INCOMING
        temporary = folder / secrets.token_hex(12)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
                yield temporary, target
        finally:
            temporary.unlink(missing_ok=True)

    def _place(self, complete: Path, sha256: str, size: int) -> StoredFile:
        target = self._path(sha256)
        if target.is_file() and target.stat().st_size == size and self.keep(sha256):
            complete.unlink()
            return StoredFile(sha256=sha256, size=size)
        if not target.parent.is_dir():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flush_folder(self.folder)
        complete.chmod(0o400)
        failpoint("files.before-rename")
        complete.rename(target)
        failpoint("files.after-rename")
        flush_folder(target.parent)
        return StoredFile(sha256=sha256, size=size)


def as_file_error(error: OSError) -> StoreError:
    """Why a file could not be stored, with the mend."""
    why = f"A file could not be stored ({error.strerror})."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFullError(f"{why} Free space on the results folder's disk.")
    if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
        return StoreError(f"{why} The lab has too much to do at once; try again in a moment.")
    return StoreError(f"{why} Check that the results folder is there and yours.")


def flush_folder(folder: Path) -> None:
    """Write a folder's names to the disk, so that what was renamed in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
