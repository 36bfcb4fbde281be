"""A run as one row of a table: its cells by the name of their column, and what a column holds.

What is nested becomes columns with dots: `params.optimizer.rate`, `output.accuracy`, `metrics.loss`.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from flasklab.runs.json import non_finite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flasklab.runs.run import Run

Cell: TypeAlias = bool | int | float | str | datetime | list[Any] | dict[str, Any] | None


class Kind(IntEnum):
    """What the cells of a column are."""

    EMPTY = 0
    BOOL = 1
    INT = 2
    FLOAT = 3
    TIME = 4
    WORDS = 5  # a list of texts
    TEXT = 6  # texts as they are, everything else as JSON


# The columns that every table has, in their order.
FIXED: Final = {
    "id": Kind.TEXT,
    "number": Kind.INT,
    "experiment": Kind.TEXT,
    "state": Kind.TEXT,
    "created_at": Kind.TIME,
    "started_at": Kind.TIME,
    "finished_at": Kind.TIME,
    "duration_seconds": Kind.FLOAT,
    "created_by": Kind.TEXT,
    "tags": Kind.WORDS,
    "note": Kind.TEXT,
    "seed": Kind.TEXT,  # a Python int has no upper limit
    "error": Kind.TEXT,
}
_GROUPS: Final = ("params", "output", "metrics")  # the order of what follows them
_SPREAD: Final = ("min", "max")
_INT64 = 2**63


def run_cells(run: Run, *, spread: bool = False) -> dict[str, Cell]:
    """A run's cells by column; what it lacks is left out.

    Args:
        run: the run
        spread: whether metrics have their least and greatest value beside the last one
    """
    cells: dict[str, Cell] = {
        "id": run.id,
        "number": run.number,
        "experiment": run.experiment,
        "state": run.state.value,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "duration_seconds": run.duration_seconds,
        "created_by": run.created_by,
        "tags": list(run.tags),
        "note": run.note,
        "seed": None if run.seed is None else str(run.seed),
        "error": None if run.error is None else run.error.sentence,
    }
    cells.update(_leaves("params", dict(run.params)))
    if run.output is not None:
        cells.update(_leaves("output", run.output))
    for key, summary in run.metrics.items():
        cells[f"metrics.{key}"] = summary.last
        if spread:
            cells |= {f"metrics.{key}.{name}": getattr(summary, name) for name in _SPREAD}
    return cells


def found_columns(rows: Iterable[Mapping[str, Cell]]) -> dict[str, Kind]:
    """The columns of a table of these rows, in their order, with what they hold."""
    found = dict(FIXED)
    for row in rows:
        for name, cell in row.items():
            if name not in FIXED:
                found[name] = _joined(found.get(name, Kind.EMPTY), _kind(cell))
    made = sorted((name for name in found if name not in FIXED), key=_place)
    return {name: found[name] for name in (*FIXED, *made)}


def _place(name: str) -> tuple[int, str]:
    return _GROUPS.index(name.partition(".")[0]), name


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Cell]]:
    if isinstance(value, dict) and value and not {"file", "sha256"} <= value.keys():
        for key, item in value.items():
            if not (isinstance(item, dict) and "$shown" in item):  # a figure is a file of the run
                yield from _leaves(f"{name}.{key}", item)
    elif not (isinstance(value, dict) and name in _GROUPS):  # no parameters are no column
        number = non_finite(value) if isinstance(value, str) else None
        yield name, value if number is None else number


def _kind(cell: Cell) -> Kind:
    match cell:
        case None:
            return Kind.EMPTY
        case bool():
            return Kind.BOOL
        case int():
            return Kind.INT if -_INT64 <= cell < _INT64 else Kind.TEXT
        case float():
            return Kind.FLOAT
        case datetime():
            return Kind.TIME
        case _:
            return Kind.TEXT


def _joined(one: Kind, other: Kind) -> Kind:
    if Kind.EMPTY in (one, other) or one is other:
        return max(one, other)
    return Kind.FLOAT if {one, other} == {Kind.INT, Kind.FLOAT} else Kind.TEXT
