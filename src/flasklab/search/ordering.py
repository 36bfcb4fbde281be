"""By what found runs are sorted: `accuracy`, `-metrics.loss.min`, `params.lr`, `-created`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flasklab.search.errors import QueryError
from flasklab.search.expressions import Name, Source
from flasklab.search.fields import find_field
from flasklab.search.parsing import parse_name

SORTABLE = ("number", "created", "finished", "took", "experiment", "state")
"""The fields of a run that runs can be sorted by."""


@dataclass(frozen=True, slots=True)
class Order:
    """What runs are sorted by; those that have nothing of the name come last, newest first."""

    name: Name
    descending: bool

    def __str__(self) -> str:
        return f"{'-' * self.descending}{self.name}"


@dataclass(frozen=True, slots=True)
class Found:
    """A run that a search means, at its place in the order."""

    number: int
    key: tuple[Any, ...] | None  # by which it stands where it stands; None for those that have nothing of the name


NEWEST = Order(Name(("number",), Source.RUN), descending=True)
"""Newest first."""


def parse_order(text: str) -> Order:
    """The order that was typed; with a minus in front, from the largest to the smallest.

    Raises:
        QueryError: it is no name, or a field that runs cannot be sorted by.
    """
    typed = text.strip()
    descending = typed.startswith("-")
    name = parse_name(typed.removeprefix("-").removeprefix("+"))
    field = find_field(name.path) if name.source in (None, Source.RUN) else None
    if name.source is Source.RUN:
        assert field is not None  # noqa: S101 - the parser has looked
        if field.name not in SORTABLE:
            what = f"Runs cannot be sorted by {field.name}, but by {', '.join(SORTABLE)}."
            raise QueryError(text, 0, what, len(text))
    return Order(name, descending)


def sortable_field(name: Name) -> str | None:
    """The field of a run that a name means, where runs can be sorted by it."""
    field = find_field(name.path) if name.source in (None, Source.RUN) else None
    return field.name if field is not None and field.name in SORTABLE else None
