"""What a search means, as frozen values.

Every comparison is true or false of a run, never unknown: of a run that has nothing of the name it is false, whatever
the comparison; `not` turns that around.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator


class Source(StrEnum):
    """Where a name is looked for; a name without one means the first of these in which the run has it."""

    PARAMS = "params"
    METRICS = "metrics"
    OUTPUT = "output"
    RUN = "run"


class Operator(StrEnum):
    """How two values are compared."""

    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    CONTAINS = "~"
    LACKS = "!~"


@dataclass(frozen=True, slots=True)
class Name:
    """What is compared: `lr`, `optimizer.lr`, `metrics.loss.min`, `run.created`."""

    path: tuple[str, ...]  # without the source
    source: Source | None = None  # None: the first in which the run has it

    def __str__(self) -> str:
        return ".".join((*((self.source.value,) if self.source else ()), *self.path))


@dataclass(frozen=True, slots=True)
class Span:
    """How long something took; of a parameter or an output, the text that was typed."""

    seconds: float
    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time; of a parameter or an output, the text that was typed."""

    seconds: float  # Unix time
    text: str


# None is None; a bool is no number.
Value: TypeAlias = bool | int | float | str | Span | Moment | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name == value`."""

    name: Name
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """`name in (value, value)`."""

    name: Name
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Has:
    """`has name`: the run has something of that name."""

    name: Name


@dataclass(frozen=True, slots=True)
class Within:
    """`value in name`: one of the run's tags, or an element of a list."""

    value: Value
    name: Name


@dataclass(frozen=True, slots=True)
class Mentions:
    """A word or text alone: the run's number, id, experiment, note, tags or parameters contain it."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """`not expression`."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Comparison | OneOf | Has | Within | Mentions | Not | And | Or


def conjuncts(expression: Expression | None) -> tuple[Expression, ...]:
    """The expressions all of which must be true."""
    if expression is None:
        return ()
    if isinstance(expression, And):
        return tuple(one for part in expression.parts for one in conjuncts(part))
    return (expression,)


def both(*expressions: Expression | None) -> Expression | None:
    """All of these that are given."""
    parts = tuple(one for expression in expressions for one in conjuncts(expression))
    return And(parts) if len(parts) > 1 else next(iter(parts), None)


def names(expression: Expression | None) -> Iterator[Name]:
    """Every name that is compared, in the order of typing."""
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from names(part)
        case Not(inner):
            yield from names(inner)
        case Comparison() | OneOf() | Has() | Within():
            yield expression.name
