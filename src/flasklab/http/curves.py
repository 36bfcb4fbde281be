"""Curves as bytes: what a chart needs, without the cost of writing and reading a million numbers as text.

    u32 length of the header | header: JSON, padded with spaces so that what follows begins at a multiple of 8 | doubles

The header names the series in their order; each has the columns `steps`, `times` and `values`, and unless it is `whole`
also `low` and `high`, `n` doubles each. Everything is little-endian.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from flasklab.runs.json import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flasklab.runs.metrics import Curve
    from flasklab.services.metric_read import Found

SERIES: Final = "application/vnd.flasklab.series"
_LENGTH = struct.Struct("<I")


def encode_curves(found: Found) -> bytes:
    """The bytes of all curves that were found."""
    header = encode({"cursor": found.cursor, "series": [_described(curve) for curve in found.curves]})
    header += b" " * (-(_LENGTH.size + len(header)) % 8)
    return b"".join((_LENGTH.pack(len(header)), header, *(data for curve in found.curves for data in _columns(curve))))


def _described(curve: Curve) -> dict[str, Any]:
    return {
        "key": curve.key,
        "count": curve.count,
        "n": len(curve.values),
        "whole": curve.low is None,
        "first": curve.first,
        "last": curve.last,
    }


def _columns(curve: Curve) -> Iterator[bytes]:
    for column in (curve.steps, curve.times, curve.values, curve.low, curve.high):
        if column is not None:
            yield column.astype("<f8").tobytes()
