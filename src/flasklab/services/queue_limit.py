"""How many runs may be queued, without counting them all at every start."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from flasklab.store.unit import Unit

_EXACT_LIMIT = 1000  # up to here the queue is counted at every start; counting more takes milliseconds
_COUNT_SECONDS = 1.0  # how long a count of a longer queue is trusted


class QueueLimit:
    """The lab's limit of queued runs. Safe to use from several threads.

    Args:
        limit: so many may be queued
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counting = threading.Lock()
        self._counted: tuple[float, int] | None = None  # monotonic time and length of the queue then

    def full(self, unit: Unit) -> tuple[int, int] | None:
        """How many are queued and how many may be, where one more is too many; else None."""
        queued = self._estimate()
        if queued is None or queued >= self._limit:
            queued = unit.runs.count(RunState.QUEUED)
            with self._counting:
                self._counted = (time.monotonic(), queued)
        return (queued, self._limit) if queued >= self._limit else None

    def note_one_more(self) -> None:
        """A run was queued since the last count."""
        with self._counting:
            if self._counted is not None:
                at, queued = self._counted
                self._counted = (at, queued + 1)

    def _estimate(self) -> int | None:
        """The queue's length as counted lately, with the starts since; None when it must be counted."""
        with self._counting:
            if self._limit <= _EXACT_LIMIT or self._counted is None:
                return None
            at, queued = self._counted
            return queued if time.monotonic() - at < _COUNT_SECONDS else None
