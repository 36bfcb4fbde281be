"""Numbers, sizes, durations, times and JSON values in words for people.

One place, so that every page writes one thing in one way; the islands' `format.ts` follows the same rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.runs.amounts import duration as duration
from flasklab.runs.amounts import memory as memory
from flasklab.runs.amounts import number as number
from flasklab.runs.amounts import size as size
from flasklab.runs.json import encode, non_finite
from flasklab.runs.times import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

_NON_FINITE_WORDS = {"NaN": "NaN", "Infinity": "∞", "-Infinity": "-∞"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in time, as a page shows it."""

    iso: str  # RFC 3339, for the `datetime` attribute
    exact: str  # "2026-11-23 08:52:07 UTC", for the tooltip
    ago: str  # "5 min ago"


def moment(at: datetime, now: datetime) -> Moment:
    """`at` as seen from `now`."""
    return Moment(
        iso=rfc3339(at),
        exact=f"{at:%Y-%m-%d %H:%M:%S} UTC",
        ago=ago((now - at).total_seconds(), f"{at:%Y-%m-%d}"),
    )


def ago(seconds: float, date: str) -> str:
    """How long ago something was, coarsely; `date` is said beyond a month."""
    if seconds < 5:
        return "just now"
    for limit, unit, word in ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h"), (30 * 86400, 86400, "d")):
        if seconds < limit:
            return f"{int(seconds // unit)} {word} ago"
    return date


def parameter(value: float) -> str:
    """A number somebody chose, with every digit they gave."""
    if math.isfinite(value) and float(value).is_integer() and abs(value) < 10**15:
        return str(int(value))
    return repr(value).replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def brief(item: Any) -> str:
    """A JSON value for a crowded line: four significant digits, no grouping, at most forty characters."""
    if isinstance(item, float) and math.isfinite(item):
        return parameter(float(f"{item:.4g}"))
    return value(item, exact=True, limit=40)


def value(item: Any, *, exact: bool = False, limit: int = 200) -> str:
    """A JSON value on one line.

    Args:
        item: the value
        exact: every digit of a number, as for a parameter; otherwise four significant ones
        limit: characters after which a long text is cut
    """
    if item is None:
        return "none"
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, (int, float)):
        return parameter(item) if exact else number(item)
    if isinstance(item, dict) and {"file", "sha256"} <= item.keys():
        text = str(item["file"])
    elif isinstance(item, str):
        text = _NON_FINITE_WORDS[item] if non_finite(item) is not None else item or "empty"
    elif isinstance(item, list) and not any(isinstance(part, (dict, list)) for part in item):
        text = ", ".join(value(part, exact=exact) for part in item) or "empty"
    elif item == {}:
        text = "empty"
    else:
        text = encode(item).decode()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def is_nothing(item: Any) -> bool:
    """Whether the words for a value say that there is none: for them to be set apart from a text."""
    return item is None or item in ("", [], {})


def count(amount: int, one: str, many: str | None = None) -> str:
    """An amount with its noun: "1 run", "1,204 runs"."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def since(seconds: float) -> str:
    """When a line was written, counted from the run's start: "+12.3 s", "+1:15.3", "+1:02:05.2"."""
    sign = "-" if seconds < -0.05 else "+"
    minutes, tenths = divmod(math.floor(abs(seconds) * 10 + 0.5), 600)
    if not minutes:
        return f"{sign}{tenths / 10:.1f} s"
    hours, minutes = divmod(minutes, 60)
    rest = f"{tenths / 10:04.1f}"
    return f"{sign}{hours}:{minutes:02d}:{rest}" if hours else f"{sign}{minutes}:{rest}"
