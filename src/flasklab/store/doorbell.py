"""The doorbell: a FIFO that wakes the supervisor, rung after a commit.

A ring may be lost or doubled; nothing depends on it but speed. A FIFO works between processes that were
started apart and know each other only by the lab's folder.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Doorbell:
    """The doorbell in a lab's results folder."""

    def __init__(self, results: Path) -> None:
        self.path = results / "doorbell"

    def ring(self) -> None:
        """Wake whoever listens. Never waits and never raises: without a listener nothing happens."""
        with suppress(OSError):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            try:
                if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                    os.write(descriptor, b"!")
            finally:
                os.close(descriptor)

    def listen(self) -> int:
        """A file descriptor that becomes readable when the bell rings; the caller closes it.

        Opened for reading and writing, so that it never reports the end of the file when a ringer leaves.
        """
        if not self._is_fifo():
            self.path.unlink(missing_ok=True)
            with suppress(FileExistsError):
                os.mkfifo(self.path, 0o600)
        return os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    @staticmethod
    def drain(descriptor: int) -> None:
        """Take all rings that came so far."""
        with suppress(BlockingIOError):
            while os.read(descriptor, 4096):
                pass

    def _is_fifo(self) -> bool:
        try:
            return stat.S_ISFIFO(self.path.lstat().st_mode)
        except FileNotFoundError:
            return False
