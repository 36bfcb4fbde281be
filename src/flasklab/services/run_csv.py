"""Runs as CSV, a row per run, made while it is sent.

A text that a spreadsheet would read as a formula stands behind an apostrophe, which spreadsheets do not show; so does a
text that begins with apostrophes before such a sign, so that taking one away always gives back what the run has.
"""

from __future__ import annotations

import csv
import io
import math
import re
from datetime import datetime
from typing import TYPE_CHECKING

from flasklab.runs.json import encode
from flasklab.runs.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from flasklab.services.run_cells import Cell

_ROWS = 500  # of one piece
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def runs_csv(rows: Iterable[Mapping[str, Cell]], columns: Collection[str]) -> Iterator[bytes]:
    """The columns' names and a line per row, in pieces."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([safe_text(name) for name in columns])
    for count, row in enumerate(rows, start=1):
        writer.writerow([cell_text(row.get(name)) for name in columns])
        if count % _ROWS == 0:
            yield _taken(text)
    yield _taken(text)


def cell_text(cell: Cell) -> str:
    """A cell as it stands in the file: "" for nothing, numbers as Python reads them back, JSON for what is nested."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case float():
            return repr(cell) if math.isfinite(cell) else encode(cell).decode().strip('"')
        case str():
            return safe_text(cell)
        case datetime():
            return rfc3339(cell)
        case _:
            return encode(cell).decode()


def safe_text(text: str) -> str:
    """`text` so that no spreadsheet calculates it."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain_text(text: str) -> str:
    """What `safe_text` was made of."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _taken(text: io.StringIO) -> bytes:
    taken = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return taken
