"""Parameters and outputs as rows that an index finds: one for each single value of a run, under its dotted name.

They narrow a search down; what a run's JSON says decides. So a row may stand for more than it should, never for less:
long texts are cut, and a run with very many values has a row that says so.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, text

from flasklab.runs.json import non_finite
from flasklab.store.prepared import Prepared
from flasklab.store.tables import clean, run_values, runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

LONGEST = 200
"""Characters of a name or a text that are kept; PostgreSQL's indexes take 2,700 bytes a row."""
_MOST = 500  # rows of one run's parameters, or output
_DEEPEST = 20


class ValueSource(IntEnum):
    """Whose value it is."""

    PARAMS = 0
    OUTPUT = 1


class ValueKind(IntEnum):
    """What a value is, in the order in which runs are sorted by it."""

    NUMBER = 0
    TEXT = 1
    FLAG = 2
    NONE = 3
    NAN = 4
    NESTED = 5  # a list or an object, which is no single value
    MORE = 9  # stands under no name: the run has more values than rows


_INSERT = Prepared(  # a second settlement that says the same as the first adds nothing
    text(
        "INSERT INTO run_values (source, name, kind, number, text, run_number) VALUES "
        "(:the_source, :the_name, :the_kind, :the_number, :the_text, :the_run_number) ON CONFLICT DO NOTHING"
    )
)
_DELETE = Prepared(
    delete(run_values).where(*(column == bindparam(f"the_{column.name}") for column in run_values.columns))
)


def add_values(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Add rows of `value_rows`."""
    if rows:
        _INSERT.many(connection, rows)


def remove_values(connection: Connection, run_number: int) -> None:
    """Remove the rows of a run that is still there itself."""
    run = connection.execute(select(runs.c.params, runs.c.output).where(runs.c.number == run_number)).first()
    if run is None:
        return
    rows = [
        *value_rows(run_number, ValueSource.PARAMS, run.params),
        *value_rows(run_number, ValueSource.OUTPUT, run.output),
    ]
    if rows:
        _DELETE.many(connection, rows)


def value_rows(run_number: int, source: ValueSource, value: Any) -> Iterator[dict[str, Any]]:
    """The rows of a run's parameters or output.

    Args:
        run_number: whose
        source: which of them
        value: JSON; an output that is no object is a value without a name
    """
    seen: set[tuple[Any, ...]] = set()
    for name, item in _leaves("", value, _DEEPEST):
        row = (source, clean(name[:LONGEST]), *_kept(item))
        if row in seen:
            continue
        if len(seen) == _MOST:
            yield _row(run_number, (source, "", ValueKind.MORE, 0.0, ""))
            return
        seen.add(row)
        yield _row(run_number, row)


def _row(run_number: int, row: Iterable[Any]) -> dict[str, Any]:
    names = ("the_source", "the_name", "the_kind", "the_number", "the_text")
    return dict(zip(names, row, strict=True)) | {"the_run_number": run_number}


def _leaves(name: str, value: Any, deeper: int) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict) or deeper == 0:
        if name or value is not None:
            yield name, value
        return
    if name:
        yield name, value
    for key, item in value.items():
        yield from _leaves(f"{name}.{key}" if name else str(key), item, deeper - 1)


def _kept(item: Any) -> tuple[ValueKind, float, str]:
    match item:
        case None:
            return ValueKind.NONE, 0.0, ""
        case bool():
            return ValueKind.FLAG, float(item), ""
        case int() | float():
            number = as_number(item)
            return (ValueKind.NAN, 0.0, "") if number != number else (ValueKind.NUMBER, number, "")
        case str():
            number_meant = non_finite(item)
            if number_meant is not None:
                return _kept(number_meant)
            return ValueKind.TEXT, 0.0, cut(item)
    return ValueKind.NESTED, 0.0, ""


def as_number(value: float) -> float:
    """A number as the column holds it: 64 bits, infinite where it is larger."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def cut(value: str) -> str:
    """A text as the column holds it."""
    return clean(value[:LONGEST])
