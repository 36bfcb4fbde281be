"""Metrics as CSV, a row per point, made while it is sent."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flasklab.runs.metrics import Series

_ROWS = 10_000  # of one piece
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula at a cell's start


def metrics_csv(series: Iterable[Series]) -> Iterator[bytes]:
    """`metric,step,value,time` and a row per point, in pieces; times are Unix seconds."""
    yield b"metric,step,value,time\r\n"
    for one in series:
        key = f"'{one.key}" if one.key.startswith(_FORMULA) else one.key
        for first in range(0, len(one.steps), _ROWS):
            rows = slice(first, first + _ROWS)
            text = io.StringIO()
            columns = zip(one.steps[rows], one.values[rows], one.times[rows], strict=True)
            csv.writer(text).writerows((key, *row) for row in columns)
            yield text.getvalue().encode("utf-8", "replace")
