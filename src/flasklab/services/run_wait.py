"""Waiting for a run's end, without starving the server: each who waits holds one of its threads."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flasklab.runs.run import Run
    from flasklab.store.intake import Intake
    from flasklab.store.store import Store

WAITERS_VARIABLE = "FLASKLAB_RUN_WAITERS"  # set by a server that knows how many of its threads may wait
MAX_WAITERS = 4  # where the number of the server's threads is not known
_SHORTEST_PAUSE_SECONDS = 0.005
_LONGEST_PAUSE_SECONDS = 0.05
_LOOK_SECONDS = 1.0  # an end that was not told is seen after so long


class RunWait:
    """Waits for ends: told by the supervisor where one is there, looking for them otherwise.

    Args:
        store: where runs are kept
        intake: where a supervisor tells ends
        max_waiters: how many callers may wait at once
    """

    def __init__(self, store: Store, intake: Intake, *, max_waiters: int = MAX_WAITERS) -> None:
        self._store = store
        self._intake = intake
        self._places = threading.BoundedSemaphore(max_waiters)

    def __call__(self, run_id: str, seconds: float) -> Run:
        """The run when it is final, or as it is after `seconds`, or at once when too many callers wait.

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self.place(seconds) as granted:
            if granted > 0:
                return self.told(run_id, granted, asked=False)
        with self._store.read() as unit:
            return unit.runs.get(run_id)

    @contextmanager
    def place(self, seconds: float) -> Iterator[float]:
        """A place among those who wait: the seconds that may be waited, 0 where all are taken."""
        if seconds <= 0 or not self._places.acquire(blocking=False):
            yield 0.0
            return
        try:
            yield seconds
        finally:
            self._places.release()

    def told(self, run_id: str, seconds: float, *, asked: bool) -> Run:
        """The run when it is final, or as it is after `seconds`.

        Args:
            run_id: which
            seconds: how long to wait
            asked: whether this thread has asked the supervisor for its end already

        Raises:
            RunNotFoundError: there is no such run.
        """
        deadline = time.monotonic() + seconds
        pause = _SHORTEST_PAUSE_SECONDS
        told = asked or (not self._is_final(run_id) and self._intake.ask_for_end(run_id))
        # Who asked with the start is told; who asked later must look first, as it may have ended in between.
        while (asked or not self._is_final(run_id)) and (left := deadline - time.monotonic()) > 0:
            asked = False
            if told:
                self._intake.ended(min(_LOOK_SECONDS, left))
                told = self._intake.is_connected
            else:
                time.sleep(min(pause, left))
                pause = min(pause * 1.25, _LONGEST_PAUSE_SECONDS)
        with self._store.read() as unit:
            return unit.runs.get(run_id)

    def _is_final(self, run_id: str) -> bool:
        with self._store.read() as unit:
            return unit.runs.state(run_id).is_final
