"""Entrance of the supervisor's process: `python -m flasklab.execution.supervise [--linger]`.

The settings come as a JSON line on standard input. With `--linger` it gives way at once to a supervisor that is there,
and ends when nothing is left to do. Otherwise it waits for its turn and ends with its parent, which holds the other end
of standard input.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import sys
from typing import TYPE_CHECKING

from flasklab.config import Settings
from flasklab.errors import FlasklabError, LeaseLostError, StoreBusyError, StoreError
from flasklab.runs.json import decode
from flasklab.store.presence import SupervisorLock, anyone_attends, supervisor_pid
from flasklab.store.store import Store

if TYPE_CHECKING:
    from flasklab.execution.lease import Lease

log = logging.getLogger("flasklab.supervisor")

LOST = 3  # exit status of one whose lease another has taken
_LOOK_SECONDS = 1.0  # between two looks at a lease that another holds


def main() -> int:
    """Be the lab's supervisor; returns the exit status."""
    linger = "--linger" in sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    line = _first_line(sys.stdin.fileno())
    settings = Settings.from_json(decode(line))
    os.umask(0o077)
    try:
        lock = _locked(settings, linger=linger)
        return 0 if lock is None else _supervise(settings, lock, linger=linger)
    except LeaseLostError as error:
        log.error("%s", error)  # noqa: TRY400 - a sentence that says it all
        # No orderly end: that would still write. What the runs left is the next supervisor's to settle.
        os._exit(LOST)
    except (FlasklabError, OSError) as error:
        log.error("the supervisor cannot work: %s", error)  # noqa: TRY400 - a sentence that says it all
        return 1


def _locked(settings: Settings, *, linger: bool) -> SupervisorLock | None:
    """The lock on the results folder; None where another has it, and this one need not wait."""
    lock = SupervisorLock(settings.results)
    if lock.acquire():
        return lock
    if linger:
        return None
    other = supervisor_pid(settings.results)
    log.warning("Another supervisor, pid %s, serves %s; this one waits.", other, settings.results)
    lock.acquire(block=True)
    return lock


def _supervise(settings: Settings, lock: SupervisorLock, *, linger: bool) -> int:
    from flasklab.execution.lease import Lease
    from flasklab.execution.supervisor import Supervisor

    store = Store(settings, checkpointing=True)
    store.open()
    try:
        lease = Lease(store, lock.place)
        if not _taken(lease, store, settings, linger=linger):
            return 0
        store.fence = lease
        watch_fd = None if linger else sys.stdin.fileno()
        Supervisor(settings, store, linger=linger, watch_fd=watch_fd, beat=lock.beat).run()
        with contextlib.suppress(StoreError):  # then it ends by itself
            lease.release()
    finally:
        store.close()
    return 0


def _taken(lease: Lease, store: Store, settings: Settings, *, linger: bool) -> bool:
    """Wait for the lease; False when nobody needs this process any more."""
    told = ""
    while why := try_to_take(lease, store):
        if why != told:
            log.warning(why)
            told = why
        if linger and not anyone_attends(settings.results):
            return False
        if _parent_went(None if linger else sys.stdin.fileno()):
            return False
    if told:
        log.info("This supervisor has taken the lab over.")
    return True


def try_to_take(lease: Lease, store: Store) -> str:
    """As `Lease.try_to_take`; ends whoever was stopped within a transaction, for longer than its lease."""
    from flasklab.execution.stuck import end_stuck_writer

    try:
        return lease.try_to_take()
    except StoreBusyError:
        holder = lease.run_out()
        if holder is None or store.file is None or not end_stuck_writer(store.file, holder.pid):
            raise
    return lease.try_to_take()


def _parent_went(fd: int | None) -> bool:
    """Wait a moment; whether the parent's end of the pipe was closed meanwhile."""
    ready, _, _ = select.select([] if fd is None else [fd], [], [], _LOOK_SECONDS)
    return fd is not None and bool(ready) and not os.read(fd, 4096)


def _first_line(fd: int) -> bytes:
    """One line, and not a byte more: what follows on the descriptor is watched with select."""
    line = bytearray()
    while (byte := os.read(fd, 1)) not in {b"", b"\n"}:
        line += byte
    return bytes(line)


if __name__ == "__main__":
    sys.exit(main())
