from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flasklab.store.log_files import BLOCK_BYTES
from flasklab.store.log_lines import LINE_BYTES
from flasklab.store.logs import LogStore

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.runs.log import LogLine, LogMatches

NO_LIMIT = 10**9


@pytest.fixture
def logs(tmp_path: Path) -> LogStore:
    return LogStore(tmp_path / "logs")


def write(logs: LogStore, *printed: tuple[str, str], limit: int = NO_LIMIT) -> None:
    writer = logs.writer("run", limit)
    for position, (stream, text) in enumerate(printed):
        writer.append(stream, text.encode(), float(position))
    writer.close()


def downwards(logs: LogStore, most: int, stream: str = "") -> list[LogLine]:
    rows: list[LogLine] = []
    at: int | None = 1
    while at is not None:
        found = logs.lines("run", at, most, stream)
        rows += found.rows
        assert found.next is None or found.next > at
        at = found.next
    return rows


def upwards(logs: LogStore, most: int, stream: str = "") -> list[LogLine]:
    rows: list[LogLine] = []
    at: int | None = logs.lines("run", 1, 1).lines + 1
    while at is not None:
        found = logs.lines_before("run", at, most, stream)
        rows[:0] = found.rows
        assert found.previous is None or found.previous < at
        at = found.previous
    return rows


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.sampled_from(["out", "err"]), st.text("ab€", max_size=9)), min_size=1, max_size=60),
    st.integers(1, 20),
    st.sampled_from([NO_LIMIT, 480]),  # so that no line is longer than a part
)
def test_lines_are_the_same_in_both_directions_and_for_each_stream(
    tmp_path_factory: pytest.TempPathFactory, printed: list[tuple[str, str]], most: int, limit: int
) -> None:
    logs = LogStore(tmp_path_factory.mktemp("logs"))
    write(logs, *((stream, f"{text}\n") for stream, text in printed), limit=limit)
    rows = downwards(logs, most)
    assert upwards(logs, most) == rows
    assert [(row.stream, row.text) for row in rows] == [printed[row.number - 1] for row in rows]
    if limit == NO_LIMIT:
        assert len(rows) == len(printed)
    for stream in ("out", "err"):
        own = [row for row in rows if row.stream == stream]
        assert downwards(logs, most, stream) == own
        assert upwards(logs, most, stream) == own


@settings(max_examples=80)
@given(st.lists(st.text("ab€\n", max_size=60), min_size=1, max_size=30), st.integers(1, 9))
def test_lines_longer_than_what_is_kept_of_the_end_do_no_harm(
    tmp_path_factory: pytest.TempPathFactory, printed: list[str], most: int
) -> None:
    logs = LogStore(tmp_path_factory.mktemp("logs"))
    write(logs, *(("out", text) for text in printed), limit=160)
    for stream in ("", "out", "err"):
        for rows in (downwards(logs, most, stream), upwards(logs, most, stream)):
            numbers = [row.number for row in rows]
            assert numbers == sorted(numbers)
    with logs.copy("run") as copy:
        assert len(b"".join(iter(copy.read, b""))) == copy.size


def test_a_gap_inside_a_line_is_told_before_the_next_one(logs: LogStore) -> None:
    write(logs, ("out", "before\n"), ("out", "x" * 4_000_000 + "\nafter\n"), limit=2_000_000)
    first = logs.lines("run", 1, 9)
    assert [row.number for row in first.rows] == [1, 2]
    assert first.next == 3
    after = logs.lines("run", 3, 9)
    assert [row.text for row in after.rows] == ["after"]
    assert after.gap == 3
    assert after.left_out is not None
    assert after.left_out.bytes > 1_900_000
    before = logs.lines_before("run", 4, 9)
    assert [row.number for row in before.rows] == [2, 3]
    assert (before.gap, before.left_out) == (2, after.left_out)


def test_a_line_is_found_by_its_number_in_a_long_log(logs: LogStore) -> None:
    write(
        logs,
        *(
            ("out", "".join(f"line {number}\n" for number in range(start, start + 1000)))
            for start in range(0, 100_000, 1000)
        ),
    )
    assert logs.size("run") > 10 * BLOCK_BYTES
    for number in (1, 2, 5462, 50_000, 99_999, 100_000):
        assert [row.text for row in logs.lines("run", number, 1).rows] == [f"line {number - 1}"]
    assert logs.lines("run", 1, 1).lines == 100_000


@pytest.mark.parametrize("left", [0, 8, 17])
def test_line_counts_that_are_missing_are_made_up_for(logs: LogStore, left: int) -> None:
    write(logs, ("out", "".join(f"line {number}\n" for number in range(50_000))))
    counts = logs.path("run").with_suffix(".lines")
    whole = counts.read_bytes()
    counts.write_bytes(whole[:left])
    assert logs.lines("run", 40_000, 1).rows[0].text == "line 39999"
    assert logs.lines("run", 1, 1).lines == 50_000
    write(logs, ("out", "last\n"))  # the next writer completes them
    assert counts.read_bytes() == whole
    counts.unlink()
    assert logs.lines("run", 50_001, 1).rows[0].text == "last"


def test_of_a_long_line_the_beginning_is_given_and_how_much_there_is(logs: LogStore) -> None:
    write(logs, ("out", "before\n" + "€" * 1_000_000 + "\nafter\n"))
    before, long, after = logs.lines("run", 1, 9).rows
    assert (before.text, after.text) == ("before", "after")
    assert set(long.text) == {"€"}
    assert LINE_BYTES - 3 <= len(long.text.encode()) <= LINE_BYTES
    assert long.more == 3_000_000 - len(long.text.encode())
    assert [row.number for row in logs.lines_before("run", 4, 2).rows] == [2, 3]
    with logs.copy("run", 2, 1) as copy:
        assert b"".join(iter(copy.read, b"")).decode() == "€" * 1_000_000 + "\n"


def test_a_long_line_that_came_bit_by_bit_is_one_line_of_its_stream(logs: LogStore) -> None:
    writer = logs.writer("run", NO_LIMIT)
    writer.append("err", b"before\n", 0.0)
    for position in range(100):
        writer.append("out", b"x" * 5000, float(position))
    writer.append("out", b"\nafter\n", 200.0)
    writer.append("err", b"last\n", 201.0)
    writer.close()
    for rows in (downwards(logs, 10, "out"), upwards(logs, 10, "out")):
        assert [(row.number, row.more) for row in rows] == [(2, 500_000 - LINE_BYTES), (3, 0)]
    assert [row.number for row in upwards(logs, 1, "err")] == [1, 4]


def test_the_colours_that_hold_at_a_line_are_told_for_each_stream(logs: LogStore) -> None:
    write(logs, ("out", "\x1b[1mbold\n"), ("err", "\x1b[31mred\n"), ("out", "still bold\n"), ("err", "\x1b[0mplain\n"))
    assert logs.lines("run", 3, 1).styles == {"out": "\x1b[1m", "err": "\x1b[31m"}
    assert logs.lines("run", 4, 1).styles == {"out": "\x1b[1m", "err": "\x1b[31m"}
    assert logs.read("run", -10).styles == {"out": "\x1b[1m", "err": "\x1b[31m"}
    assert logs.lines("run", 1, 1).styles == {}


def lines_of(found: LogMatches) -> list[int]:
    return [match.line for match in found.matches]


def test_a_search_finds_each_line_once_and_any_case(logs: LogStore) -> None:
    write(logs, ("out", "Loss loss\nnone\nLOSS 3\n"), ("err", "a loss\n"))
    assert lines_of(logs.search("run", "loss")) == [1, 3, 4]
    assert lines_of(logs.search("run", "loss", exact=True)) == [1, 4]
    assert lines_of(logs.search("run", "")) == []
    assert logs.search("run", "loss").matches[1].start == 15


def test_a_search_goes_on_where_it_was_cut_short(logs: LogStore) -> None:
    write(
        logs,
        ("out", "".join(f"{'needle' if number % 1000 == 0 else 'hay'} {number}\n" for number in range(1, 200_001))),
    )
    found: list[int] = []
    start: int | None = 0
    while start is not None:
        part = logs.search("run", "needle", start=start, most=7)
        found += lines_of(part)
        start = part.next
    assert found == list(range(1000, 200_001, 1000))


def test_text_across_two_blocks_of_a_long_line_is_found(logs: LogStore) -> None:
    write(logs, ("out", "x" * ((1 << 20) - 3) + "needle" + "x" * 100 + "\n"))
    assert lines_of(logs.search("run", "needle")) == [1]


ERRORS = """\
starting: 0 errors expected, on_error=skip
Traceback (most recent call last):
  File "x.py", line 1, in f
    raise ValueError("no")
ValueError: no

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "x.py", line 3, in g
mypackage.deep.CustomError: really
2026-01-01 12:00:00 ERROR trainer: out of memory
[CRITICAL] stop
INFO no ERROR=0 here, ERROR: 0
\x1b[31mKeyError\x1b[0m: 'x'
thread 'main' panicked at src/main.rs:2:5
a ValueError: in the middle of a sentence
"""


def test_errors_are_told_once_for_each_traceback(logs: LogStore) -> None:
    write(logs, ("err", ERRORS))
    assert lines_of(logs.errors("run")) == [2, 9, 12, 13, 15, 16]


def test_a_log_that_grows_while_it_is_read_is_never_seen_half(logs: LogStore) -> None:
    writer = logs.writer("run", 4000)
    for number in range(1, 3000):
        writer.append("out", b"line %d\n" % number, 1.0)
        if number % 50 == 0:
            rows = logs.lines_before("run", number + 1, 5).rows
            assert [row.text for row in rows] == [f"line {one}" for one in range(number - 4, number + 1)]
    writer.close()
