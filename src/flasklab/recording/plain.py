"""What any Python value is in plain JSON.

Experiments hand over NumPy scalars, enums, dataclasses, models and text that no encoder takes; here each
becomes a number, a text, a list or a dict, and nothing raises.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import os
import sys
import uuid
from collections.abc import Mapping, Set
from typing import Any, Final

from flasklab.runs.json import Json, finite

MISSING: Final = object()  # "this is no such thing", where None is a value
MAX_DEPTH = 32  # deeper nesting, and so every circle, ends in a repr
MAX_REPR = 1_000  # characters of an object that JSON cannot hold
_LARGEST = 2**63  # JSON integers beyond 64 bits become text, so that every reader takes them


def printable(text: str) -> str:
    """`text` as UTF-8 can hold it: lone surrogates as their escapes."""
    if text.isascii():
        return str.__str__(text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def shortened(text: str, limit: int) -> str:
    """`text`, cut to `limit` characters with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def described(value: object, limit: int = MAX_REPR) -> str:
    """`repr(value)`, cut to `limit` characters; never raises, whatever its `__repr__` does."""
    try:
        return printable(shortened(repr(value), limit))
    except (Exception, SystemExit):  # the author's __repr__ may raise anything
        return f"<{type(value).__name__} object whose repr fails>"


def scalar(value: Any) -> Any:
    """`value` as None, bool, int, float or text (NaN as "NaN"), or `MISSING` if it is no scalar."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, enum.Enum):
        return scalar(value.value)
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, int):
        return int(value) if -_LARGEST <= value < _LARGEST else _digits(value)
    if isinstance(value, float):
        return finite(float(value))
    if isinstance(value, (decimal.Decimal, fractions.Fraction)):
        return finite(float(value))
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return str(value) if type(value).__name__ == "NaTType" else value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (uuid.UUID, complex)):
        return str(value)
    if isinstance(value, os.PathLike):
        return printable(os.fsdecode(value))
    return _unwrapped(value)


def _digits(value: int) -> str:
    try:
        return str(int(value))
    except ValueError:  # more digits than Python writes in decimal
        return hex(value)


def _unwrapped(value: Any) -> Any:
    """A NumPy or torch scalar, or an array without dimensions, as the Python scalar in it."""
    if getattr(value, "shape", None) != () or not callable(getattr(value, "item", None)):
        return MISSING
    inner = value.item()
    return MISSING if type(inner) is type(value) else scalar(inner)


def members(value: Any) -> dict[str, Any] | list[Any] | None:
    """What a container holds, one level deep: a dict by name, a list by position; None for no container."""
    if isinstance(value, Mapping):
        return {_name(key): item for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {str(key): item for key, item in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, Set):
        try:
            return sorted(value)
        except TypeError:
            return sorted(value, key=described)
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and isinstance(value, pydantic.BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    fields = getattr(value, "__struct_fields__", None)  # msgspec's Struct
    return {name: getattr(value, name) for name in fields} if isinstance(fields, tuple) else None


def _name(key: object) -> str:
    if isinstance(key, str):
        return printable(key)
    plain = scalar(key)
    return described(key) if plain is MISSING else str(plain)


def as_json(value: Any, depth: int = 0) -> Json:
    """`value` as JSON at any depth; what JSON cannot hold is its repr. Never raises."""
    try:
        plain = scalar(value)
        if plain is not MISSING:
            return plain  # type: ignore[no-any-return]  # scalar returns Json or MISSING
        held = members(value) if depth < MAX_DEPTH else None
    except Exception:  # an author's class may raise from anything
        held = None
    if isinstance(held, dict):
        return {key: as_json(item, depth + 1) for key, item in held.items()}
    if isinstance(held, list):
        return [as_json(item, depth + 1) for item in held]
    return described(value)
