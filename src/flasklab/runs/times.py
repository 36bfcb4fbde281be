"""Times as the lab keeps and shows them: aware UTC, RFC 3339 with a Z."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The present wall-clock time, aware, in UTC; for display, never for leases or timeouts."""
    return datetime.now(UTC)


def rfc3339(at: datetime) -> str:
    """`at` as `2026-11-23T08:00:00.123456Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def words_for_seconds(seconds: float) -> str:
    """A wait for people, rounded up: "40 s", "12 min", "3 h"."""
    whole = max(1, math.ceil(seconds))
    if whole <= 90:
        return f"{whole} s"
    return f"{math.ceil(whole / 60)} min" if whole <= 5400 else f"{math.ceil(whole / 3600)} h"


def read_moment(text: str, at: datetime) -> datetime:
    """The moment that a person means.

    Args:
        text: RFC 3339 ("2026-11-25T14:00:00Z"); the same without a zone, which then is this machine's; or the next
            time that a clock shows "14:00" here
        at: now

    Raises:
        ValueError: it is none of these.
    """
    text = text.strip()
    clock = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", text)
    try:
        if clock is not None:
            here = at.astimezone()
            hour, minute, second = (int(part or 0) for part in clock.groups())
            found = here.replace(hour=hour, minute=minute, second=second, microsecond=0)
            return (found if found > here else found + timedelta(days=1)).astimezone(UTC)
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f'is no moment: {text[:40]!r}; write "2026-11-25T14:00:00Z" or "14:00"') from None
