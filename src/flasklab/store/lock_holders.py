"""Which process holds a lock on a file, as far as the kernel tells (`/proc/locks`, Linux)."""

from __future__ import annotations

import os
from pathlib import Path

_WRITE_BYTE = 120  # in the -shm file: SQLite's lock for writing to the log (https://sqlite.org/walformat.html#locks)


def flock_holder(path: Path, locks: str | None = None) -> int | None:
    """Pid of the process that holds `path` exclusively by flock; None if none does, or it cannot be known.

    Args:
        path: a file
        locks: what `/proc/locks` says; read when not given
    """
    return _holder(path, "FLOCK", None, locks)


def sqlite_writer(database: Path, locks: str | None = None) -> int | None:
    """Pid of the process that is writing to a SQLite database in WAL mode; None if none is, or it cannot be known.

    Args:
        database: its file
        locks: what `/proc/locks` says; read when not given
    """
    return _holder(Path(f"{database}-shm"), "POSIX", _WRITE_BYTE, locks)


def _holder(path: Path, kind: str, byte: int | None, locks: str | None) -> int | None:
    """The holder of an exclusive lock; a line is `number: kind ADVISORY WRITE pid major:minor:inode start end`."""
    try:
        found = path.stat()
        text = Path("/proc/locks").read_text(encoding="ascii") if locks is None else locks
    except OSError:
        return None
    file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for line in text.splitlines():
        words = line.split()
        if len(words) != 8 or words[1] != kind or words[3] != "WRITE" or words[5] != file:
            continue  # those that wait for a lock have an arrow as their second word
        first, last = int(words[6]), float("inf") if words[7] == "EOF" else int(words[7])
        if (byte is None or first <= byte <= last) and int(words[4]) > 0:
            return int(words[4])
    return None
