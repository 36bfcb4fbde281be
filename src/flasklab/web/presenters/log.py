"""A log's tail as the page shows it: one row per line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from flasklab.runs.times import rfc3339
from flasklab.web.presenters import ansi, formats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TAIL_LINES = 150
TAIL_BYTES = 20 * 1024
_LONGEST = 4000  # characters shown of one line; the island shows more
_NAMES = {"out": "", "err": "stderr", "lab": "said by the lab"}


class LogSlice(Protocol):
    """A part of the log."""

    @property
    def end(self) -> int:
        """The byte after its last one."""

    @property
    def size(self) -> int:
        """Bytes of the whole log."""

    @property
    def pieces(self) -> Sequence[Any]:
        """Triples of stream ("out", "err", "lab"), Unix time and text."""

    @property
    def unfinished(self) -> Sequence[Any]:
        """Likewise, of lines that may still change."""

    @property
    def first_line(self) -> int:
        """Number of its first line."""

    @property
    def lines(self) -> int:
        """Number of the log's last line."""

    @property
    def left_out(self) -> Any:
        """What is missing before it, with a `text`; None where nothing is."""

    @property
    def styles(self) -> Mapping[str, str]:
        """By stream, the escape sequences that hold at its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One line, or what is unfinished of one."""

    number: int | None  # None while it is unfinished
    stream: str  # "out", "err" or "lab"
    said_by: str  # the stream in words, where it is not stdout; "" otherwise
    spans: tuple[ansi.Span, ...]
    time: str  # Unix seconds
    moment: str  # RFC 3339
    since: str  # "+12.3 s", from the run's start
    is_cut: bool  # there is more of it than is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTail:
    """The end of a run's log."""

    rows: tuple[LogRow, ...]
    unfinished: tuple[LogRow, ...]
    size: str  # of all: "1.2 MB"
    lines: int  # number of the last line
    is_cut: bool  # the log begins earlier than what is shown
    left_out: str  # the sentence about what is missing before the first row; "" where nothing is


def present_log(log: LogSlice, started_at: datetime | None) -> LogTail:
    """The rows of a log's tail.

    Args:
        log: the tail
        started_at: when the run began
    """
    began = started_at.timestamp() if started_at else None
    return LogTail(
        rows=tuple(_rows(log, began)),
        unfinished=tuple(
            _row(None, stream, time, text, ansi.Style(), began)
            for stream, time, lines in log.unfinished
            for text in lines.split("\n")
        ),
        size=formats.size(log.size),
        lines=log.lines,
        is_cut=log.first_line > 1,
        left_out=log.left_out.text if log.left_out else "",
    )


def _rows(log: LogSlice, began: float | None) -> Iterator[LogRow]:
    styles = {stream: ansi.Style(codes) for stream, codes in log.styles.items()}
    number = log.first_line
    for stream, time, text in log.pieces:
        style = styles.setdefault(stream, ansi.Style())
        for line in text.removesuffix("\n").split("\n"):
            yield _row(number, stream, time, line, style, began)
            number += 1


def _row(number: int | None, stream: str, time: float, text: str, style: ansi.Style, began: float | None) -> LogRow:
    return LogRow(
        number=number,
        stream=stream,
        said_by=_NAMES.get(stream, stream),
        spans=tuple(ansi.spans(text[:_LONGEST], style)),
        time=f"{time:.3f}",
        moment=rfc3339(datetime.fromtimestamp(time, UTC)),
        since=formats.since(time - began) if began is not None else "",
        is_cut=len(text) > _LONGEST,
    )
