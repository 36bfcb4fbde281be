"""One spelling per value, so that equal parameters look equal: 21 for a float is 21.0, "90s" is "PT1M30S".

Whether a run's parameter differs from its default, and which runs had the same parameters, is then a
comparison of JSON values. A value that has no such spelling is left as it is, for validation to name.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from flasklab.config import duration_seconds
from flasklab.experiments.shape import is_unlimited_number, item_of, plain
from flasklab.runs.json import non_finite

if TYPE_CHECKING:
    from collections.abc import Callable

    from flasklab.experiments.shape import Schema

# ISO 8601; a year is 365 days and a month 30, as Pydantic counts them.
_ISO_DURATION = re.compile(
    r"([+-]?)P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?=.)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?"
)
_CLOCK = re.compile(r"(-?)(?:(\d+) days?, )?(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")


def canonical(value: Any, schema: Schema, root: Schema) -> Any:
    """`value` (JSON) in its one spelling.

    Args:
        value: a value that is not validated yet
        schema: its schema
        root: the whole schema, with its `$defs`

    Raises:
        RecursionError: it is nested too deeply.
    """
    return _mapped(value, plain(schema, root), root, _canonical_leaf)


def completed(value: Any, schema: Schema, root: Schema) -> Any:
    """`value` (valid) with the defaults of what its objects leave out, so that it means the same when they change.

    Args:
        value: a valid value
        schema: its schema
        root: the whole schema, with its `$defs`
    """
    found = plain(schema, root)
    if isinstance(value, list) and found.get("type") == "array":
        return [completed(item, item_of(found, at), root) for at, item in enumerate(value)]
    if isinstance(value, dict) and found.get("properties"):
        known = found["properties"]
        defaults = {name: inner["default"] for name, inner in known.items() if "default" in inner}
        return {name: completed(item, known.get(name, {}), root) for name, item in (defaults | value).items()}
    return value


def stand_in(value: Any, schema: Schema, root: Schema) -> Any:
    """`value` with "NaN", "Infinity" and "-Infinity" as 0.0 wherever any float may stand, and decimals as floats.

    JSON Schema has no word for numbers that JSON cannot hold; this makes them pass where they are allowed, and
    limits count for decimal numbers that are written as text.
    """
    return _mapped(value, plain(schema, root), root, _stand_in_leaf)


def read_duration(text: str) -> timedelta | None:
    """The duration meant by ISO 8601 ("PT1H30M"), a clock ("1:30:00"), seconds ("90") or units ("1h 30m")."""
    text = text.strip()
    try:
        if match := _ISO_DURATION.fullmatch(text.upper()):
            sign, years, months, weeks, days, hours, minutes, seconds = match.groups()
            whole = int(years or 0) * 365 + int(months or 0) * 30 + int(weeks or 0) * 7
            amount = timedelta(
                days=whole + float(days or 0),
                hours=float(hours or 0),
                minutes=float(minutes or 0),
                seconds=float((seconds or "0").replace(",", ".")),
            )
            return -amount if sign == "-" else amount
        if match := _CLOCK.fullmatch(text):
            sign, days, hours, minutes, seconds = match.groups()
            amount = timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=float(seconds or 0))
            return -amount if sign == "-" else amount
        return timedelta(seconds=duration_seconds(text))
    except (ValueError, OverflowError):
        return None


def write_duration(duration: timedelta) -> str:
    """`duration` as ISO 8601 in days, hours, minutes and seconds: "P1DT2H", "PT0.5S", "-PT1M"."""
    microseconds = abs(duration) // timedelta(microseconds=1)
    seconds, fraction = divmod(microseconds, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    digits = f"{seconds}.{fraction:06}".rstrip("0") if fraction else str(seconds)
    parts = ((hours, f"{hours}H"), (minutes, f"{minutes}M"), (seconds or fraction, f"{digits}S"))
    clock = "".join(text for amount, text in parts if amount)
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if duration < timedelta(0) else "") + "P" + (text or "T0S")


def spoken_duration(text: str) -> str:
    """An ISO 8601 duration as people write it: "1h 30m", "0.5s"; one without such a spelling as it is."""
    found = read_duration(text)
    if found is None or found < timedelta(0):
        return text
    match = _ISO_DURATION.fullmatch(write_duration(found))
    amounts = match.groups()[4:] if match else ()
    spoken = " ".join(f"{amount}{unit}" for amount, unit in zip(amounts, "dhms", strict=False) if amount is not None)
    return spoken if read_duration(spoken) == found else text


def _read_date(text: str) -> str:
    return date.fromisoformat(text.strip()).isoformat()


def _read_datetime(text: str) -> str:
    return datetime.fromisoformat(text.strip()).isoformat().replace("+00:00", "Z")


def _read_time(text: str) -> str:
    return time.fromisoformat(text.strip()).isoformat().replace("+00:00", "Z")


def _read_decimal(text: str) -> str:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise ValueError(f"{text!r} is no number")
    return str(found)


def _read_duration_text(text: str) -> str:
    found = read_duration(text)
    if found is None:
        raise ValueError(f"{text!r} is no duration")
    return write_duration(found)


_SPELLINGS: dict[str, Callable[[str], str]] = {
    "date": _read_date,
    "date-time": _read_datetime,
    "time": _read_time,
    "duration": _read_duration_text,
    "decimal": _read_decimal,
}


def _is_spelled(spelling: Callable[[str], str]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            spelling(text)
        except ValueError:
            return False
        return True

    return check


# What JSON Schema's `format` means here: times without a zone are fine, as browsers send them.
FORMATS: dict[str, Callable[[str], bool]] = {name: _is_spelled(read) for name, read in _SPELLINGS.items()}


def _canonical_leaf(value: Any, schema: Schema) -> Any:
    kind = schema.get("type")
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return value
    spelling = _SPELLINGS.get(schema.get("format", ""))
    spelled = (str, int, float) if spelling is _read_decimal else str
    if spelling is not None and isinstance(value, spelled) and not isinstance(value, bool):
        try:
            return spelling(str(value))
        except ValueError:
            return value
    return value


def _stand_in_leaf(value: Any, schema: Schema) -> Any:
    if isinstance(value, str) and is_unlimited_number(schema) and non_finite(value) is not None:
        return 0.0
    if isinstance(value, str) and schema.get("format") == "decimal" and FORMATS["decimal"](value):
        number = float(value)
        return number if math.isfinite(number) else value
    return value


def _mapped(value: Any, schema: Schema, root: Schema, leaf: Callable[[Any, Schema], Any]) -> Any:
    """`value` with `leaf` of whatever is no container in it; `schema` is plain."""
    if isinstance(value, list) and schema.get("type") == "array":
        named = len(schema.get("prefixItems", ()))
        first = [_mapped(item, plain(item_of(schema, at), root), root, leaf) for at, item in enumerate(value[:named])]
        others = plain(item_of(schema, named), root)  # once, as there may be a million
        return first + [_mapped(item, others, root, leaf) for item in value[named:]]
    if isinstance(value, dict) and schema.get("type") == "object":
        known = schema.get("properties", {})
        other = schema.get("additionalProperties")
        rest = other if isinstance(other, dict) else {}
        return {key: _mapped(item, plain(known.get(key, rest), root), root, leaf) for key, item in value.items()}
    return leaf(value, schema)
