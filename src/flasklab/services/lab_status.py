"""How the lab is doing, and why queued runs wait."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.runs.state import RunState
from flasklab.services.lab_trouble import LabTrouble
from flasklab.store.presence import is_supervised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.config import Settings
    from flasklab.services.waiting import Waiting
    from flasklab.store.store import Store

_SHARE = 0.02  # of the time may be spent counting: a count that took longer is trusted for longer
_MOST_COUNTED = 10_000  # runs that are counted every time


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The lab at one moment."""

    counts: Mapping[RunState, int]  # runs per state; every state is there
    supervised: bool  # whether a supervisor lives
    workers: int  # runs at once
    reason: str  # why queued runs wait, in one sentence; "" when none waits
    trouble: str  # why no run can be started, in a sentence or two with the mend; "" when nothing is wrong


class LabStatus:
    """Tells how the lab is doing. Safe to use from several threads.

    Args:
        store: where runs are kept
        settings: for the number of workers, and the floor of free space
        waiting: tells why runs wait
    """

    def __init__(self, store: Store, settings: Settings, waiting: Waiting) -> None:
        self._store = store
        self._settings = settings
        self._trouble = LabTrouble(store, settings)
        self._waiting = waiting
        self._counting = threading.Lock()
        self._counted: tuple[float, Mapping[RunState, int]] | None = None  # monotonic time until which it is trusted

    def __call__(self) -> Status:
        """The lab now."""
        counts = self._counts()
        reason = self._waiting.situation().of_queue() if counts[RunState.QUEUED] else ""
        supervised = is_supervised(self._settings.results)
        return Status(
            counts=counts,
            supervised=supervised,
            workers=self._settings.workers,
            reason=reason,
            trouble=self._trouble(),
        )

    def _counts(self) -> Mapping[RunState, int]:
        """Runs per state; with very many of them, as they were a moment ago."""
        with self._counting:
            if self._counted is not None and time.monotonic() < self._counted[0]:
                return self._counted[1]
        began = time.monotonic()
        with self._store.read() as unit:
            counts = unit.runs.counts()
        took = time.monotonic() - began
        if sum(counts.values()) > _MOST_COUNTED:
            with self._counting:
                self._counted = (began + took / _SHARE, counts)
        return counts
