"""Whether the run was asked to end: three bytes that the run's process shares with the workers that it forks.

Code that looks at `run.canceling` says with its first look that it will end by itself, and gets its time for that
instead of an exception. A look costs nanoseconds. Workers in interpreters of their own share no memory: they and the
run's process leave each other word in files, which are made only when there is something to say.
"""

from __future__ import annotations

import contextlib
import mmap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

GRACE_SECONDS: Final = 10.0  # for code that looks, where its experiment does not say otherwise
_WATCHED, _ASKED, _SEEN = range(3)
_LOOKS = "-looks"  # ending of the file with which a spawned worker says that it looks


class Canceling:
    """The wish to end, as both sides see it. Outside of a run it is never there."""

    def __init__(self) -> None:
        self._bytes: bytearray | mmap.mmap = bytearray(3)
        self._spawned = False  # this is a worker in an interpreter of its own
        self.path: Path | None = None
        """Exists once the run was asked to end, for spawned workers; None outside of a run."""

    def share(self, path: Path) -> None:
        """Begin anew for a run, in memory that forked workers will have in common with this process."""
        self.path, self._spawned = path, False
        if isinstance(self._bytes, bytearray):
            self._bytes = mmap.mmap(-1, 3)
        self._bytes[:] = bytes(3)

    def end(self) -> None:
        """Nobody looks any more: whoever asks now finds no code of the run's."""
        self.path = None

    def join(self, path: Path) -> None:
        """Be a spawned worker of the run whose process `share`d this path."""
        self.path, self._spawned = path, True

    def look(self) -> tuple[bool, bool]:
        """Whether the run was asked to end, and whether this is the first look, as far as this process knows."""
        if self.path is None:
            return False, False
        first = not self._bytes[_WATCHED]
        self._bytes[_WATCHED] = 1
        if self._spawned:
            return self._look_at_file(self.path, first=first), first
        asked = self.asked
        if asked:
            self._bytes[_SEEN] = 1
        return asked, first

    def _look_at_file(self, path: Path, *, first: bool) -> bool:
        if first:
            with contextlib.suppress(OSError):
                self._looks(path).touch()
        return path.exists()

    def ask(self) -> bool:
        """Ask the run to end; True where its code looks and was not asked before, so that it is left to itself."""
        alone = (
            not self._bytes[_ASKED]
            and self.path is not None
            and (bool(self._bytes[_WATCHED]) or self._looks(self.path).exists())
        )
        self._bytes[_ASKED] = 1
        if alone and self.path is not None:
            with contextlib.suppress(OSError):
                self.path.touch()
        return alone

    @property
    def asked(self) -> bool:
        """Whether the run was asked to end."""
        return bool(self._bytes[_ASKED])

    @property
    def seen(self) -> bool:
        """Whether the code of the run's process, or of a worker that it forked, has learnt of it."""
        return bool(self._bytes[_SEEN]) or (self.asked and self.path is not None and self._looks(self.path).exists())

    @staticmethod
    def _looks(path: Path) -> Path:
        return path.with_name(path.name + _LOOKS)


canceling: Final = Canceling()
