from __future__ import annotations

import pytest

from flasklab.runs.table_diffing import Table, TableDiff, diff_tables, same_cell


def table(text: str) -> Table:
    columns, *rows = (tuple(line.split(",")) for line in text.split())
    return Table(columns=columns, rows=tuple(rows), total=len(rows))


def diff(left: str, right: str, most: int = 100) -> TableDiff:
    return diff_tables(table(left), table(right), most)


def kinds(found: TableDiff) -> list[tuple[str, int | None, int | None]]:
    return [(row.kind, row.left, row.right) for row in found.rows]


def test_rows_are_told_apart_by_a_first_column_that_reads_like_a_key() -> None:
    found = diff("name,f1 svm,0.9 tree,0.8 knn,0.7", "name,f1 tree,0.85 nb,0.5 svm,0.90")
    assert found.key == "name"
    assert kinds(found) == [("added", None, 2), ("changed", 2, 1), ("removed", 3, None)]
    assert (found.added, found.changed, found.removed, found.equal) == (1, 1, 1, 1)
    assert found.rows[1].cells == (("tree", "tree"), ("0.8", "0.85"))


def test_measured_numbers_are_no_key_and_rows_are_matched_in_their_order() -> None:
    found = diff("x,y 0.1,a 0.2,b 0.3,c", "x,y 0.1,a 0.25,b 0.3,c 0.4,d")
    assert found.key == ""
    assert kinds(found) == [("changed", 2, 2), ("added", None, 4)]


def test_columns_that_one_side_has_are_told_once_and_change_no_row() -> None:
    found = diff("k,a,b p,1,2 q,3,4", "k,b,c p,2,9 q,4,9")
    assert (found.columns, found.removed_columns, found.added_columns) == (("k", "a", "b", "c"), ("a",), ("c",))
    assert (found.changed, found.equal, found.same) == (0, 2, False)


def test_only_the_first_differing_rows_are_given_and_all_are_counted() -> None:
    found = diff("k,v a,1 b,1 c,1", "k,v a,2 b,2 c,2", most=2)
    assert (len(found.rows), found.changed) == (2, 3)


def test_equal_and_empty_tables_have_no_difference() -> None:
    assert diff("k,v a,1", "k,v a,1.0").same
    empty = Table(columns=(), rows=(), total=0)
    assert diff_tables(empty, empty, 10).same
    assert diff_tables(empty, table("k a"), 10).added == 1


@pytest.mark.parametrize(("one", "other", "same"), [("1", "1.0", True), ("a", "b", False), ("1", None, False)])
def test_cells_are_the_same_when_they_say_the_same(one: str, other: str | None, same: bool) -> None:
    assert same_cell(one, other) is same


def test_rows_that_are_too_short_have_empty_cells() -> None:
    short = Table(columns=("k", "v"), rows=(("a",), ()), total=2)
    assert diff_tables(short, short, 10).same
