"""From an expression of the search language to a condition in SQL, with every value bound.

Each comparison becomes one that is true or false, never unknown, on SQLite and PostgreSQL alike: texts are compared by
their code points, numbers as 64-bit floats, and what has another type is unequal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, false, not_, or_

from flasklab.search.expressions import (
    And,
    Comparison,
    Has,
    Mentions,
    Not,
    OneOf,
    Operator,
    Or,
    Source,
    Within,
)
from flasklab.search.fields import find_field
from flasklab.store.search_json import json_operand
from flasklab.store.search_operands import FieldOperand, MetricOperand, field_operand, mentions, stored_field
from flasklab.store.tables import runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from flasklab.search.expressions import Expression, Name, Value
    from flasklab.search.fields import Field
    from flasklab.store.search_operands import Operand


@dataclass(frozen=True, slots=True)
class Searched:
    """Where the names of a search are looked for."""

    dialect: str  # "sqlite" or "postgresql"
    # In which of parameters, metrics and output any run has a name; may name more than there are.
    sources: Callable[[Name], frozenset[Source]]

    def condition(self, expression: Expression) -> ColumnElement[bool]:
        """What is true of the runs that are meant, in terms of the table `runs`."""
        match expression:
            case And(parts):
                return and_(*(self.condition(part) for part in parts))
            case Or(parts):
                return or_(*(self.condition(part) for part in parts))
            case Not(inner):
                return not_(self.condition(inner))
            case Mentions(text):
                return mentions(text)
            case Comparison(name, operator, value):
                return self._first(name, lambda operand: _compared(operand, operator, value))
            case OneOf(name, values):
                return self._first(name, lambda operand: or_(*map(operand.equals, values)))
            case Has(name):
                return self._first(name, lambda operand: operand.there())
            case Within(value, name):
                return self._first(name, lambda operand: operand.has_element(value))

    def operands(self, name: Name) -> list[Operand]:
        """What the name may stand for; the first that a run has counts."""
        found: list[Operand] = []
        sources = self.sources(name) if name.source is None else frozenset({name.source})
        if Source.PARAMS in sources:
            found.append(json_operand(runs.c.params, name.path, self.dialect))
        if Source.METRICS in sources:
            found.append(MetricOperand.of(name.path))
        if Source.OUTPUT in sources:
            found.append(json_operand(runs.c.output, name.path, self.dialect))
            if name.path == ("output",):  # of an output that is no object, the whole
                found.append(json_operand(runs.c.output, (), self.dialect))
        field = find_field(name.path) if name.source in (None, Source.RUN) else None
        return [*found, self._field(field)] if field is not None else found

    def _field(self, field: Field) -> Operand:
        column = stored_field(field)
        if column is not None:
            return field_operand(field, column, self.dialect)
        if field.name == "tags":
            return json_operand(runs.c.tags, (), self.dialect)
        part = json_operand(runs.c.error, ("type" if field.name == "error.type" else "message",), self.dialect)
        return FieldOperand(part.text, is_text=True)  # None of a run without an error

    def _first(self, name: Name, test: Callable[[Operand], ColumnElement[bool]]) -> ColumnElement[bool]:
        """The test of the first of the operands that the run has."""
        found: ColumnElement[bool] | None = None
        for operand in reversed(self.operands(name)):
            mine = test(operand)
            found = mine if found is None else or_(mine, and_(not_(operand.there()), found))
        return false() if found is None else found


def _compared(operand: Operand, operator: Operator, value: Value) -> ColumnElement[bool]:
    match operator:
        case Operator.EQUAL:
            return operand.equals(value)
        case Operator.UNEQUAL:
            return and_(operand.there(), not_(operand.equals(value)))
        case Operator.CONTAINS:
            return operand.contains(str(value))
        case Operator.LACKS:
            return and_(operand.there(), not_(operand.contains(str(value))))
        case _:
            return operand.ordered(operator, value)
