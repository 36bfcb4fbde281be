"""Which values are numbers to log: Python's, NumPy's, torch's and whatever else converts itself."""

from __future__ import annotations

import operator
import sys
from typing import Any

PLAIN: set[type] = {float, int, bool}  # types that pack as they are; NumPy's join when they are first met
_LARGEST_STEP = 2**63


def as_number(value: Any) -> float | None:
    """`value` as a float, or None if it is no single real number.

    NaN and infinities are numbers; bools are 0 and 1; arrays and tensors count if they hold one element.
    Text is none, even "0.5": it is more likely a mistake.
    """
    if type(value) in PLAIN:
        return _float(value)
    if isinstance(value, (str, bytes, bytearray, complex)) or value is None:
        return None
    if getattr(getattr(value, "dtype", None), "kind", "f") == "c":
        return None
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.floating, numpy.integer, numpy.bool_)):
        number = _float(value)
        if number is not None:  # timedelta64 is an integer to NumPy
            PLAIN.add(type(value))
        return number
    item = getattr(value, "item", None)
    if callable(item):
        try:
            inner = item()
        except Exception:  # an array of many elements, or anything else
            return None
        if type(inner) is not type(value):
            return as_number(inner)
    return _float(value)


def _float(value: Any) -> float | None:
    try:
        return float(value)
    except Exception:  # a __float__ of the author's may raise anything
        return None


def as_step(value: Any) -> int | None:
    """`value` as a step of at most 64 bits, or None if it is no whole number."""
    try:
        step = operator.index(value)
    except Exception:  # an __index__ of the author's may raise anything
        number = as_number(value)
        if number is None or not number.is_integer():
            return None
        step = int(number)
    return step if -_LARGEST_STEP < step < _LARGEST_STEP else None
