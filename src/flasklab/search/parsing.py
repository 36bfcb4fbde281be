"""From what was typed to an expression: recursive descent over the tokens.

query      = [ either ]
either     = all { "or" all }
all        = one { [ "and" ] one }
one        = "not" one | "(" either ")" | "has" name | value "in" name | name test | word | text
test       = operator value | [ "not" ] "in" "(" value { "," value } ")" | "is" [ "not" ] value
name       = word { "." word }
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flasklab.runs.state import RunState
from flasklab.search.errors import QueryError, nearest
from flasklab.search.expressions import (
    And,
    Comparison,
    Has,
    Mentions,
    Name,
    Not,
    OneOf,
    Operator,
    Or,
    Source,
    Span,
    Within,
)
from flasklab.search.fields import FIELDS, FieldKind, find_field
from flasklab.search.fitting import fitted, moment
from flasklab.search.tokens import Kind, Token, tokens

if TYPE_CHECKING:
    from flasklab.search.expressions import Expression, Value
    from flasklab.search.fields import Field

KEYWORDS = ("and", "or", "not", "in", "is", "has", "true", "false", "none", "null")
"""Words of the language itself, in any case of letters."""

_MOST_DEEP = 50
_MOST_TERMS = 300
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "none": None, "null": None}
_BINDING = ("and", "or", "in", "is")  # nothing begins with these
_OPERATORS = {operator.value: operator for operator in Operator} | {"=": Operator.EQUAL}
_STATES = {state.value: state for state in RunState}
_STATE = Name(("state",), Source.RUN)
_SOURCES = {source.value: source for source in Source}
_EXPECTED = "a name, a text or ("


def parse(query: str, now: float | None = None) -> Expression | None:
    """The expression that was typed; None for an empty one.

    Args:
        query: what was typed
        now: Unix seconds from which `-7d` counts; the present when not given

    Raises:
        QueryError: it cannot be understood; says where and what was expected.
    """
    return _Parser(query, time.time() if now is None else now).whole()


def parse_name(text: str) -> Name:
    """The name that was typed, alone.

    Raises:
        QueryError: it is none.
    """
    return _Parser(text, 0.0).name_alone()


def in_state(state: RunState) -> Comparison:
    """`state == ...`."""
    return Comparison(_STATE, Operator.EQUAL, state.value)


def of_experiment(name: str) -> Comparison:
    """`experiment == ...`."""
    return Comparison(Name(("experiment",), Source.RUN), Operator.EQUAL, name)


class _Parser:
    def __init__(self, query: str, now: float) -> None:
        self._query = query
        self._now = now
        self._tokens = tokens(query)
        self._next = 0
        self._depth = 0
        self._terms = 0

    def whole(self) -> Expression | None:
        if self._ends():
            return None
        found = self._either()
        if not self._ends():
            raise self._error(f"{self._token.text} closes nothing." if self._is(")") else self._expected("and or or"))
        return found

    def name_alone(self) -> Name:
        if self._token.kind is not Kind.WORD:
            raise self._error(self._expected("a name"))
        found = self._name()
        if not self._ends():
            raise self._error(self._expected("nothing after the name"))
        return found

    # Expressions

    def _either(self) -> Expression:
        self._depth += 1
        if self._depth > _MOST_DEEP:
            raise self._error(f"More than {_MOST_DEEP} parentheses and nots within one another are too many.")
        parts = [self._all()]
        while self._takes_word("or"):
            parts.append(self._all())
        self._depth -= 1
        return Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def _all(self) -> Expression:
        parts: list[Expression] = []
        named: Token | None = None  # a state that stands alone
        while True:
            first = self._token
            part = self._one()
            if isinstance(part, Comparison) and part.name is _STATE:
                if named is not None and named.text != first.text:
                    both = f"{named.text} or {first.text}"
                    raise QueryError(
                        self._query, first.at, f"A run is in one state only: write {both}.", len(first.text)
                    )
                named = first
            parts.append(part)
            if not self._takes_word("and") and (self._ends() or self._is(")") or self._is_word("or")):
                return And(tuple(parts)) if len(parts) > 1 else parts[0]

    def _one(self) -> Expression:
        self._terms += 1
        if self._terms > _MOST_TERMS:
            raise self._error(f"A search may have {_MOST_TERMS} terms.")
        token = self._token
        if self._takes_word("not"):
            self._depth += 1
            if self._depth > _MOST_DEEP:
                raise self._error(f"More than {_MOST_DEEP} parentheses and nots within one another are too many.")
            found = Not(self._one())
            self._depth -= 1
            return found
        if self._takes("("):
            inner = self._either()
            if not self._takes(")"):
                raise QueryError(self._query, token.at, f"This ( is not closed: {self._expected(')')}")
            return inner
        if self._is_word("has") and self._tokens[self._next + 1].kind is Kind.WORD:
            self._next += 1
            return Has(self._name())
        if token.kind is Kind.WORD:
            return self._named()
        return self._alone(token)

    def _named(self) -> Expression:
        """What begins with a name, or with a word that stands alone."""
        first = self._token
        if not first.quoted and first.text.lower() in _BINDING:
            raise self._error(self._expected(_EXPECTED))
        name = self._name()
        written = self._query[first.at : self._tokens[self._next - 1].end]
        if self._operator is not None:
            return self._comparison(name, first)
        if self._takes_word("is"):
            negated = self._takes_word("not")
            return self._compared(name, Operator.UNEQUAL if negated else Operator.EQUAL, first)
        if self._is_word("not") and self._is_word("in", 1):
            self._next += 1
            return Not(self._one_of(name))
        if self._is_word("in"):
            return self._one_of(name) if self._is("(", 1) else self._within(written)
        if written in _STATES and not first.quoted:
            return Comparison(_STATE, Operator.EQUAL, written)
        return Mentions(self._written(first))

    def _alone(self, token: Token) -> Expression:
        """What begins with a value."""
        if token.kind in (Kind.END, Kind.SIGN):
            raise self._error(self._expected(_EXPECTED))
        self._next += 1
        if self._is_word("in"):
            return self._within(self._plain(token))
        if self._operator is not None:
            raise QueryError(
                self._query, token.at, f"Put the name first, the value after it: name {self._token.text} {token.text}."
            )
        return Mentions(str(token.value) if token.kind is Kind.TEXT else self._written(token))

    def _written(self, first: Token) -> str:
        """A word that stands alone, as it was typed up to the next blank or sign."""
        while self._token.at == self._tokens[self._next - 1].end and self._token.kind not in (Kind.END, Kind.TEXT):
            if self._token.kind is Kind.SIGN and self._token.text != ".":
                break
            self._next += 1
        return self._query[first.at : self._tokens[self._next - 1].end]

    # Tests of a name

    def _comparison(self, name: Name, first: Token) -> Expression:
        operator = self._operator
        assert operator is not None  # noqa: S101 - the caller has looked
        self._next += 1
        return self._compared(name, operator, first)

    def _compared(self, name: Name, operator: Operator, first: Token) -> Expression:
        field = self._field(name)
        token = self._token
        value = self._value(f"{name} {operator.value}")
        if field is not None:
            value = fitted(field, name, operator, value, self._query, token, self._now)
            if field.kind is FieldKind.TAGS and operator in (Operator.EQUAL, Operator.UNEQUAL):
                within = Within(value, Name(("tags",), Source.RUN))
                return within if operator is Operator.EQUAL else Not(within)
        elif operator in (Operator.CONTAINS, Operator.LACKS) and not isinstance(value, str):
            value = token.text
        if value is None and operator not in (Operator.EQUAL, Operator.UNEQUAL):
            raise QueryError(self._query, first.at, f"None is neither more nor less: write {name} == None, or != None.")
        return Comparison(name, operator, value)

    def _one_of(self, name: Name) -> Expression:
        self._next += 1
        opened = self._token
        if not self._takes("("):
            raise self._error(self._expected(f'( and values: {name} in ("a", "b")'))
        field = self._field(name)
        values: list[Value] = []
        while True:
            token = self._token
            value = self._value(f"{name} in (")
            if field is not None:
                value = fitted(field, name, Operator.EQUAL, value, self._query, token, self._now)
            values.append(value)
            if self._takes(")"):
                break
            if not self._takes(","):
                where = opened if self._ends() else self._token
                raise QueryError(self._query, where.at, self._expected(", or )"))
        self._terms += len(values) - 1
        if field is not None and field.kind is FieldKind.TAGS:
            one = tuple(Within(value, Name(("tags",), Source.RUN)) for value in values)
            return Or(one) if len(one) > 1 else one[0]
        return OneOf(name, tuple(values))

    def _within(self, value: Value) -> Expression:
        self._next += 1
        if self._token.kind is not Kind.WORD:
            raise self._error(self._expected("a name that has several values, such as tags"))
        at = self._token
        name = self._name()
        field = self._field(name)
        if field is not None:
            if field.kind is not FieldKind.TAGS:
                raise QueryError(self._query, at.at, f"{name} is one value, no list: compare it with ==.", len(at.text))
            return Within(str(value), Name(("tags",), Source.RUN))
        return Within(value, name)

    # Names and values

    def _name(self) -> Name:
        path = [str(self._token.value)]
        first = self._token
        self._next += 1
        while self._is(".") and self._token.at == self._tokens[self._next - 1].end:
            dot = self._token
            self._next += 1
            following = self._token
            if following.kind not in (Kind.WORD, Kind.NUMBER, Kind.LOOSE) or following.at != dot.end:
                raise self._error(self._expected("the rest of the name after ."))
            path.append(str(following.value) if following.kind is Kind.WORD else following.text)
            self._next += 1
        source = None if first.quoted else _SOURCES.get(path[0])
        if source is None or len(path) == 1:
            return Name(tuple(path))
        name = Name(tuple(path[1:]), source)
        if source is Source.RUN and find_field(name.path) is None:
            known = ", ".join(FIELDS)
            what = f"A run has no {'.'.join(name.path)}.{nearest('.'.join(name.path), FIELDS)} It has: {known}."
            raise QueryError(self._query, first.at, what, self._tokens[self._next - 1].end - first.at)
        return name

    @staticmethod
    def _field(name: Name) -> Field | None:
        return find_field(name.path) if name.source in (None, Source.RUN) else None

    def _value(self, after: str) -> Value:
        token = self._token
        if token.kind in (Kind.END, Kind.SIGN):
            raise self._error(self._expected(f"a value after {after}"))
        if token.kind is Kind.WORD and not token.quoted:
            lower = token.text.lower()
            if lower in _CONSTANTS:
                self._next += 1
                return _CONSTANTS[lower]
            if lower in KEYWORDS:
                raise self._error(self._expected(f"a value after {after}"))
            self._name()  # a text without quotes, dots included
            return self._query[token.at : self._tokens[self._next - 1].end]
        self._next += 1
        return self._plain(token)

    def _plain(self, token: Token) -> Value:
        if token.kind is Kind.SPAN:
            return Span(float(token.value), token.text)
        if token.kind is Kind.MOMENT:
            found = moment(token.text, self._now)
            if found is None:
                raise QueryError(self._query, token.at, "There is no such date.", len(token.text))
            return found
        return token.value

    # Tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _ends(self) -> bool:
        return self._token.kind is Kind.END

    @property
    def _operator(self) -> Operator | None:
        return _OPERATORS.get(self._token.text) if self._token.kind is Kind.SIGN else None

    def _is(self, sign: str, further: int = 0) -> bool:
        token = self._tokens[min(self._next + further, len(self._tokens) - 1)]
        return token.kind is Kind.SIGN and token.text == sign

    def _is_word(self, word: str, further: int = 0) -> bool:
        token = self._tokens[min(self._next + further, len(self._tokens) - 1)]
        return token.kind is Kind.WORD and not token.quoted and token.text.lower() == word

    def _takes(self, sign: str) -> bool:
        taken = self._is(sign)
        self._next += taken
        return taken

    def _takes_word(self, word: str) -> bool:
        taken = self._is_word(word)
        self._next += taken
        return taken

    def _expected(self, what: str) -> str:
        found = self._token
        return f"Expected {what}, found {found.text or 'the end'}."

    def _error(self, what: str) -> QueryError:
        return QueryError(self._query, self._token.at, what, max(1, len(self._token.text)))
