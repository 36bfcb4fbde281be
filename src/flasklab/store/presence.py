"""Who is there: exactly one supervisor per lab, whether it still moves, and whether anyone attends it.

Both are locks on files (`flock`), which the kernel drops the moment their holder dies, however it dies. Hold
them in a process that does not fork without exec: a forked child would share the lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.store.machine import awake_seconds, machine_id

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

BEAT_SECONDS = 1.0  # between two signs of life at least
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

    def read(self) -> bytes:
        """The first that the locked file holds."""
        return b"" if self._descriptor is None else os.pread(self._descriptor, 4096, 0)

    def write(self, content: bytes) -> None:
        """Put `content` into the locked file, over what it holds, which needs no new place on a full disk."""
        if self._descriptor is not None:
            os.pwrite(self._descriptor, content, 0)
            os.ftruncate(self._descriptor, len(content))

    def identity(self) -> tuple[int, int]:
        """Device and inode of the locked file."""
        if self._descriptor is None:
            return (0, 0)
        found = os.fstat(self._descriptor)
        return found.st_dev, found.st_ino

    def drop(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What a supervisor leaves in its lock's file."""

    pid: int
    token: str  # of the file itself, whoever holds it
    beat: float | None = None  # awake seconds (see `machine`) of its last sign of life; None before its first

    def encode(self) -> bytes:
        """A line for each, all of one length whatever they say."""
        beat = "" if self.beat is None else f"{self.beat:.3f}"
        return f"{self.pid:<10}\n{self.token:<32}\n{beat:<20}\n".encode()

    @classmethod
    def decode(cls, content: bytes) -> Sign | None:
        """What `encode` wrote; None of anything else."""
        lines = [line.strip() for line in content.decode("ascii", "replace").split("\n")]
        try:
            pid, token, beat = (*lines, "", "", "")[:3]
            return cls(pid=int(pid), token=token, beat=float(beat) if beat else None)
        except ValueError:
            return None


class SupervisorLock:
    """The right to be the supervisor of the lab in a results folder."""

    place: str
    """The lock, among those of all machines; whoever holds it knows that no earlier holder lives. "" proves nothing."""

    def __init__(self, results: Path) -> None:
        self._lock = _FileLock(results / "supervisor.lock")
        self._sign: Sign | None = None
        self._beaten = float("-inf")
        self.place = ""

    def acquire(self, block: bool = False) -> bool:
        """Become the supervisor; False when another is and `block` is not set.

        The holder's process id stands in the file, for people and for `flasklab check`.
        """
        taken = self._lock.take(fcntl.LOCK_EX) if block else _persistently(self._lock)
        if taken and self._sign is None:
            self._sign_in()
        return taken

    def beat(self) -> None:
        """Say that this supervisor still moves; call it as often as you like."""
        now = awake_seconds()
        if self._sign is not None and now - self._beaten >= BEAT_SECONDS:
            self._beaten = now
            with contextlib.suppress(OSError):  # a disk that refuses: then nobody judges by it
                self._lock.write(Sign(pid=self._sign.pid, token=self._sign.token, beat=now).encode())

    def _sign_in(self) -> None:
        before = Sign.decode(self._lock.read())
        token = before.token if before is not None and before.token else uuid.uuid4().hex
        self._sign = Sign(pid=os.getpid(), token=token)
        with contextlib.suppress(OSError):  # a full disk keeps nobody from its lock
            self._lock.write(self._sign.encode())
            # A copied folder has the same token and another file; a cloned machine the same id and another token.
            device, inode = self._lock.identity()
            self.place = f"{machine_id()}/{device}/{inode}/{token}"

    def release(self) -> None:
        """Step down."""
        self._lock.drop()
        self._sign = None


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
    sign = supervisor_sign(results)
    return None if sign is None else sign.pid


def supervisor_sign(results: Path) -> Sign | None:
    """What the living supervisor says of itself; None where there is none, or it has not signed yet."""
    if not is_supervised(results):
        return None
    try:
        return Sign.decode((results / "supervisor.lock").read_bytes())
    except OSError:
        return None


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
