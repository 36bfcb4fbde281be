"""What commands print with: colours, tables and progress where a terminal is there, plain text where not."""

from __future__ import annotations

import math
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from flasklab.runs.json import encode

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from flasklab.runs.state import RunState

# Wide enough that nothing is ever cut or wrapped where no terminal is there.
_UNLIMITED = 100_000

_COLORS = {
    "queued": "yellow",
    "running": "cyan",
    "succeeded": "green",
    "failed": "red",
    "canceled": "dim",
    "timed_out": "red",
    "lost": "red",
}


def console(*, err: bool = False) -> Console:
    """A console on standard output (or error) that never cuts a line for a pipe."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() else _UNLIMITED
    return Console(stderr=err, width=width, highlight=False, markup=False, emoji=False, soft_wrap=True)


def table(*headings: str) -> Table:
    """A table without lines; columns whose heading ends with ">" are set flush right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for heading in headings:
        right = heading.endswith(">")
        made.add_column(heading.rstrip(">"), justify="right" if right else "left", overflow="fold")
    return made


def state_text(state: RunState) -> Text:
    """A state in its colour."""
    from rich.text import Text

    return Text(state.value.replace("_", " "), style=_COLORS[state.value])


def print_json(value: Any) -> None:
    """Print JSON values: indented for people, one line of UTF-8 for programs."""
    import msgspec

    data = encode(value)
    click.echo(msgspec.json.format(data, indent=2 if sys.stdout.isatty() else 0).decode())


def number_text(value: float) -> str:
    """A measured number as people read it: six digits, no trailing zeros."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"


def time_text(at: datetime | None) -> str:
    """A moment in this machine's time zone, to the second."""
    return "" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def without_password(url: str) -> str:
    """A database's address that may be shown."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)
