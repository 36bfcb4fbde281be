"""How the lab is doing, and why queued runs wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.runs.state import RunState
from flasklab.services.lab_trouble import LabTrouble
from flasklab.store.presence import is_supervised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.config import Settings
    from flasklab.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The lab at one moment."""

    counts: Mapping[RunState, int]  # runs per state; every state is there
    supervised: bool  # whether a supervisor lives
    workers: int  # runs at once
    reason: str  # why queued runs wait, in one sentence; "" when none waits
    trouble: str  # why no run can be started, in a sentence or two with the mend; "" when nothing is wrong


class LabStatus:
    """Tells how the lab is doing.

    Args:
        store: where runs are kept
        settings: for the number of workers, and the floor of free space
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._trouble = LabTrouble(store, settings)

    def __call__(self) -> Status:
        """The lab now."""
        with self._store.read() as unit:
            counts = unit.runs.counts()
            catalog_known = unit.catalog.version() > 0
        supervised = is_supervised(self._settings.results)
        reason = waiting_reason(counts, self._settings.workers, supervised=supervised, described=catalog_known)
        return Status(
            counts=counts,
            supervised=supervised,
            workers=self._settings.workers,
            reason=reason,
            trouble=self._trouble(),
        )


def waiting_reason(counts: Mapping[RunState, int], workers: int, *, supervised: bool, described: bool) -> str:
    """Why queued runs wait, in one sentence with what helps; "" when none waits.

    Args:
        counts: runs per state
        workers: runs at once
        supervised: whether a supervisor lives
        described: whether the experiments were imported once
    """
    if not counts.get(RunState.QUEUED, 0):
        return ""
    if not supervised:
        return "No supervisor is alive to get runs done; start `flasklab serve` in the lab's folder."
    if not described:
        return "The experiments are still being imported; runs begin right after."
    running = counts.get(RunState.RUNNING, 0)
    if running >= workers:
        busy = "The one worker is busy" if workers == 1 else f"All {workers} workers are busy"
        return f"{busy}; raise FLASKLAB_WORKERS to run more at once."
    return "It begins in a moment."
