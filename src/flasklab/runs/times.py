"""Times as the lab keeps and shows them: aware UTC, RFC 3339 with a Z."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present wall-clock time, aware, in UTC; for display, never for leases or timeouts."""
    return datetime.now(UTC)


def rfc3339(at: datetime) -> str:
    """`at` as `2026-11-23T08:00:00.123456Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
