"""Whether the run was asked to end: three bytes that the run's process shares with all of its workers.

Code that looks at `run.canceling` says with its first look that it will end by itself, and gets its time for that
instead of an exception. The bytes lie in a file of the run's folder, mapped into memory, so that a look costs
nanoseconds and workers see them too, forked or spawned.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "canceling"  # of the file in a run's folder
GRACE_SECONDS: Final = 10.0  # for code that looks, where its experiment does not say otherwise
_WATCHED, _ASKED, _SEEN = range(3)


class Canceling:
    """The wish to end, as both sides see it. Outside of a run it is never there."""

    def __init__(self) -> None:
        self._bytes: bytearray | mmap.mmap = bytearray(3)
        self._counts = False  # only a run has somebody who asks

    def share(self, folder: Path) -> None:
        """Begin anew for the run in `folder`, in memory that its workers can have in common with this process."""
        path = folder / NAME
        self._counts = True
        try:
            path.write_bytes(bytes(3))  # written out, since a hole that a full disk cannot fill would end the process
            self._map(path)
        except OSError:
            self._bytes = mmap.mmap(-1, 3)  # forked workers see it still

    def join(self, folder: Path) -> None:
        """Be a spawned worker of the run in `folder`."""
        with contextlib.suppress(OSError, ValueError):
            self._map(folder / NAME)
            self._counts = True

    def _map(self, path: Path) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._bytes = mmap.mmap(fd, 3)
        finally:
            os.close(fd)

    def look(self) -> tuple[bool, bool]:
        """Whether the run was asked to end, and whether this is the first look of any of its processes."""
        if not self._counts:
            return False, False
        first = not self._bytes[_WATCHED]
        self._bytes[_WATCHED] = 1
        asked = bool(self._bytes[_ASKED])
        if asked:
            self._bytes[_SEEN] = 1
        return asked, first

    def ask(self) -> bool:
        """Ask the run to end; True where its code looks and was not asked before, so that it is left to itself."""
        alone = bool(self._bytes[_WATCHED]) and not self._bytes[_ASKED]
        self._bytes[_ASKED] = 1
        return alone

    @property
    def seen(self) -> bool:
        """Whether the code has learnt of it."""
        return bool(self._bytes[_SEEN])


canceling: Final = Canceling()
