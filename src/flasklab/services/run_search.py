"""Finding runs by a search, sorted, page by page: the same on pages, in the API and on the command line."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import msgspec

from flasklab.runs.json import encode, non_finite
from flasklab.search.errors import nearest
from flasklab.search.expressions import both, names
from flasklab.search.fields import FIELDS, find_field
from flasklab.search.ordering import NEWEST, Found, parse_order
from flasklab.search.parsing import in_state, of_experiment, parse

if TYPE_CHECKING:
    from flasklab.runs.run import Run
    from flasklab.runs.state import RunState
    from flasklab.search.expressions import Expression
    from flasklab.search.ordering import Order
    from flasklab.store.store import Store

_MOST_NAMES = 5000  # among which the nearest is looked for
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]  # what a column holds
_Cursor = tuple[_Number, list[float | str] | None]  # number and key of the last run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs are meant, and in which order."""

    expression: Expression | None = None  # None: all
    order: Order = NEWEST
    deleted: bool = False  # those in the bin, instead of the others

    def within(self, *, state: RunState | None = None, experiment: str | None = None) -> RunQuery:
        """Only those in a state, or of an experiment, that was asked for apart from the search."""
        apart = (of_experiment(experiment) if experiment else None, in_state(state) if state else None)
        return replace(self, expression=both(*apart, self.expression))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """Some of the runs that are meant."""

    runs: tuple[Run, ...]
    next: str | None  # `after` of the page after this one; None on the last


def read_query(text: str = "", sort: str = "", *, deleted: bool = False) -> RunQuery:
    """What was asked for.

    Args:
        text: a search
        sort: what to sort by, such as "-accuracy"; newest first when empty
        deleted: the runs in the bin, instead of the others

    Raises:
        QueryError: the search or the order cannot be understood.
    """
    order = parse_order(sort) if sort.strip() else NEWEST
    return RunQuery(expression=parse(text), order=order, deleted=deleted)


class RunSearch:
    """Finds runs.

    Args:
        store: where they are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, query: RunQuery, *, after: str | None = None, limit: int = 100) -> RunPage:
        """One page of what a query means.

        Args:
            query: which runs, in which order
            after: `next` of the page before; None for the first page
            limit: at most so many

        Raises:
            ValueError: `after` is no cursor of this order.
        """
        last = None if after is None else read_cursor(after)
        with self._store.read() as unit:
            found = unit.search(deleted=query.deleted).page(query.expression, query.order, last, limit + 1)
            runs = tuple(unit.runs.of_numbers([one.number for one in found[:limit]]))
        return RunPage(runs=runs, next=write_cursor(found[limit - 1]) if len(found) > limit else None)

    def strangers(self, query: RunQuery) -> str:
        """Names in the search that no run has, in a sentence with the nearest that some have; "" without any."""
        with self._store.read() as unit:
            search = unit.search()
            unknown = [
                name for name in names(query.expression) if not search.is_known(name) and not find_field(name.path)
            ]
            if not unknown:
                return ""
            known = {name for found in search.known_names(_MOST_NAMES).values() for name in found} | set(FIELDS)
        told = (f"No run has anything called {name}.{nearest(str(name), known)}" for name in dict.fromkeys(unknown))
        return " ".join(told)


def write_cursor(last: Found) -> str:
    """The cursor of the page after a run: its number where that says it all, else opaque."""
    if last.key == (last.number,):
        return str(last.number)
    return base64.urlsafe_b64encode(encode([last.number, last.key])).decode().rstrip("=")


def read_cursor(text: str) -> Found:
    """The run that a cursor stands for.

    Raises:
        ValueError: it is none.
    """
    if text.isascii() and text.isdigit() and len(text) < 19:
        return Found(int(text), (int(text),))
    try:
        number, key = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Cursor)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise ValueError("is no cursor: take the one that the page before gave as its next") from None
    return Found(number, None if key is None else tuple(_number(part) for part in key))


def _number(part: object) -> object:
    meant = non_finite(part) if isinstance(part, str) else None
    return part if meant is None else meant
