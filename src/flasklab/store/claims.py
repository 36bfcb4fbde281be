"""What the supervisor reads of runs: only what it needs to run and settle them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flasklab.runs.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimable:
    """A queued run, as its claimant needs it."""

    number: int
    id: str
    experiment: str
    params: Mapping[str, Json]
    attempt: int  # attempts so far; the claim makes it one more
    begun: int  # attempts whose code began
    retries: int  # how often its code may begin again
    timeout_seconds: float | None
    memory_bytes: int | None
    retry_wait: float = 0.0  # seconds before its first retry
    resources: Mapping[str, int] = field(default_factory=dict)  # units of each pool that it takes
    rank: int = 0  # minus its priority: lower ones come first
    seed: int | None  # of an earlier attempt, so that a retry repeats it
    restore_from: str | None = None  # the id of the run whose last checkpoint it starts from
    seq: int  # its latest event; the claim makes it one more
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running run, as whoever takes it over needs it."""

    number: int
    id: str
    experiment: str
    attempt: int
    begun: int
    retries: int
    retry_wait: float
    seq: int
    began: bool  # whether this attempt's code began
    cancel_requested_by: str | None
    cancel_requested_at: datetime | None
