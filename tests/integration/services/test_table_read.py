"""Tables of any length, read by row numbers from their files."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.errors import TooLargeError
from flasklab.services import table_read
from flasklab.services.table_read import Rows, TableRead

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 3_000


def cell(number: int) -> str:
    return ("", "plain", 'with "quotes"', "with,comma", "two\nlines", "Größe")[number % 6]


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Rows]:
    """Asks about a table of numbers in no order, with every trouble that CSV can have in its texts."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("number", "text, odd", "gap"))
    for number in range(ROWS):
        writer.writerow(((number * 1237) % ROWS, cell(number), number / 2 if number % 3 == 0 else ""))
    path = tmp_path / "table.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    tables = TableRead(tmp_path / "cache")
    return lambda **wanted: tables.rows(path, sha256, **wanted)


@pytest.mark.parametrize("first", [0, 1, 63, 64, 65, 1000, ROWS - 2, ROWS, ROWS + 5])
def test_rows_are_found_by_their_number(ask: Callable[..., Rows], first: int) -> None:
    found = ask(first=first, count=3)
    assert found.columns == ("number", "text, odd", "gap")
    assert (found.total, found.found) == (ROWS, ROWS)
    numbers = range(ROWS)[first : first + 3]
    assert [row[:2] for row in found.cells] == [(str((n * 1237) % ROWS), cell(n)) for n in numbers]


def test_all_rows_are_sorted_by_a_column_of_numbers(ask: Callable[..., Rows]) -> None:
    assert [row[0] for row in ask(by=0, first=1500, count=3).cells] == ["1500", "1501", "1502"]
    assert [row[0] for row in ask(by=0, falling=True, count=2).cells] == ["2999", "2998"]


def test_rows_without_a_value_come_last_either_way(ask: Callable[..., Rows]) -> None:
    assert [row[2] for row in ask(by=2, count=2).cells] == ["0.0", "1.5"]
    assert [row[2] for row in ask(by=2, falling=True, count=2).cells] == ["1498.5", "1497.0"]
    for falling in (False, True):
        assert ask(by=2, falling=falling, first=ROWS - 1).cells[0][2] == ""


def test_texts_are_sorted_as_texts(ask: Callable[..., Rows]) -> None:
    found = [row[1] for start in range(0, ROWS, 500) for row in ask(by=1, first=start).cells]
    known = [text for text in found if text]
    assert known == sorted(known)
    assert found[-500:] == [""] * 500


def test_rows_are_filtered_by_text_in_any_case_and_sorted_besides(ask: Callable[..., Rows]) -> None:
    found = ask(text="GRÖSSE", by=0, falling=True, count=2)
    assert (found.found, found.total) == (ROWS // 6, ROWS)
    assert {row[1] for row in found.cells} == {"Größe"}
    assert int(found.cells[0][0]) > int(found.cells[1][0])
    assert ask(text="nowhere").cells == ()


def test_a_column_that_is_not_there_and_a_table_without_rows_are_no_errors(tmp_path: Path) -> None:
    tables = TableRead(tmp_path / "cache")
    for number, content in enumerate((b"", b"a,b\n", b"a\n1\n")):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(content)
        found = tables.rows(path, f"{number}", by=7, text="1")
        assert found.total == (1 if number == 2 else 0)


def test_what_is_asked_again_is_read_from_the_cache_which_stays_small(
    ask: Callable[..., Rows], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(by=0)

    def never(*_: Any) -> Any:
        raise AssertionError("asked again")

    monkeypatch.setattr(table_read, "_order", never)
    assert ask(by=0, count=1).cells[0][0] == "0"
    for number in range(100):
        ask(text=str(number), count=1)
    assert len(list((tmp_path / "cache").iterdir())) == 64


def test_a_table_that_is_too_large_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(table_read.LARGEST_BYTES + 1)
    with pytest.raises(TooLargeError, match="Download the file"):
        TableRead(tmp_path / "cache").rows(path, "0")
