from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flasklab.services.run_csv import cell_text, plain_text, runs_csv, safe_text

if TYPE_CHECKING:
    from flasklab.services.run_cells import Cell


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "true"),
        (-3, "-3"),
        (-0.1, "-0.1"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ("=1+1", "'=1+1"),
        ("-5", "'-5"),
        ("\tx", "'\tx"),
        ("'=x", "''=x"),
        ("it's", "it's"),
        ("'quoted'", "'quoted'"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        (["a", 1], '["a",1]'),
    ],
)
def test_cells_are_written_so_that_they_can_be_read_again(cell: Cell, text: str) -> None:
    assert cell_text(cell) == text


@given(st.text())
def test_no_text_is_a_formula_and_each_comes_back(text: str) -> None:
    assert not safe_text(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain_text(safe_text(text)) == text


def test_a_row_has_a_cell_for_each_column() -> None:
    rows: list[dict[str, Cell]] = [{"id": "a", "params.x": 1}, {"id": "b", "params.y": "two, \n lines"}]

    made = b"".join(runs_csv(rows, ["id", "params.x", "params.y"])).decode()

    assert list(csv.reader(io.StringIO(made, newline=""))) == [
        ["id", "params.x", "params.y"],
        ["a", "1", ""],
        ["b", "", "two, \n lines"],
    ]
