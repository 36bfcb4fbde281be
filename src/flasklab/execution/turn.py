"""One transaction of the supervisor: what it decided, and whether what failed in it may succeed later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flasklab.errors import StoreError, StoreRefusedError

if TYPE_CHECKING:
    from flasklab.execution.attempt import Attempt
    from flasklab.execution.claiming import Claim


@dataclass(slots=True)
class Turn:
    """What one transaction decided, to act on once it has committed."""

    written: list[Attempt] = field(default_factory=list)
    ended: list[Attempt] = field(default_factory=list)
    disowned: list[Attempt] = field(default_factory=list)
    requeued: list[tuple[Attempt, str]] = field(default_factory=list)  # of the ended ones, and why
    claims: list[Claim] = field(default_factory=list)
    cancels: list[tuple[Attempt, str]] = field(default_factory=list)
    refused: bool = False  # queued runs were settled, so that others may have moved up
    looked: bool = False  # the queue and the wishes to cancel were read


class UndoneError(Exception):
    """Raised to take back a transaction that was only a trial."""


def may_pass(error: Exception) -> bool:
    """Whether the same may be stored later: the database is busy, away or full."""
    return isinstance(error, (StoreError, OSError)) and not isinstance(error, StoreRefusedError)
