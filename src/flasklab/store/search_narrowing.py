"""Runs that an index finds for one comparison of a search: all that are meant, and perhaps a few more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select, union_all

from flasklab.runs.json import non_finite
from flasklab.search.expressions import Comparison, Moment, OneOf, Operator, Source, Span
from flasklab.search.fields import find_field
from flasklab.store.search_operands import MetricOperand, less_or_more, number_of
from flasklab.store.tables import metric_summaries, run_values
from flasklab.store.value_rows import LONGEST, ValueKind, ValueSource, cut

if TYPE_CHECKING:
    from typing import TypeAlias

    from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select

    from flasklab.search.expressions import Expression, Name, Value
    from flasklab.store.search_sql import Searched

    Numbers: TypeAlias = Select[tuple[int]] | CompoundSelect[tuple[int]]

_SOURCES = {Source.PARAMS: ValueSource.PARAMS, Source.OUTPUT: ValueSource.OUTPUT}
_ORDERED = (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST)


def narrowing(expression: Expression, searched: Searched) -> Numbers | None:
    """The numbers of runs of which the expression may be true; None where no index knows them."""
    if not isinstance(expression, (Comparison, OneOf)) or find_field(expression.name.path) is not None:
        return None
    name = expression.name
    sources = searched.sources(name) if name.source is None else frozenset({name.source})
    if len(sources) != 1:
        return None
    operator = expression.operator if isinstance(expression, Comparison) else Operator.EQUAL
    values = (expression.value,) if isinstance(expression, Comparison) else expression.values
    (source,) = sources
    if source is Source.METRICS:
        return _by_metric(MetricOperand.of(name.path), operator, values)
    return _by_values(_SOURCES[source], name, operator, values) if source in _SOURCES else None


def _by_metric(metric: MetricOperand, operator: Operator, values: tuple[Value, ...]) -> Numbers | None:
    if metric.column is not metric_summaries.c.last:
        return None
    numbers = [None if isinstance(value, (Span, Moment)) else number_of(value) for value in values]
    condition: ColumnElement[bool]
    if operator is Operator.EQUAL:
        condition = metric_summaries.c.last.in_([number for number in numbers if number is not None])
    elif operator in _ORDERED and numbers[0] is not None:
        condition = less_or_more(metric_summaries.c.last, operator, numbers[0])
    else:
        return None
    return select(metric_summaries.c.run_number).where(metric_summaries.c.key == metric.key, condition)


def _by_values(source: ValueSource, name: Name, operator: Operator, values: tuple[Value, ...]) -> Numbers | None:
    alternatives = [_kept(operator, value) for value in values]
    known = [one for one in alternatives if one is not None]
    dotted = ".".join(name.path)
    if len(known) < len(alternatives) or len(dotted) >= LONGEST:
        return None
    more = and_(run_values.c.name == "", run_values.c.kind == ValueKind.MORE)
    named = (and_(run_values.c.name == dotted, one) for one in known)
    # Not joined by OR, for which SQLite would read all values of the source.
    return union_all(
        *(select(run_values.c.run_number).where(run_values.c.source == source, one) for one in (*named, more))
    )


def _kept(operator: Operator, value: Value) -> ColumnElement[bool] | None:
    """The rows of a value, or of those that are less or more; None where the rows cannot tell."""
    columns = run_values.c
    value = value.text if isinstance(value, (Span, Moment)) else value
    number = number_of(value)
    if operator is Operator.EQUAL:
        if value is None:
            return columns.kind == ValueKind.NONE
        if isinstance(value, bool):
            return and_(columns.kind == ValueKind.FLAG, columns.number == float(value))
        if number is not None:
            return and_(columns.kind == ValueKind.NUMBER, columns.number == number)
        text = str(value)
        return None if non_finite(text) is not None else and_(columns.kind == ValueKind.TEXT, columns.text == cut(text))
    if operator in _ORDERED and number is not None:
        return and_(columns.kind == ValueKind.NUMBER, less_or_more(columns.number, operator, number))
    return None


def counted(connection: Connection, numbers: Numbers, most: int) -> int:
    """How many runs a narrowing leaves, counted no further than `most`."""
    return int(connection.execute(select(func.count()).select_from(numbers.limit(most).subquery())).scalar_one())
