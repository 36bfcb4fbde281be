"""Who is there: exactly one supervisor per lab, and whether anyone attends it.

Both are locks on files (`flock`), which the kernel drops the moment their holder dies, however it dies. Hold
them in a process that does not fork without exec: a forked child would share the lock.
"""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_PROBE_SECONDS = 0.05  # a probe holds the lock for microseconds; a claimant tries again for so long


class _FileLock:
    """An flock on a file that is made when missing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self, kind: int) -> bool:
        """Take the lock (`fcntl.LOCK_...`); False when another holds it and `kind` does not wait."""
        if self._descriptor is not None:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, kind)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def write(self, content: bytes) -> None:
        """Put `content` into the locked file."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, content, 0)

    def drop(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class SupervisorLock:
    """The right to be a lab's supervisor."""

    def __init__(self, results: Path) -> None:
        self._lock = _FileLock(results / "supervisor.lock")

    def acquire(self, block: bool = False) -> bool:
        """Become the supervisor; False when another is and `block` is not set.

        The holder's process id stands in the file, for people and for `flasklab check`.
        """
        taken = self._lock.take(fcntl.LOCK_EX) if block else _persistently(self._lock)
        if taken:
            self._lock.write(f"{os.getpid()}\n".encode())
        return taken

    def release(self) -> None:
        """Step down."""
        self._lock.drop()


class Attendance:
    """A web process's word that it is there; the supervisor may leave when nobody is."""

    def __init__(self, results: Path) -> None:
        self._lock = _FileLock(results / "attendance.lock")

    def join(self) -> None:
        """Be there, until `leave` or the end of the process. Any number may."""
        self._lock.take(fcntl.LOCK_SH)

    def leave(self) -> None:
        """Be there no more."""
        self._lock.drop()

    def __enter__(self) -> Attendance:
        self.join()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()


def is_supervised(results: Path) -> bool:
    """Whether a living supervisor serves the lab."""
    # A shared probe: two that probe at once don't take each other for the supervisor.
    return _is_held(results / "supervisor.lock", fcntl.LOCK_SH)


def supervisor_pid(results: Path) -> int | None:
    """The living supervisor's process id, or None."""
    if not is_supervised(results):
        return None
    try:
        return int((results / "supervisor.lock").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None  # it took the lock a moment ago and has not signed yet


def anyone_attends(results: Path) -> bool:
    """Whether any web process is there."""
    return _is_held(results / "attendance.lock", fcntl.LOCK_EX)


def _is_held(path: Path, kind: int) -> bool:
    if not path.exists():
        return False
    probe = _FileLock(path)
    try:
        return not probe.take(kind | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        probe.drop()


def _persistently(lock: _FileLock) -> bool:
    deadline = time.monotonic() + _PROBE_SECONDS
    while not lock.take(fcntl.LOCK_EX | fcntl.LOCK_NB):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PROBE_SECONDS / 10)
    return True
