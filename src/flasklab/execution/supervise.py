"""Entrance of the supervisor's process: `python -m flasklab.execution.supervise [--linger]`.

The settings come as a JSON line on standard input. With `--linger` it gives way at once to a supervisor that is there,
and ends when nothing is left to do. Otherwise it waits for its turn and ends with its parent, which holds the other end
of standard input.
"""

from __future__ import annotations

import logging
import os
import sys

from flasklab.config import Settings
from flasklab.runs.json import decode
from flasklab.store.presence import SupervisorLock
from flasklab.store.store import Store


def main() -> int:
    """Be the lab's supervisor; returns the exit status."""
    linger = "--linger" in sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    line = _first_line(sys.stdin.fileno())
    settings = Settings.from_json(decode(line))
    os.umask(0o077)
    lock = SupervisorLock(settings.results)
    if not lock.acquire(block=not linger):
        return 0
    from flasklab.execution.supervisor import Supervisor

    store = Store(settings, checkpointing=True)
    store.open()
    try:
        Supervisor(settings, store, linger=linger, watch_fd=None if linger else sys.stdin.fileno()).run()
    finally:
        store.close()
    return 0


def _first_line(fd: int) -> bytes:
    """One line, and not a byte more: what follows on the descriptor is watched with select."""
    line = bytearray()
    while (byte := os.read(fd, 1)) not in {b"", b"\n"}:
        line += byte
    return bytes(line)


if __name__ == "__main__":
    sys.exit(main())
