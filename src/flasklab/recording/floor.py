"""Who speaks for the run: of several loops at once, in threads and forked workers, one tells the run's progress."""

from __future__ import annotations

import itertools
import mmap
import os
from typing import Final

_RUN_VARIABLE = "FLASKLAB_RUN_ID"  # in the environment of whatever a run starts
_COUNTER_BITS = 20

_counter = itertools.count(1)


def new_token(*, explicit: bool) -> int:
    """A loop's name on the floor: this process's pid and a number; negative for a bar of some library's."""
    token = (os.getpid() << _COUNTER_BITS) | (next(_counter) & ((1 << _COUNTER_BITS) - 1))
    return token if explicit else -token


class Floor:
    """One word of memory that names the loop that has the floor; shared with forked workers once `share` was called.

    Two may take it in the same instant; then both are heard until the next of them looks.
    """

    def __init__(self) -> None:
        self._holder = memoryview(bytearray(8)).cast("q")
        self._pid = os.getpid()
        # A process that some run started has loops of its own, which say nothing about the run.
        self._silent = _RUN_VARIABLE in os.environ

    def share(self) -> None:
        """Begin anew, in memory that forked workers have in common with this process."""
        self._holder = memoryview(mmap.mmap(-1, 8)).cast("q")
        self._pid = os.getpid()
        self._silent = False

    def clear(self) -> None:
        """Begin anew: whoever had it spoke of something else. A forked worker leaves it to whom it belongs."""
        if self._pid == os.getpid():
            self._holder[0] = 0

    def take(self, token: int, *, force: bool = False) -> bool:
        """Whether the loop may speak: nobody else does, or only a library's bar while this one was asked for."""
        holder = self._holder[0]
        if holder == token:
            return True
        if self._silent:
            return False
        if force or not holder or token > 0 > holder or not _lives(holder):
            self._holder[0] = token
            return True
        return False

    def leave(self, token: int) -> None:
        """Let somebody else speak."""
        if self._holder[0] == token:
            self._holder[0] = 0


def _lives(token: int) -> bool:
    pid = abs(token) >> _COUNTER_BITS
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


floor: Final = Floor()
