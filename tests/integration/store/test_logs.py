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

NO_LIMIT = 10**9


@pytest.fixture
def logs(tmp_path: Path) -> LogStore:
    return LogStore(tmp_path / "logs")


def text(log: LogSlice) -> str:
    return "".join(piece.text for piece in log.pieces)


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
    writer.append("out", b"progress 10%\r", 100.0)
    writer.flush(now=100.1)
    assert writer.size == 0
    writer.flush(now=100.3)
    assert logs.path("abc").read_bytes() == b"progress 10%\r"
    assert not writer.holds
    writer.close()


def test_a_clock_that_was_set_back_holds_nothing_back(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"then", 5000.0)
    writer.flush(now=100.0)
    assert writer.size == 4
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
    assert text(logs.read("abc")) == "5 meanwhile\n€\n"


def test_bytes_that_are_no_text_do_no_harm(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    junk = bytes(range(256)) * 3 + b"\n"
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


def test_a_flood_is_cut_at_the_limit_and_the_end_says_so(logs: LogStore) -> None:
    writer = logs.writer("abc", 1000)
    for number in range(1000):
        writer.append("out", b"line %03d\n" % number, 1.0)
    writer.say("It ended.", 2.0)
    writer.close()
    lines = logs.path("abc").read_text().splitlines()

    assert lines[:3] == ["line 000", "line 001", "line 002"]
    kept = [line for line in lines if line.startswith("line ")]
    assert kept == [f"line {number:03d}" for number in range(111)]  # 9 bytes each, whole lines only
    assert lines[-2] == "It ended."
    assert lines[-1].startswith(f"{9 * (1000 - 111):,} bytes of output are left out here")
    assert "FLASKLAB_MAX_LOG" in lines[-1]


def test_after_the_cut_nothing_follows_as_if_it_were_whole(logs: LogStore) -> None:
    writer = logs.writer("abc", 10)
    writer.append("out", b"x" * 20 + b"\n", 1.0)
    writer.append("out", b"short\n", 1.0)
    writer.close()
    assert "short" not in logs.path("abc").read_text()
    assert "27 bytes" in logs.path("abc").read_text()


def test_a_disk_that_refuses_does_not_stop_the_run(logs: LogStore) -> None:
    writer = logs.writer("abc", NO_LIMIT)
    writer.append("out", b"kept\n", 1.0)
    assert writer._text is not None
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, writer._text)
    os.close(full)
    writer.append("out", b"lost\n", 2.0)
    writer.append("out", b"lost too\n", 3.0)
    writer.close()
    assert logs.path("abc").read_bytes() == b"kept\n"


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


@settings(max_examples=60, deadline=None)
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
    assert seen == {name: "".join(what for stream, what in printed if stream == name) for name in seen}
