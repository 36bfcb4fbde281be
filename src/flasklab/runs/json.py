"""JSON that keeps what Python means: non-finite numbers become strings, so every answer is valid JSON."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import msgspec

# A value that JSON can hold; recursive aliases do not survive every tool, so containers hold Any.
Json: TypeAlias = bool | int | float | str | list[Any] | dict[str, Any] | None

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def finite(value: Any) -> Any:
    """`value` with NaN and infinities, at any depth, as the strings "NaN", "Infinity", "-Infinity"."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


def non_finite(text: str) -> float | None:
    """The number that "NaN", "Infinity" or "-Infinity" stands for, or None for any other text."""
    return _NON_FINITE.get(text)


def encode(value: Any) -> bytes:
    """`value` (dicts, lists, dataclasses, datetimes, ...) as UTF-8 JSON; non-finite numbers as strings.

    Lone surrogates, as in the names of files that are not UTF-8, become question marks.
    """
    plain = finite(value)
    try:
        return msgspec.json.encode(plain)
    except UnicodeEncodeError:
        return msgspec.json.encode(_without_surrogates(msgspec.to_builtins(plain)))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value


def decode(data: bytes | str) -> Any:
    """The value of a JSON text.

    Raises:
        msgspec.DecodeError: it is not JSON.
    """
    return msgspec.json.decode(data)
