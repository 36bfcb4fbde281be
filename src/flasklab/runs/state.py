"""A run's states and the one table of allowed transitions."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """Where a run stands; the last five are final and never change."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    TIMED_OUT = "timed_out"
    LOST = "lost"

    @property
    def is_final(self) -> bool:
        """True when nothing can change any more."""
        return not TRANSITIONS[self]


FINAL_STATES = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELED, RunState.TIMED_OUT, RunState.LOST)

TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    # A queued run is claimed, or canceled before anything began; an unreadable one fails.
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.CANCELED, RunState.FAILED}),
    # A running one is settled, or handed back to the queue by a supervisor that could not finish it.
    RunState.RUNNING: frozenset({*FINAL_STATES, RunState.QUEUED}),
    **{state: frozenset[RunState]() for state in FINAL_STATES},
}


def may_become(old: RunState, new: RunState) -> bool:
    """Whether a run in state `old` may go to state `new`."""
    return new in TRANSITIONS[old]
