from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from flasklab import record_locally

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_table_of_words_numbers_and_gaps_is_described(example: Callable[[str], Any], penguins: pd.DataFrame) -> None:
    with record_locally() as recorded:
        output = example("describe").describe(penguins)
    assert output == {"rows": 344, "columns": 8, "missing": 19, "duplicate_rows": 0}
    assert list(recorded.shown) == ["first rows", "columns", "summary", "histograms", "correlations"]
    tables = [file for file in recorded.shown["columns"] if file.name.endswith(".table.json")]
    shown = json.loads(tables[0].path.read_text())
    assert [column["name"] for column in shown["columns"]][:3] == ["column", "type", "missing"]
    assert shown["data"][2] == [0, 0, 2, 2, 2, 2, 11, 0]


def test_a_table_without_numbers_is_described_without_drawings(example: Callable[[str], Any]) -> None:
    with record_locally() as recorded:
        output = example("describe").describe(pd.DataFrame({"word": ["a", "b", "b", None]}))
    assert output == {"rows": 4, "columns": 1, "missing": 1, "duplicate_rows": 1}
    assert list(recorded.shown) == ["first rows", "columns"]


def test_nested_mixed_and_infinite_cells_do_no_harm(example: Callable[[str], Any]) -> None:
    table = pd.DataFrame(
        {
            "nested": [[1], {"a": 2}, None],
            "mixed": [1, "x", 2.5],
            "number": [1.0, np.inf, np.nan],
            "gaps": [np.nan] * 3,
            "whole": pd.array([1, None, 3], dtype="Int64"),
            7: [True, False, True],
        }
    )
    with record_locally() as recorded:
        output = example("describe").describe(table, bins=5)
    assert output["missing"] == 6
    assert "correlations" in recorded.shown
    assert not recorded.complaints


@pytest.mark.parametrize("table", [pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame(index=range(3))])
def test_an_empty_table_gets_a_clear_message(example: Callable[[str], Any], table: pd.DataFrame) -> None:
    with record_locally(), pytest.raises(ValueError, match="nothing to describe"):
        example("describe").describe(table)


def test_a_very_wide_table_is_drawn_in_part(example: Callable[[str], Any]) -> None:
    table = pd.DataFrame(np.random.default_rng(0).random((20, 100)))
    with record_locally() as recorded:
        assert example("describe").describe(table, most_columns=5)["columns"] == 100
    assert {"histograms", "correlations"} <= set(recorded.shown)
