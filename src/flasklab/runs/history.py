"""What happened to a run, in order: its attempts and its events."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flasklab.runs.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One claim of a run and how it ended."""

    attempt: int  # counts from 1 within the run
    claimed_at: datetime
    begun_at: datetime | None = None  # None when the experiment's code never began
    ended_at: datetime | None = None  # None while it lasts
    pid: int | None = None  # the child that ran it
    exit_code: int | None = None  # None when a signal ended it, or nobody saw the end
    signal: int | None = None  # number of the signal that ended it
    reason: str = ""  # why it ended, in a sentence
    state: str | None = None  # how it ended; None while it lasts
    supervisor: str | None = None  # who claimed it: host and process id


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """A change of a run that is neither a metric's point nor a line of its log."""

    seq: int  # number within the run; several may share one
    kind: str  # "queued", "running", "succeeded", ..., "cancel", "attempt", "artifact", "note"
    at: datetime
    data: Mapping[str, Json] = field(default_factory=dict)


def signal_name(number: int | None) -> str | None:
    """A signal as people know it, "SIGKILL"; by its number where it has no name."""
    if number is None:
        return None
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
