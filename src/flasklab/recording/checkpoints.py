"""Checkpoints as the run's own process writes and reads them; nobody else ever unpickles one.

    file   "FLCKPT1\\n" | 32 bytes SHA-256 of (length, SHA-256 of the pickle) | u64 length of the pickle | the pickle

A file is complete on the disk before it gets its name, so what bears one is whole unless the disk damaged it; that is
found by its hash, and the one before it is taken.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import secrets
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flasklab.runs.checkpoints import KEPT, CheckpointFile, checkpoints_in, name_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

_MAGIC: Final = b"FLCKPT1\n"
_LENGTH: Final = struct.Struct("<Q")
_HEAD: Final = len(_MAGIC) + 32 + _LENGTH.size
_READ_BYTES: Final = 1 << 20


class DamagedCheckpointError(Exception):
    """A file is not what was written."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A state that was read back."""

    name: str  # of its file
    of: str  # the id of the run that it was taken from; "" for this one
    state: Any


class _Hashing:
    """A file that hashes and counts what is written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.length = 0

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self._hash.update(view)
        self._file.write(view)
        self.length += view.nbytes
        return view.nbytes

    def head(self) -> bytes:
        length = _LENGTH.pack(self.length)
        return _MAGIC + hashlib.sha256(length + self._hash.digest()).digest() + length


class Checkpoints:
    """The checkpoints that one attempt writes, and the state that it continues from.

    Args:
        folder: the run's, made with the first checkpoint
        attempt: number of the attempt
        source: folder of another run that this one starts from, with that run's id
    """

    def __init__(self, folder: Path, attempt: int, source: tuple[Path, str] | None = None) -> None:
        self.folder: Final = folder
        self._attempt = attempt
        self._source = source
        self._lock = threading.Lock()
        self._loaded = False
        self._restored: Restored | None = None

    def save(self, state: Any) -> CheckpointFile:
        """Write a checkpoint, on disk when this returns, and remove those before the last two.

        Raises:
            OSError: the disk is full, ...
            Exception: whatever pickling raises.
        """
        with self._lock:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = self.folder / f"{secrets.token_hex(8)}.part"
            try:
                _write(temporary, state)
                before = checkpoints_in(self.folder)
                count = 1 + max((one.count for one in before if one.attempt == self._attempt), default=0)
                path = self.folder / name_of(self._attempt, count)
                temporary.rename(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            _sync(self.folder)
            stat = path.stat()
            kept = CheckpointFile(attempt=self._attempt, count=count, size=stat.st_size, at=stat.st_mtime)
            for old in sorted((*before, kept))[:-KEPT]:
                (self.folder / old.name).unlink(missing_ok=True)
            return kept

    def load(self, complain: Callable[[str], None]) -> tuple[Restored | None, bool]:
        """The state to continue from, read once, and whether it was read just now.

        Args:
            complain: told of each checkpoint that cannot be used
        """
        with self._lock:
            if self._loaded:
                return self._restored, False
            self._loaded = True
            places = [(self.folder, "", [one for one in checkpoints_in(self.folder) if one.attempt < self._attempt])]
            if self._source is not None:
                folder, run_id = self._source
                places.append((folder, run_id, checkpoints_in(folder)))
            for folder, run_id, found in places:
                for one in reversed(found):
                    try:
                        state = _read(folder / one.name)
                    except Exception as error:  # damaged, or of classes that are not there any more
                        complain(f"the checkpoint {one.name} cannot be used ({error}); the one before it is tried")
                        continue
                    self._restored = Restored(one.name, run_id, state)
                    return self._restored, True
            if self._source is not None:
                complain(f"run {self._source[1]} has no checkpoint left that can be used; this one begins anew")
            return None, True


def _write(path: Path, state: Any) -> None:
    with path.open("xb") as file:
        file.write(bytes(_HEAD))
        hashing = _Hashing(file)
        pickle.dump(state, hashing, protocol=5)
        file.seek(0)
        file.write(hashing.head())
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> Any:
    """The state in a file.

    Raises:
        DamagedCheckpointError: it is not what was written.
        Exception: whatever unpickling raises.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if len(head) < _HEAD or not head.startswith(_MAGIC):
            raise DamagedCheckpointError("it has no whole head")
        hashing, length = hashlib.sha256(), 0
        while piece := file.read(_READ_BYTES):
            hashing.update(piece)
            length += len(piece)
        told = head[len(_MAGIC) + 32 :]
        digest = hashlib.sha256(told + hashing.digest()).digest()
        if length != _LENGTH.unpack(told)[0] or digest != head[len(_MAGIC) : len(_MAGIC) + 32]:
            raise DamagedCheckpointError("its content is not what was written")
        file.seek(_HEAD)
        return pickle.load(file)  # noqa: S301 - written by this run's own code, and only its own process reads it


def _sync(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems sync no folders
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
