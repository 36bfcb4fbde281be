"""One transaction of the supervisor: what it decided, and whether what failed in it may succeed later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flasklab.errors import StoreError, StoreRefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from flasklab.execution.attempt import Attempt
    from flasklab.execution.claiming import Claim
    from flasklab.execution.reception import Arrival
    from flasklab.execution.settling import Again
    from flasklab.store.hot_writes import Change
    from flasklab.store.intake import Answer


@dataclass(slots=True)
class Turn:
    """What one transaction decided, to act on once it has committed."""

    arrivals: list[Arrival] = field(default_factory=list)  # the starts that it takes
    written: list[Attempt] = field(default_factory=list)
    ended: list[tuple[Attempt, Change | None]] = field(default_factory=list)  # None: an earlier turn had stored it
    disowned: list[Attempt] = field(default_factory=list)
    requeued: list[tuple[Attempt, Again]] = field(default_factory=list)  # of the ended ones
    answers: list[tuple[Arrival, Answer]] = field(default_factory=list)
    stored: list[tuple[Arrival, int, float]] = field(default_factory=list)  # queued: number, Unix seconds
    claims: list[Claim] = field(default_factory=list)
    cancels: list[tuple[Attempt, str]] = field(default_factory=list)
    refused: bool = False  # queued runs were settled, so that others may have moved up
    looked: bool = False  # the queue is read
    asked: bool = False  # what others may have written is read too: wishes, and what is held until a moment
    exhausted: bool = False  # nothing that could be claimed was left in the queue
    released: bool = False  # runs that were held until a moment and are due are held no more
    next_release: datetime | None = None  # when the first run that is held until a moment is due


class UndoneError(Exception):
    """Raised to take back a transaction that was only a trial."""


class DisownedError(Exception):
    """Raised to take back a transaction in which attempts wrote of runs that are not theirs any more."""

    def __init__(self, ids: set[str]) -> None:
        self.ids = ids
        super().__init__(", ".join(sorted(ids)))


def may_pass(error: Exception) -> bool:
    """Whether the same may be stored later: the database is busy, away or full, or the memory is."""
    return isinstance(error, (StoreError, OSError, MemoryError)) and not isinstance(error, StoreRefusedError)
