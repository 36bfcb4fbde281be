"""A supervisor that lives and moves no more (stopped, hung) is told from a busy one, and ended.

Its loop leaves a sign of life in its lock's file, in every turn and not from a thread, which would go on while the loop
hangs. A turn waits for a locked database at most ten seconds.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
from typing import TYPE_CHECKING

from flasklab.execution.processes import waits_for_disk
from flasklab.store.lock_holders import flock_holder, sqlite_writer
from flasklab.store.machine import awake_seconds
from flasklab.store.presence import supervisor_sign

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flasklab.store.presence import Sign

log = logging.getLogger("flasklab.supervisor")

STUCK_SECONDS = float(os.environ.get("FLASKLAB_TEST_STUCK_SECONDS") or 30.0)
_LITTLE_SPACE = 2**20  # bytes; with less, some file systems refuse even to write over what is there
_END_SECONDS = 5.0


def silent_seconds(results: Path, sign: Sign | None) -> float | None:
    """How long a supervisor has given no sign of life; None where that cannot be judged.

    It cannot before its first one, on a disk that takes no signs, and while the kernel holds it until a disk answers.

    Args:
        results: the lab's results folder
        sign: what the living supervisor says of itself
    """
    if sign is None or sign.beat is None or waits_for_disk(sign.pid):
        return None
    try:
        disk = os.statvfs(results)
    except OSError:
        return None
    if disk.f_flag & os.ST_RDONLY or disk.f_bavail * disk.f_frsize < _LITTLE_SPACE:
        return None
    return awake_seconds() - sign.beat


def is_stuck(results: Path, pid: int | None = None) -> bool:
    """Whether the lab's supervisor lives and has given no sign of life for `STUCK_SECONDS`.

    Args:
        results: the lab's results folder
        pid: only if it is this process
    """
    sign = supervisor_sign(results)
    if sign is not None and pid not in (None, sign.pid):
        return False
    silent = silent_seconds(results, sign)
    return silent is not None and silent >= STUCK_SECONDS


def end_stuck_supervisor(results: Path) -> bool:
    """Kill a stuck supervisor that is not this process's child, and wait for its end; False where none is stuck.

    A pidfd is held first and the lock's holder looked up after, so that nobody is killed who was given its number.
    """
    sign = supervisor_sign(results)
    if sign is None or not is_stuck(results, sign.pid) or not hasattr(os, "pidfd_open"):
        return False
    why = f"gave no sign of life for {STUCK_SECONDS:.0f} s"
    return _ended(sign.pid, lambda: flock_holder(results / "supervisor.lock") == sign.pid, why)


def end_stuck_writer(database: Path, pid: int) -> bool:
    """Kill a supervisor whose lease has run out and which keeps the database locked; False where it does not.

    It was stopped within a transaction: it may write nothing more, and nobody else can.

    Args:
        database: SQLite's file
        pid: of that supervisor, on this machine
    """
    if pid == os.getpid() or not hasattr(os, "pidfd_open"):
        return False
    return _ended(pid, lambda: sqlite_writer(database) == pid, "keeps the database locked beyond its lease")


def _ended(pid: int, is_it: Callable[[], bool], why: str) -> bool:
    """Kill a supervisor and wait for its end, if it is the one that was meant once its number cannot be another's."""
    with contextlib.suppress(OSError):
        descriptor = os.pidfd_open(pid)
        try:
            if waits_for_disk(pid) or not is_it():
                return False
            log.warning("the supervisor, pid %d, %s and is ended", pid, why)
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            return bool(select.select([descriptor], [], [], _END_SECONDS)[0])
        finally:
            os.close(descriptor)
    return False
