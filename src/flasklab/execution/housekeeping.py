"""Once an hour, beside the loop: what is kept for how long. Never in the way of a run, never raises."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flasklab.runs.times import now as present_time
from flasklab.services.retention import SWEEP_LIMIT, sweep

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from flasklab.config import Settings
    from flasklab.services.retention import Swept
    from flasklab.store.store import Store

log = logging.getLogger("flasklab.supervisor")

_FIRST_SECONDS = 60.0  # after the beginning, when a restarted lab has better things to do
_BETWEEN_SECONDS = 3_600.0
_MORE_SECONDS = 5.0  # between two sweeps while there is more than one of them takes


class Housekeeping:
    """Sweeps the lab now and then.

    Args:
        store: of the lab
        settings: what is kept for how long
        jobs: where a sweep is done, one at a time
    """

    def __init__(self, store: Store, settings: Settings, jobs: Executor) -> None:
        self._store = store
        self._settings = settings
        self._jobs = jobs
        self._due: float | None = None  # monotonic time of the next sweep
        self._under_way: Future[bool] | None = None

    def tend(self, now: float) -> None:
        """Begin a sweep if one is due at monotonic time `now`; cheap, to be called whenever the loop turns."""
        if self._under_way is not None:
            if not self._under_way.done():
                return
            self._due = now + (_MORE_SECONDS if self._under_way.result() else _BETWEEN_SECONDS)
            self._under_way = None
        if self._due is None:
            self._due = now + _FIRST_SECONDS
        if now >= self._due:
            self._under_way = self._jobs.submit(self._sweep)

    def _sweep(self) -> bool:
        """Whether there is more to do."""
        try:
            done = sweep(self._store, self._settings, present_time(), SWEEP_LIMIT)
        except Exception:
            log.exception("old runs and unused files could not be swept; tried again in an hour")
            return False
        if done.binned or done.runs or done.files:
            log.info(
                "%d runs went to the bin, %d were removed with %d files",
                *(done.binned, done.runs, done.files),
                extra={"action": "sweep"},
            )
        return _is_full(done)


def _is_full(done: Swept) -> bool:
    return SWEEP_LIMIT in (done.binned, done.runs, done.files)
