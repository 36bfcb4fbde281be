"""Two tables row by row: what was added, removed, changed.

Rows are told apart by the first column where it reads like a key: the same name on both sides, no value twice, no
measured numbers, and half of the values on both sides. Otherwise equal rows are matched in their order, and of those
between them the first is taken to have become the first, and so on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from flasklab.runs.diffing import matched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Cells: TypeAlias = tuple[str, ...]

_MEASURED = re.compile(r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?|[-+]?\d+[eE][-+]?\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The beginning of a table, as text."""

    columns: tuple[str, ...]
    rows: tuple[Cells, ...]
    total: int | None  # rows that it has; None where that is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDiff:
    """One row that is not the same in both."""

    kind: str  # "removed" (only on the left), "added" (only on the right), "changed"
    left: int | None  # its number there, from 1
    right: int | None
    cells: tuple[tuple[str | None, str | None], ...]  # by column, its text on either side; None where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDiff:
    """What tells two tables apart."""

    columns: tuple[str, ...]  # those of the left, then those that only the right has
    removed_columns: tuple[str, ...]
    added_columns: tuple[str, ...]
    key: str  # the column by which rows were told apart; "" where they were matched in their order
    rows: tuple[RowDiff, ...]  # the first of those that differ
    removed: int
    added: int
    changed: int
    equal: int

    @property
    def same(self) -> bool:
        """Whether there is no difference."""
        return not (self.removed or self.added or self.changed or self.removed_columns or self.added_columns)


def diff_tables(left: Table, right: Table, most: int) -> TableDiff:
    """The difference of two tables; at most `most` of the rows that differ are given, all are counted."""
    columns = tuple(dict.fromkeys((*left.columns, *right.columns)))
    rows = [_laid_out(table, columns) for table in (left, right)]
    key = _key(left, right)
    pairs = _by_key(left, right) if key else _in_order(*rows)
    found: list[RowDiff] = []
    counts = dict.fromkeys(("removed", "added", "changed", "equal"), 0)
    for one, other in pairs:
        before = None if one is None else rows[0][one]
        after = None if other is None else rows[1][other]
        kind = _kind(before, after)
        counts[kind] += 1
        if kind != "equal" and len(found) < most:
            none = (None,) * len(columns)
            cells = tuple(zip(before or none, after or none, strict=True))
            numbers = [None if at is None else at + 1 for at in (one, other)]
            found.append(RowDiff(kind=kind, left=numbers[0], right=numbers[1], cells=cells))
    return TableDiff(
        columns=columns,
        removed_columns=tuple(name for name in left.columns if name not in right.columns),
        added_columns=tuple(name for name in right.columns if name not in left.columns),
        key=key,
        rows=tuple(found),
        **counts,
    )


def _laid_out(table: Table, columns: Sequence[str]) -> list[tuple[str | None, ...]]:
    """Rows with a cell for each of `columns`."""
    places = [table.columns.index(name) if name in table.columns else None for name in columns]
    return [
        tuple(None if place is None else row[place] if place < len(row) else "" for place in places)
        for row in table.rows
    ]


def _kind(before: tuple[str | None, ...] | None, after: tuple[str | None, ...] | None) -> str:
    if before is None or after is None:
        return "added" if before is None else "removed"
    # A column that only one side has is told once, not for each row.
    both = ((one, other) for one, other in zip(before, after, strict=True) if one is not None and other is not None)
    return "equal" if all(same_cell(one, other) for one, other in both) else "changed"


def same_cell(one: str | None, other: str | None) -> bool:
    """Whether two cells say the same: "1" and "1.0" do."""
    if one == other:
        return True
    try:
        return one is not None and other is not None and float(one) == float(other)
    except ValueError:
        return False


def _key(left: Table, right: Table) -> str:
    if not left.columns or left.columns[:1] != right.columns[:1]:
        return ""
    keys = [[row[0] if row else "" for row in table.rows] for table in (left, right)]
    if any(len(set(one)) < len(one) or any(not key or _MEASURED.fullmatch(key) for key in one) for one in keys):
        return ""
    shared = len(set(keys[0]) & set(keys[1]))
    return left.columns[0] if 2 * shared >= max(1, min(map(len, keys))) else ""


def _by_key(left: Table, right: Table) -> Iterator[tuple[int | None, int | None]]:
    """Pairs in the order of the left; what only the right has stands where it comes there."""
    here, there = {row[0]: at for at, row in enumerate(left.rows)}, {row[0]: at for at, row in enumerate(right.rows)}
    new = [at for key, at in there.items() if key not in here]
    for key, at in here.items():
        other = there.get(key)
        while new and other is not None and new[0] < other:
            yield None, new.pop(0)
        yield at, other
    yield from ((None, at) for at in new)


def _in_order(
    left: Sequence[tuple[str | None, ...]], right: Sequence[tuple[str | None, ...]]
) -> Iterator[tuple[int | None, int | None]]:
    at = there = 0
    for one, other in (*matched(left, right), (len(left), len(right))):
        common = min(one - at, other - there)
        yield from ((at + step, there + step) for step in range(common))
        yield from ((gone, None) for gone in range(at + common, one))
        yield from ((None, new) for new in range(there + common, other))
        if one < len(left):
            yield one, other
        at, there = one + 1, other + 1
