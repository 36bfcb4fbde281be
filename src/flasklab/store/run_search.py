"""Finding runs: which of them an expression means, in an order, page by page.

Most searches find a page among the first runs they look at in the asked order, so these are looked at first. Where they
do not, the comparison that an index says the fewest runs have leads to the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, exists, func, literal, or_, select, true, tuple_, type_coerce

from flasklab.search.expressions import Comparison, Name, Operator, Source, conjuncts
from flasklab.search.ordering import NEWEST, Found, sortable_field
from flasklab.store.search_narrowing import counted, narrowing
from flasklab.store.search_operands import MetricOperand
from flasklab.store.search_sql import Searched
from flasklab.store.tables import Real, metric_summaries, run_values, runs
from flasklab.store.value_rows import ValueKind, ValueSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, Select

    from flasklab.search.expressions import Expression
    from flasklab.search.ordering import Order
    from flasklab.store.search_narrowing import Numbers

LOOKED_AT_FIRST = (500, 10_000)
"""Runs, in the asked order, among which a page is looked for before an index is asked."""
_FEW = 100_000  # runs that an index may lead to, one by one

_INDEXED: dict[tuple[str, ...], ColumnElement[Any]] = {("experiment",): runs.c.experiment, ("state",): runs.c.state}
_FIELDS: dict[str, ColumnElement[Any]] = {
    "number": runs.c.number,
    "created": type_coerce(runs.c.created_at, Real),
    "finished": type_coerce(runs.c.finished_at, Real),
    "took": type_coerce(runs.c.finished_at, Real) - type_coerce(runs.c.started_at, Real),
    "experiment": type_coerce(runs.c.experiment, Text()),
    "state": type_coerce(runs.c.state, Text()),
}


@dataclass(frozen=True, slots=True)
class _Sorting:
    """The runs that have something to be sorted by, in an index's own order."""

    table: FromClause  # `runs`, or what is joined to it
    keys: tuple[ColumnElement[Any], ...]  # sorted by; the last is the run's number
    having: ColumnElement[bool]  # the rows that count
    all_have: bool  # every run has it


class RunSearch:
    """Searches within one transaction.

    Args:
        connection: of the transaction
        deleted: whether the runs in the bin are meant, instead of the others
    """

    def __init__(self, connection: Connection, *, deleted: bool = False) -> None:
        self._connection = connection
        self._deleted = deleted
        self._known: dict[Name, frozenset[Source]] = {}
        self.searched = Searched(connection.dialect.name, self.sources)

    def sources(self, name: Name) -> frozenset[Source]:
        """In which of parameters, metrics and output any run has, or had, something of this name."""
        if name not in self._known:
            metric = exists().where(metric_summaries.c.key == MetricOperand.of(name.path).key)
            asked = (
                (Source.PARAMS, self._any_value(ValueSource.PARAMS, name.path)),
                (Source.METRICS, metric),
                (Source.OUTPUT, self._any_value(ValueSource.OUTPUT, name.path)),
            )
            row = self._connection.execute(select(*(one for _, one in asked))).one()
            self._known[name] = frozenset(source for (source, _), there in zip(asked, row, strict=True) if there)
        return self._known[name]

    def is_known(self, name: Name) -> bool:
        """Whether runs can be sorted by a name: any has it, or all do."""
        return name.source is not None or bool(self.sources(name)) or sortable_field(name) is not None

    def known_names(self, limit: int) -> dict[Source, list[str]]:
        """Names of parameters, metrics and parts of the output that any run has, or had, at most `limit` of each.

        Hops from name to name in the indexes: the cost follows the names, not the runs.
        """
        values, metrics = run_values.c, metric_summaries.c
        hops = (
            (Source.PARAMS, values.name, values.source == ValueSource.PARAMS),
            (Source.METRICS, metrics.key, true()),
            (Source.OUTPUT, values.name, values.source == ValueSource.OUTPUT),
        )
        return {source: self._hop(column, among, limit) for source, column, among in hops}

    def _hop(self, column: ColumnElement[Any], among: ColumnElement[bool], limit: int) -> list[str]:
        hop = select(func.min(column).label("name")).where(among, column > "").cte("hop", recursive=True)
        following = select(func.min(column)).where(among, column > hop.c.name).scalar_subquery()
        hop = hop.union_all(select(following).where(hop.c.name.is_not(None)))
        found = select(hop.c.name).where(hop.c.name.is_not(None)).limit(limit)
        return list(self._connection.execute(found).scalars())

    def page(self, expression: Expression | None, order: Order, after: Found | None, limit: int) -> list[Found]:
        """Runs of which the expression is true, in order.

        Args:
            expression: which; None for all
            order: by what they are sorted
            after: the last run of the page before; None for the first page
            limit: at most so many

        Raises:
            ValueError: `after` is of another order.
        """
        asked = _Asked(self, expression, order, self._deleted)
        found: list[Found] = []
        if after is None or after.key is not None:
            found = asked.sorted(after, limit)
        if len(found) < limit and not asked.sorting.all_have:
            found += asked.unsorted(after if after is not None and after.key is None else None, limit - len(found))
        return found

    def rows(self, statement: Select[Any]) -> Sequence[Any]:
        """What a statement finds."""
        return self._connection.execute(statement).all()

    def scalar(self, statement: Select[Any]) -> Any:
        """The one value that a statement finds."""
        return self._connection.execute(statement).scalar()

    def smallest(self, expression: Expression | None) -> Numbers | None:
        """The numbers of the fewest runs that an index finds for one of the comparisons; None where none are few."""
        best, fewest = None, _FEW
        for part in conjuncts(expression):
            numbers = narrowing(part, self.searched)
            if numbers is not None and (count := counted(self._connection, numbers, fewest)) < fewest:
                best, fewest = numbers, count
        return best

    @staticmethod
    def _any_value(source: ValueSource, path: tuple[str, ...]) -> ColumnElement[bool]:
        of_source = run_values.c.source == source
        more = exists().where(of_source, run_values.c.name == "", run_values.c.kind == ValueKind.MORE)
        mine = exists().where(of_source, run_values.c.name == ".".join(path))
        alone = source is ValueSource.OUTPUT and path == ("output",)
        return or_(mine, more, *([exists().where(of_source, run_values.c.name == "")] if alone else []))


class _Asked:
    """One search, as statements."""

    def __init__(self, search: RunSearch, expression: Expression | None, order: Order, deleted: bool) -> None:
        self._search = search
        self._expression = expression
        self._order = order if search.is_known(order.name) else NEWEST
        self.sorting = self._sorting(self._order.name)
        self._by_number = self.sorting.keys[0] is runs.c.number
        self._indexed: list[ColumnElement[bool]] = []
        kept = runs.c.deleted == 1 if deleted else runs.c.deleted + 0 == 0
        self._conditions: list[ColumnElement[bool]] = [kept]
        for part in conjuncts(expression):
            column = self._own_index(part) if self._by_number else None
            if column is not None and isinstance(part, Comparison):
                self._indexed.append(column == part.value)
            else:
                self._conditions.append(search.searched.condition(part))
        if self._indexed and not deleted:
            self._conditions[0] = runs.c.deleted == 0

    def sorted(self, after: Found | None, limit: int) -> list[Found]:
        """Of those that have something to be sorted by."""
        whole = self._statement(limit)
        if after is not None:
            whole = whole.where(self._beyond(after.key or ()))
        if not self._conditions[1:]:
            return self._found(whole)
        for most in LOOKED_AT_FIRST:
            first = self._found(self._among_first(after, limit, most))
            if len(first) == limit or self._newest <= most:
                return first
        narrower = self._search.smallest(self._expression)
        return self._found(whole if narrower is None else whole.where(runs.c.number.in_(narrower)))

    def unsorted(self, after: Found | None, limit: int) -> list[Found]:
        """Of the others, newest first."""
        has = self.sorting.having
        if self.sorting.table is not runs:
            has = exists().where(self.sorting.keys[-1] == runs.c.number, has).correlate(runs)
        asked = select(runs.c.number).where(*self._conditions, *self._indexed, ~has)
        if after is not None:
            asked = asked.where(runs.c.number < after.number)
        asked = asked.order_by(runs.c.number.desc()).limit(limit)
        narrower = self._search.smallest(self._expression) if self._newest > LOOKED_AT_FIRST[-1] else None
        if narrower is not None:
            asked = asked.where(runs.c.number.in_(narrower))
        return [Found(int(row.number), None) for row in self._search.rows(asked)]

    @cached_property
    def _newest(self) -> int:
        """The number of the lab's newest run; it has no more runs than that."""
        return int(self._search.scalar(select(func.max(runs.c.number))) or 0)

    def _statement(self, limit: int, table: FromClause | None = None) -> Select[Any]:
        """The runs in order; among the rows of a table that stands for the sorted one, if given."""
        keys = self.sorting.keys if table is None else tuple(table.c)
        asked = select(runs.c.number, *(key.label(f"key_{at}") for at, key in enumerate(keys)))
        asked = asked.where(*self._conditions, *self._indexed)
        if table is not None:
            asked = asked.select_from(table).join(runs, runs.c.number == keys[-1])
        else:
            asked = asked.where(self.sorting.having)
            if self.sorting.table is not runs:
                asked = asked.select_from(self.sorting.table).join(runs, runs.c.number == keys[-1])
        return asked.order_by(*self._directed(keys)).limit(limit)

    def _among_first(self, after: Found | None, limit: int, most: int) -> Select[Any]:
        """The same, of the first `most` rows in order alone."""
        if self._by_number:
            whole = self._statement(limit)
            if self._order.descending:
                top = self._newest if after is None else after.number - 1
                return whole.where(runs.c.number.between(top - most + 1, top))
            low = 1 if after is None else after.number + 1
            return whole.where(runs.c.number.between(low, low + most - 1))
        first = select(*(key.label(f"first_{at}") for at, key in enumerate(self.sorting.keys)))
        first = first.where(self.sorting.having).order_by(*self._directed(self.sorting.keys)).limit(most)
        if after is not None:
            first = first.where(self._beyond(after.key or ()))
        return self._statement(limit, first.subquery("first"))

    def _directed(self, keys: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        return [key.desc() if self._order.descending else key.asc() for key in keys]

    def _beyond(self, values: Sequence[Any]) -> ColumnElement[bool]:
        keys = self.sorting.keys
        if [isinstance(value, str) for value in values] != [isinstance(key.type, Text) for key in keys]:
            raise ValueError("is of another order than the one asked for")
        here, there = tuple_(*keys), tuple_(*(literal(one, key.type) for one, key in zip(values, keys, strict=True)))
        return here < there if self._order.descending else here > there

    def _found(self, statement: Select[Any]) -> list[Found]:
        return [Found(int(row[0]), tuple(row[1:])) for row in self._search.rows(statement)]

    def _sorting(self, name: Name) -> _Sorting:
        sources = self._search.sources(name) if name.source is None else frozenset({name.source})
        if Source.PARAMS in sources:
            return _by_value(ValueSource.PARAMS, name)
        if Source.METRICS in sources:
            metric = MetricOperand.of(name.path)
            having = and_(metric_summaries.c.key == metric.key, metric.column.is_not(None))
            return _Sorting(metric_summaries, (metric.column, metric_summaries.c.run_number), having, all_have=False)
        if Source.OUTPUT in sources:
            return _by_value(ValueSource.OUTPUT, name)
        column = _FIELDS[sortable_field(name) or "number"]
        if column is runs.c.number:
            return _Sorting(runs, (column,), true(), all_have=True)
        return _Sorting(runs, (column, runs.c.number), column.is_not(None), all_have=False)

    def _own_index(self, part: Expression) -> ColumnElement[Any] | None:
        """The column of an index of the runs that a comparison goes by."""
        if not isinstance(part, Comparison) or part.operator is not Operator.EQUAL or part.value is None:
            return None
        column = _INDEXED.get(part.name.path)
        own = part.name.source is Source.RUN or (part.name.source is None and not self._search.sources(part.name))
        return column if own else None


def _by_value(source: ValueSource, name: Name) -> _Sorting:
    columns = run_values.c
    dotted = ".".join(name.path)
    alone = source is ValueSource.OUTPUT and dotted == "output"  # or an output that is no object
    named = columns.name.in_(("", dotted)) if alone else columns.name == dotted
    having = and_(columns.source == source, named, columns.kind <= ValueKind.FLAG)  # a range keeps the index's order
    return _Sorting(
        run_values, (columns.kind, columns.number, columns.text, columns.run_number), having, all_have=False
    )
