"""Values within JSON columns as a search compares them, in each database's own functions.

A number that JSON cannot hold is written as a text ("Infinity"): it is both.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, JSON, Double, Text, and_, case, cast, exists, false, func, literal, or_, type_coerce

from flasklab.search.expressions import Moment, Span
from flasklab.store.search_operands import less_or_more, number_of, sure

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from sqlalchemy import ColumnElement

    from flasklab.search.expressions import Operator, Value

    _Test: TypeAlias = Callable[["JsonOperand"], ColumnElement[bool]]

_INFINITE = {"Infinity": float("inf"), "-Infinity": float("-inf")}
_FITS = 300  # characters of a number that PostgreSQL can make a float of


class JsonOperand(ABC):
    """A value within a JSON column of the table `runs`.

    Attributes:
        kind: of the value, in the database's own words; NULL where there is none
        text: the value, where it is a text
        number: the value, where it is a number; NULL where it is none
        is_text: whether it is a text
        whole: whether the name is that of all of the column, where an object is no value
    """

    kind: ColumnElement[Any]
    text: ColumnElement[Any]
    number: ColumnElement[Any]
    is_text: ColumnElement[bool]
    whole: bool

    def there(self) -> ColumnElement[bool]:
        """See Operand."""
        return sure(self.kind != "object") if self.whole else self.kind.is_not(None)

    def equals(self, value: Value) -> ColumnElement[bool]:
        """See Operand."""
        return sure(self._is(_typed(value)))

    def ordered(self, operator: Operator, value: Value) -> ColumnElement[bool]:
        """See Operand."""
        value = _typed(value)
        number = number_of(value)
        if number is not None:
            return sure(less_or_more(self.number, operator, number))
        if isinstance(value, str):
            return sure(and_(self.is_text, less_or_more(self.text, operator, value)))
        return false()

    def contains(self, text: str) -> ColumnElement[bool]:
        """See Operand."""
        among = and_(self.kind == "array", self._some_element(lambda element: element.text_contains(text)))
        return sure(or_(self.text_contains(text), among))

    def has_element(self, value: Value) -> ColumnElement[bool]:
        """See Operand."""
        return sure(and_(self.kind == "array", self._some_element(lambda element: element.equals(value))))

    def text_contains(self, text: str) -> ColumnElement[bool]:
        """It is a text that contains this one."""
        return and_(self.is_text, self.text.icontains(text, autoescape=True))

    def _is(self, value: Value) -> ColumnElement[bool]:
        if value is None:
            return self.kind == "null"
        if isinstance(value, bool):
            return self._flag(value)
        number = number_of(value)
        return and_(self.is_text, self.text == value) if number is None else self.number == number

    @abstractmethod
    def _flag(self, value: bool) -> ColumnElement[bool]:
        """It is true, or false."""

    @abstractmethod
    def _some_element(self, test: _Test) -> ColumnElement[bool]:
        """One of its elements passes a test."""


class SqliteJson(JsonOperand):
    """With SQLite's JSON functions."""

    def __init__(self, column: ColumnElement[Any], path: tuple[str, ...]) -> None:
        self._column = type_coerce(column, Text)
        # SQLite's paths cannot say a quote: a name with one is found in no run, as if none had it.
        sayable = all('"' not in part for part in path)
        self._path = "$" + "".join(f'."{part}"' for part in path) if sayable else None
        self.whole = not path
        self._read(func.json_type(self._column, self._path), func.json_extract(self._column, self._path))

    def _read(self, kind: ColumnElement[Any], value: ColumnElement[Any]) -> None:
        self.kind, self.text = kind, value
        self.is_text = kind == "text"
        infinite = [(and_(kind == "text", value == text), literal(number)) for text, number in _INFINITE.items()]
        self.number = case((kind.in_(("integer", "real")), value), *infinite)

    def _flag(self, value: bool) -> ColumnElement[bool]:
        return self.kind == ("true" if value else "false")

    def _some_element(self, test: _Test) -> ColumnElement[bool]:
        each = func.json_each(self._column, self._path).table_valued("value", "type")
        element = object.__new__(SqliteJson)
        element._read(each.c.type, each.c.value)
        return exists().select_from(each).where(test(element))


class PostgresJson(JsonOperand):
    """With PostgreSQL's JSON operators."""

    def __init__(self, column: ColumnElement[Any], path: tuple[str, ...]) -> None:
        text = type_coerce(column, Text)
        # A NUL that JSON can say and PostgreSQL's texts cannot hold would end the search.
        readable = case((func.strpos(text, "\\u0000") == 0, cast(text, JSON)))
        self.whole = not path
        self._read(readable, "{" + ",".join(json.dumps(part, ensure_ascii=False) for part in path) + "}")

    def _read(self, value: ColumnElement[Any], path: str) -> None:
        steps = cast(literal(path, Text()), ARRAY(Text()))
        self._value = value.op("#>", return_type=JSON())(steps)
        self.kind = func.json_typeof(self._value)
        self.text = cast(value.op("#>>", return_type=Text())(steps), Text()).collate("C")
        self.is_text = self.kind == "string"
        infinite = [(and_(self.is_text, self.text == text), literal(number)) for text, number in _INFINITE.items()]
        number: ColumnElement[Any] = cast(case((func.length(self.text) <= _FITS, self.text)), Double())
        self.number = case((self.kind == "number", number), *infinite)

    def _flag(self, value: bool) -> ColumnElement[bool]:
        return and_(self.kind == "boolean", self.text == ("true" if value else "false"))

    def _some_element(self, test: _Test) -> ColumnElement[bool]:
        elements = case((self.kind == "array", self._value), else_=cast(literal("[]", Text()), JSON()))
        each = func.json_array_elements(elements).table_valued("value")
        element = object.__new__(PostgresJson)
        element._read(cast(each.c.value, JSON()), "{}")
        return exists().select_from(each).where(test(element))


def json_operand(column: ColumnElement[Any], path: tuple[str, ...], dialect: str) -> JsonOperand:
    """A value within a JSON column, at a path of names; the whole where that is empty."""
    return SqliteJson(column, path) if dialect == "sqlite" else PostgresJson(column, path)


def _typed(value: Value) -> Value:
    """A span or a moment as what was typed: JSON knows no times."""
    return value.text if isinstance(value, (Span, Moment)) else value
