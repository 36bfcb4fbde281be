"""What a name of a search stands for, and its comparisons in SQL: a metric, a field of the run, its tags.

Values within JSON are in `search_json`.
"""

from __future__ import annotations

from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Text, cast, exists, false, or_, true, type_coerce

from flasklab.search.expressions import Moment, Operator, Span
from flasklab.search.fields import FieldKind
from flasklab.store.tables import Real, metric_summaries, runs
from flasklab.store.value_rows import as_number

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from flasklab.search.expressions import Value
    from flasklab.search.fields import Field

_AGGREGATES = {"last": "last", "min": "min", "max": "max", "mean": "mean", "count": "total", "step": "step"}


class Operand(Protocol):
    """One thing that a name may stand for; each condition is true or false of a run, never unknown."""

    def there(self) -> ColumnElement[bool]:
        """The run has it."""

    def equals(self, value: Value) -> ColumnElement[bool]:
        """It is this value."""

    def ordered(self, operator: Operator, value: Value) -> ColumnElement[bool]:
        """It is of the value's type, and less or more."""

    def contains(self, text: str) -> ColumnElement[bool]:
        """It is a text that contains this one, in any case of the letters a-z, or a list of which one does."""

    def has_element(self, value: Value) -> ColumnElement[bool]:
        """It is a list that has this value."""


def sure(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition, and false where it is unknown."""
    return condition.is_(true())


def less_or_more(one: ColumnElement[Any], operator: Operator, other: Any) -> ColumnElement[bool]:
    """The comparison of two values that have an order."""
    signs = {Operator.LESS: lt, Operator.AT_MOST: le, Operator.MORE: gt, Operator.AT_LEAST: ge}
    found: ColumnElement[bool] = signs[operator](one, other)
    return found


def number_of(value: Value) -> float | None:
    """A value as the number that columns are compared with; None where it is none."""
    if isinstance(value, (Span, Moment)):
        return value.seconds
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else as_number(value)


class MetricOperand:
    """One number of a metric's summary."""

    def __init__(self, key: str, aggregate: str) -> None:
        self.key = key
        self.column = metric_summaries.c[_AGGREGATES[aggregate]]

    @classmethod
    def of(cls, path: tuple[str, ...]) -> MetricOperand:
        """Of a name such as `loss`, `val/loss`, `loss.min`; the last value where it says no other."""
        if len(path) > 1 and path[-1] in _AGGREGATES:
            return cls(".".join(path[:-1]), path[-1])
        return cls(".".join(path), "last")

    def there(self) -> ColumnElement[bool]:
        """See Operand."""
        return self._with(true())

    def equals(self, value: Value) -> ColumnElement[bool]:
        """See Operand."""
        number = None if isinstance(value, (Span, Moment)) else number_of(value)
        return false() if number is None else self._with(self.column == number)

    def ordered(self, operator: Operator, value: Value) -> ColumnElement[bool]:
        """See Operand."""
        number = None if isinstance(value, (Span, Moment)) else number_of(value)
        return false() if number is None else self._with(less_or_more(self.column, operator, number))

    def contains(self, text: str) -> ColumnElement[bool]:  # noqa: ARG002 - see Operand
        """See Operand."""
        return false()

    def has_element(self, value: Value) -> ColumnElement[bool]:  # noqa: ARG002 - see Operand
        """See Operand."""
        return false()

    def _with(self, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        of_run = metric_summaries.c.run_number == runs.c.number
        return exists().where(of_run, metric_summaries.c.key == self.key, condition).correlate(runs)


class FieldOperand:
    """A column of the run's row; one that is NULL is None.

    Args:
        column: what is compared
        is_text: whether it is a text, else a number
    """

    def __init__(self, column: ColumnElement[Any], *, is_text: bool) -> None:
        self.column = column
        self._is_text = is_text

    def there(self) -> ColumnElement[bool]:
        """See Operand."""
        return true()

    def equals(self, value: Value) -> ColumnElement[bool]:
        """See Operand."""
        found = self._fitting(value)
        return self.column.is_(None) if found is None else sure(self.column == found)

    def ordered(self, operator: Operator, value: Value) -> ColumnElement[bool]:
        """See Operand."""
        return sure(less_or_more(self.column, operator, self._fitting(value)))

    def contains(self, text: str) -> ColumnElement[bool]:
        """See Operand."""
        return sure(self.column.icontains(text, autoescape=True)) if self._is_text else false()

    def has_element(self, value: Value) -> ColumnElement[bool]:  # noqa: ARG002 - see Operand
        """See Operand."""
        return false()

    def _fitting(self, value: Value) -> Any:
        if isinstance(value, bool):
            return int(value)
        return value if self._is_text or value is None else number_of(value)


# Where a search goes by an index is decided in `run_search`: `+ 0` and `|| ''` keep SQLite from choosing one here.
_STORED: dict[str, ColumnElement[Any]] = {
    "number": runs.c.number + 0,
    "id": type_coerce(runs.c.id, Text()).concat(""),
    "experiment": type_coerce(runs.c.experiment, Text()).concat(""),
    "state": type_coerce(runs.c.state, Text()).concat(""),
    "created": type_coerce(runs.c.created_at, Real),
    "started": type_coerce(runs.c.started_at, Real),
    "finished": type_coerce(runs.c.finished_at, Real),
    "took": type_coerce(runs.c.finished_at, Real) - type_coerce(runs.c.started_at, Real),
    "by": type_coerce(runs.c.created_by, Text),
    "note": type_coerce(runs.c.note, Text),
    "seed": cast(runs.c.seed, Real),
    "attempt": runs.c.attempt,
    "pinned": runs.c.pinned,
}


def stored_field(field: Field) -> ColumnElement[Any] | None:
    """The column of a field; None where it lies within JSON."""
    return _STORED.get(field.name)


def field_operand(field: Field, column: ColumnElement[Any], dialect: str) -> FieldOperand:
    """A field of the run's row."""
    is_text = field.kind in (FieldKind.TEXT, FieldKind.STATE)
    # The order of code points, as SQLite has it.
    return FieldOperand(column.collate("C") if is_text and dialect == "postgresql" else column, is_text=is_text)


def mentions(text: str) -> ColumnElement[bool]:
    """The run's number, id, experiment, note, tags or parameters contain a text."""
    columns = (runs.c.id, runs.c.experiment, runs.c.note, runs.c.tags, runs.c.params)
    found = [type_coerce(column, Text).icontains(text, autoescape=True) for column in columns]
    number = text.removeprefix("#")
    if number.isdecimal() and len(number) < 19:
        found.append(runs.c.number == int(number))
    return or_(*found)
