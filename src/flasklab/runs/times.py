"""Times as the lab keeps and shows them: aware UTC, RFC 3339 with a Z."""

from __future__ import annotations

import math
from datetime import UTC, datetime


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
