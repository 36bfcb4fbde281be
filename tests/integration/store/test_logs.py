from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flasklab.errors import FileMissingError
from flasklab.store.logs import LogStore

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.runs.log import LogSlice
    from flasklab.store.log_writer import LogWriter

NO_LIMIT = 10**9


@pytest.fixture
def logs(tmp_path: Path) -> LogStore:
    return LogStore(tmp_path / "logs")


def text(log: LogSlice) -> str:
    return "".join(piece.text for piece in log.pieces)


def whole(logs: LogStore) -> bytes:
    with logs.copy("abc") as copy:
        found = b"".join(iter(copy.read, b""))
        assert copy.size == len(found)
    return found


def test_a_silent_run_has_an_empty_log_and_no_files(logs: LogStore) -> None:
    logs.writer("abc", NO_LIMIT).close()
    assert logs.size("abc") == 0
    assert logs.read("abc").pieces == ()
    assert logs.tail("abc", lines=5, limit=100).pieces == ()
    assert not logs.folder.exists()


def test_the_text_is_kept_as_it_was_printed_with_stream_and_time(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"one\ntwo\n", 100.0)
    writer.append("err", b"oops\n", 101.0)
    writer.append("out", b"three\n", 102.0)
    writer.say("The lab speaks.", 103.0)
    writer.close()

    assert logs.path("abc").read_text() == "one\ntwo\noops\nthree\nThe lab speaks.\n"
    assert logs.path("abc").parent.name == "ab"
    assert [tuple(piece) for piece in logs.read("abc").pieces] == [
        ("out", 100.0, "one\ntwo\n"),
        ("err", 101.0, "oops\n"),
        ("out", 102.0, "three\n"),
        ("lab", 103.0, "The lab speaks.\n"),
    ]


def test_lines_of_two_streams_are_never_mixed(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"half a ", 1.0)
    writer.append("err", b"an er", 1.0)
    writer.append("out", b"line\nnext", 1.0)
    writer.append("err", b"ror\n", 1.0)
    assert writer.holds
    writer.close()
    assert logs.path("abc").read_text() == "half a line\nan error\nnext"


def test_an_unfinished_line_is_shown_after_a_short_while(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"a line\nprogress 10%\r", 100.0)
    writer.flush(now=100.1)
    assert logs.read("abc").unfinished == ()
    writer.flush(now=100.3)
    assert logs.read("abc").unfinished == (("out", 100.0, "progress 10%"),)
    assert logs.path("abc").read_bytes() == b"a line\n"
    writer.append("out", b"progress 90%\n", 100.4)
    writer.flush(now=100.7)
    assert logs.read("abc").unfinished == ()
    assert logs.path("abc").read_bytes() == b"a line\nprogress 90%\n"
    assert not writer.holds
    writer.close()


def test_an_unfinished_line_outlives_its_writer(logs: LogStore) -> None:
    killed = logs.writer("abc", NO_LIMIT)
    killed.append("err", b"first\n", 1.0)
    killed.append("out", b"half a line", 2.0)
    killed.flush(now=9.0)
    assert [piece.text for piece in logs.read("abc").unfinished] == ["half a line"]
    assert whole(logs) == b"first\nhalf a line"
    after = logs.writer("abc", NO_LIMIT)
    after.say("Attempt 2 begins.", 10.0)
    after.close()
    assert [tuple(piece) for piece in logs.read("abc").pieces] == [
        ("err", 1.0, "first\n"),
        ("out", 2.0, "half a line\n"),
        ("lab", 10.0, "Attempt 2 begins.\n"),
    ]
    assert logs.read("abc").unfinished == ()


def test_a_clock_that_was_set_back_holds_nothing_back(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"then", 5000.0)
    writer.flush(now=100.0)
    assert [piece.text for piece in logs.unfinished("abc")] == ["then"]
    writer.close()


def test_an_endless_line_is_written_in_parts(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    for _ in range(300):
        writer.append("out", b"x" * 1000, 1.0)
    assert writer.size > 200_000
    writer.close()
    assert logs.size("abc") == 300_000


def test_a_character_cut_in_two_by_a_pipe_is_put_together(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    euro = "€".encode()
    writer.append("out", b"5 " + euro[:2], 1.0)
    writer.flush(now=9.0)
    writer.append("err", b"meanwhile\n", 9.0)
    writer.append("out", euro[2:] + b"\n", 9.0)
    writer.close()
    assert text(logs.read("abc")) == "meanwhile\n5 €\n"


def test_bytes_that_are_no_text_do_no_harm(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    junk = bytes(byte for byte in range(256) if byte not in b"\b\r") * 3 + b"\n"
    writer.append("out", junk, 1.0)
    writer.close()
    assert logs.path("abc").read_bytes() == junk
    assert text(logs.read("abc")) == junk.decode("utf-8", "replace")


def test_what_the_lab_says_starts_on_a_line_of_its_own(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"no newline", 1.0)
    writer.say("It was killed.")
    writer.close()
    assert logs.path("abc").read_text() == "no newline\nIt was killed.\n"


def test_a_flood_keeps_its_beginning_and_its_end_and_says_what_is_missing(logs: LogStore) -> None:
    writer = logs.writer("abc", 1600)
    for number in range(1000):
        writer.append("out", b"line %03d\n" % number, float(number))
        assert sum(path.stat().st_size for path in logs.folder.glob("ab/*.log")) <= 1600
    writer.say("It ended.", 1000.0)
    writer.close()
    lines = whole(logs).decode().splitlines()

    missing = next(position for position, line in enumerate(lines) if "left out" in line)
    assert lines[:missing] == [f"line {number:03d}" for number in range(missing)]
    assert missing == 1400 // 9
    first = int(lines[missing + 1].removeprefix("line "))
    assert lines[missing + 1 : -1] == [f"line {number:03d}" for number in range(first, 1000)]
    assert 1000 - first >= 100 // 9
    assert lines[-1] == "It ended."
    assert lines[missing] == (
        f"{9 * (first - missing):,} bytes ({first - missing} lines) of output are left out here: "
        "this lab keeps at most 1,600 bytes of log per run (FLASKLAB_MAX_LOG)."
    )


def test_a_log_of_just_its_limit_is_kept_whole(logs: LogStore) -> None:
    writer = logs.writer("abc", 1600)
    for number in range(160):
        writer.append("out", b"line %04d\n" % number, 1.0)
    writer.close()
    assert whole(logs).decode().splitlines() == [f"line {number:04d}" for number in range(160)]
    assert [line.number for line in logs.lines("abc", 1, 1000).rows] == list(range(1, 161))


def test_offsets_and_numbers_count_what_was_left_out(logs: LogStore) -> None:
    writer = logs.writer("abc", 1600)
    for number in range(1, 1001):
        writer.append("out" if number % 2 else "err", b"line %04d\n" % number, float(number))
    writer.close()
    assert logs.size("abc") == 10_000
    found = logs.lines("abc", 500, 1000)
    assert found.left_out is not None
    assert found.gap == found.rows[0].number
    assert [(row.text, row.start) for row in found.rows] == [
        (f"line {row.number:04d}", 10 * (row.number - 1)) for row in found.rows
    ]
    assert found.rows[-1].number == found.lines == 1000
    first_missing = found.gap - found.left_out.lines
    assert logs.lines("abc", first_missing, 1000) == found
    before = logs.lines_before("abc", found.rows[0].number, 5)
    assert before.left_out == found.left_out
    assert before.gap == found.gap
    assert before.rows[-1].number == found.gap - found.left_out.lines - 1
    head = logs.read("abc", 0)
    assert head.end == 10 * before.rows[-1].number
    after = logs.read("abc", head.end)
    assert (after.start, after.first_line) == (10 * (found.gap - 1), found.gap)
    assert after.left_out == found.left_out
    assert after.end == after.size == 10_000


def test_a_log_goes_on_in_its_parts_after_its_writer_was_killed(logs: LogStore) -> None:
    for attempt in range(10):
        writer = logs.writer("abc", 1600)
        for number in range(50):
            writer.append("out", b"%d line %02d\n" % (attempt, number), 1.0)
    assert logs.lines("abc", 10_000, 1).lines == 500
    end = logs.lines_before("abc", 501, 12)
    assert [row.text for row in end.rows] == [f"9 line {number}" for number in range(38, 50)]
    assert end.rows[-1].number == 500


def refuse(writer: LogWriter) -> None:
    """From now on the disk of this writer is full."""
    assert writer._part is not None
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, writer._part._text)
    os.close(full)


def test_a_disk_that_refuses_does_not_stop_the_run_and_the_gap_is_told(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"kept\n", 1.0)
    refuse(writer)
    writer.append("out", b"lost\n", 2.0)
    writer.append("out", b"kept again\n", 3.0)
    writer.close()
    assert whole(logs).decode().splitlines() == [
        "kept",
        "5 bytes (1 line) of output are left out here: the disk refused (No space left on device).",
        "kept again",
    ]
    assert [row.number for row in logs.lines("abc", 3, 9).rows] == [3]


def test_what_a_disk_refused_at_the_very_end_is_told_too(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"kept\n", 1.0)
    refuse(writer)
    writer.append("out", b"lost\n", 2.0)
    writer.close()
    assert b"5 bytes (1 line) of output are left out here" in whole(logs)
    assert logs.read("abc", 5).left_out is not None


def test_a_second_writer_goes_on_where_the_first_was_killed(logs: LogStore) -> None:
    first = logs.writer("abc", NO_LIMIT)
    first.append("out", b"before\n", 1.0)
    index = logs.path("abc").with_suffix(".idx")
    with index.open("ab") as stream:
        stream.write(b"half a record")
    second = logs.writer("abc", NO_LIMIT)
    assert second.size == 7
    second.append("err", b"after\n", 2.0)
    second.close()
    first.close()
    assert [tuple(piece) for piece in logs.read("abc").pieces] == [("out", 1.0, "before\n"), ("err", 2.0, "after\n")]


def test_a_log_without_its_index_is_still_read(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("err", b"a\nb\n", 5.0)
    writer.close()
    logs.path("abc").with_suffix(".idx").unlink()
    assert [tuple(piece) for piece in logs.read("abc").pieces] == [("out", 0.0, "a\nb\n")]


def test_a_slice_ends_with_a_line_and_the_next_begins_there(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"".join(b"line %d\n" % number for number in range(100)), 1.0)
    writer.close()
    first = logs.read("abc", 0, 50)
    second = logs.read("abc", first.end, 50)
    assert text(first) == "".join(f"line {number}\n" for number in range(7))
    assert text(second).startswith("line 7\n")
    assert first.size == second.size == 790


def test_a_negative_start_counts_from_the_end_and_begins_with_a_line(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"first\nsecond\nthird\n", 1.0)
    writer.close()
    found = logs.read("abc", -10, 100)
    assert (text(found), found.start, found.end) == ("third\n", 13, 19)
    assert text(logs.read("abc", -1000, 2000)) == "first\nsecond\nthird\n"
    assert text(logs.read("abc", -6)) == "third\n"
    assert logs.read("abc", 10_000).pieces == ()


def test_of_a_last_line_that_is_longer_than_asked_for_the_end_is_given(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"first\n" + "ä".encode() * 20 + b"end\n", 1.0)
    writer.close()
    found = logs.read("abc", -7)
    assert (text(found), found.start, found.end) == ("äend\n", 44, 50)
    assert text(logs.tail("abc", lines=1, limit=4)) == "end\n"


@pytest.mark.parametrize(
    ("lines", "limit", "expected"), [(2, 99, "c\nd\n"), (99, 4, "c\nd\n"), (99, 99, "a\nb\nc\nd\n")]
)
def test_the_tail_has_so_many_lines_or_bytes(logs: LogStore, lines: int, limit: int, expected: str) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"a\nb\n", 1.0)
    writer.append("err", b"c\nd\n", 2.0)
    writer.close()
    found = logs.tail("abc", lines=lines, limit=limit)
    assert text(found) == expected
    assert found.start == 8 - len(expected)
    assert found.pieces[-1].stream == "err"


@pytest.mark.parametrize("run_id", ["../etc", "a/b", "", ".", "a\0b", "x" * 65])
def test_an_id_that_is_none_touches_no_file(logs: LogStore, run_id: str) -> None:
    with pytest.raises(FileMissingError):
        logs.path(run_id)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(["out", "err"]), st.text("ab\n€😀", max_size=12)), max_size=30),
    st.integers(1, 40),
)
def test_any_way_of_reading_gives_all_that_was_printed(
    tmp_path_factory: pytest.TempPathFactory, printed: list[tuple[str, str]], limit: int
) -> None:
    logs = LogStore(tmp_path_factory.mktemp("logs"))
    writer = logs.writer("run", NO_LIMIT)
    for position, (stream, what) in enumerate(printed):
        writer.append(stream, what.encode(), float(position))
    writer.close()

    start, seen = 0, {"out": "", "err": ""}
    while start < logs.size("run"):
        part = logs.read("run", start, limit)
        assert part.start == start
        assert part.end > start
        for piece in part.pieces:
            seen[piece.stream] += piece.text
        start = part.end
    # Of two unfinished lines, the first is ended so that they do not become one.
    assert {name: what.removesuffix("\n") for name, what in seen.items()} == {
        name: "".join(what for stream, what in printed if stream == name).removesuffix("\n") for name in seen
    }
