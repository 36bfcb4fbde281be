from __future__ import annotations

from datetime import UTC, datetime

from flasklab.runs.log import LeftOut, LogPiece, LogSlice
from flasklab.web.presenters.log import present_log

BEGUN = datetime.fromtimestamp(1000, UTC)


def log(*pieces: LogPiece, **given: object) -> LogSlice:
    return LogSlice(start=0, end=9, size=9, pieces=pieces, **given)  # type: ignore[arg-type]  # whatever a test gives


def test_each_line_has_its_number_time_and_stream() -> None:
    pieces = (LogPiece("out", 1001.25, "one\ntwo\n"), LogPiece("err", 1075.0, "three"))
    rows = present_log(log(*pieces, first_line=41), BEGUN).rows
    assert [(row.number, row.stream, row.since, row.said_by) for row in rows] == [
        (41, "out", "+1.3 s", ""),
        (42, "out", "+1.3 s", ""),
        (43, "err", "+1:15.0", "stderr"),
    ]
    assert [row.spans[0].text for row in rows] == ["one", "two", "three"]


def test_colours_go_on_from_line_to_line_in_each_stream() -> None:
    pieces = (LogPiece("out", 1.0, "a\x1b[32m\n"), LogPiece("err", 1.0, "b\n"), LogPiece("out", 1.0, "c\n"))
    rows = present_log(log(*pieces, styles={"err": "\x1b[31m"}), None).rows
    assert [row.spans[0].classes for row in rows] == ["", "ansi-1", "ansi-2"]
    assert rows[0].since == ""


def test_a_long_line_is_cut_and_says_so() -> None:
    (row,) = present_log(log(LogPiece("out", 1.0, "x" * 10_000 + "\n")), BEGUN).rows
    assert row.is_cut
    assert len(row.spans[0].text) == 4000


def test_what_is_unfinished_and_what_is_missing_is_told() -> None:
    tail = present_log(
        log(
            first_line=9,
            unfinished=(LogPiece("err", 1.0, "outer\ninner"),),
            left_out=LeftOut(bytes=1, lines=0, why="x"),
        ),
        BEGUN,
    )
    assert [(row.number, row.spans[0].text) for row in tail.unfinished] == [(None, "outer"), (None, "inner")]
    assert tail.left_out == "1 byte of output are left out here: x."
    assert tail.is_cut
