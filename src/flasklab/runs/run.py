"""What a run is, as a frozen snapshot."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flasklab.runs.progress import Progress as Progress  # noqa: TC001 - for those who take it from here

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flasklab.runs.artifacts import Artifact
    from flasklab.runs.json import Json
    from flasklab.runs.state import RunState

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
# Ends that are no exception: their message says it all.
_ENDS = ("", "Exit", "Signal", "Timeout", "OutOfMemory", "Canceled", "Lost")


def new_run_id() -> str:
    """A fresh id for URLs: 12 characters, 60 random bits."""
    drawn = secrets.randbits(60)
    return "".join([_ALPHABET[drawn >> shift & 31] for shift in range(0, 60, 5)])


@dataclass(frozen=True, slots=True, kw_only=True)
class RunError:
    """Why a run did not succeed."""

    type: str  # the exception's class, or "Exit", "Signal", "Timeout", "OutOfMemory", "Canceled", "Lost"
    message: str  # one sentence a user understands
    traceback: str = ""  # "" where there is none
    where: str = (
        ""  # the author's own line that an exception came through, "experiments/train.py:31"; "" where there is none
    )

    @property
    def sentence(self) -> str:
        """The exception's class and message; an end that is no exception says all in its message."""
        if self.type in _ENDS or self.type in self.message:
            return self.message
        return f"{self.type}: {self.message}" if self.message else self.type


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSummary:
    """One metric of a run in six numbers; `min`, `max` and `mean` leave NaN out."""

    last: float
    min: float
    max: float
    mean: float
    count: int
    step: int  # the step of `last`


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run at one moment; asking again may show more."""

    id: str  # stands in URLs
    number: int  # counts up within the lab, for people
    experiment: str
    state: RunState
    params: Mapping[str, Json]  # validated, defaults filled in
    given: tuple[str, ...] = ()  # names of the parameters that differ from the defaults
    output: Json = None  # what the function returned, as far as JSON can hold it
    error: RunError | None = None
    progress: Progress | None = None
    metrics: Mapping[str, MetricSummary] = field(default_factory=dict)
    artifacts: tuple[Artifact, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    attempt: int = 0  # 0 until it is first claimed; the fence of every write of its supervisor
    begun: int = 0  # attempts whose code began
    queue_position: int | None = None  # 1 is next; None unless queued
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    created_by: str = ""  # who started it
    cancel_requested_by: str | None = None
    cancel_requested_at: datetime | None = None
    rerun_of: str | None = None  # the id of the run whose parameters it took
    seed: int | None = None  # what random, NumPy and torch were seeded with
    environment_id: str | None = None  # code, packages and Git commit it ran with
    seq: int = 0  # number of its latest event; grows with every change
    dropped: int = 0  # things it said that could not be kept
    priority: int = 0  # queued runs of a higher one are claimed first
    not_before: datetime | None = None  # not claimed sooner
    resources: Mapping[str, int] = field(default_factory=dict)  # units of each pool that it takes while it runs
    retries: int = 0  # how often its code may begin again
    retry_wait: float = 0.0  # seconds before its first retry
    restore_from: str | None = None  # the id of the run whose last checkpoint it starts from
    pinned: bool = False  # whether retention never takes it
    deleted_at: datetime | None = None  # when it was put into the bin; None unless it lies there

    @property
    def duration_seconds(self) -> float | None:
        """Wall-clock seconds from start to end; None unless it is finished and had started."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What is needed to queue a run."""

    id: str
    experiment: str
    params: Mapping[str, Json]
    given: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    created_by: str = ""
    rerun_of: str | None = None
    idempotency_key: str | None = None  # unique per experiment; a second start with it is the first run
    timeout_seconds: float | None = None
    memory_bytes: int | None = None
    retries: int = 0
    retry_wait: float = 0.0
    priority: int = 0
    not_before: datetime | None = None
    resources: Mapping[str, int] = field(default_factory=dict)
    restore_from: str | None = None
