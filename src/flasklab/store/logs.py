"""Logs: what runs printed, read by bytes and by lines. What lies where is told in `log_files`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zlib import crc32

from flasklab.errors import FileMissingError
from flasklab.runs.log import LogLines, LogMatches, LogPiece, LogSlice
from flasklab.store import log_search
from flasklab.store.log_copy import LogCopy
from flasklab.store.log_files import part_paths, read_layout, read_open
from flasklab.store.log_lines import lines_after, lines_before
from flasklab.store.log_screen import whole_characters
from flasklab.store.log_text import LogText, Record
from flasklab.store.log_writer import LogWriter

if TYPE_CHECKING:
    from pathlib import Path

_CHARACTER_BYTES = 4  # of the longest in UTF-8; no slice is shorter
_RUN_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class LogStore:
    """The logs of all runs, below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, run_id: str) -> Path:
        """Where a run's text lies; the file is missing while the run has said nothing."""
        if not _RUN_ID.fullmatch(run_id):
            raise FileMissingError(f"{run_id[:80]!r} is no run's id.")
        return self.folder / run_id[:2] / f"{run_id}.log"

    def size(self, run_id: str) -> int:
        """Bytes of a run's output, those that were left out included."""
        path = self.path(run_id)
        layout = read_layout(path)
        if not layout.parts:
            return 0
        last = layout.parts[-1]
        try:
            return last.start + part_paths(path, last)[0].stat().st_size
        except FileNotFoundError:
            return last.start

    def writer(self, run_id: str, limit: int, *, resumes: bool = True) -> LogWriter:
        """Write on at the end of a run's log.

        Args:
            run_id: the run
            limit: about so many bytes are kept
            resumes: whether there may be a log already; it is not looked for otherwise
        """
        return LogWriter(self.path(run_id), limit, resumes=resumes)

    def read(self, run_id: str, start: int = 0, limit: int | None = None) -> LogSlice:
        """The text from byte `start` on, up to the first gap.

        Args:
            run_id: the run
            start: offset of the first byte; a negative one counts from the end and moves on to a line's start where
                there is one
            limit: at most so many bytes; cut at a line's end where there is one
        """
        with LogText(self.path(run_id)) as text:
            data, first = _bytes(text, start, limit)
            return self._slice(run_id, text, data, first)

    def tail(self, run_id: str, *, lines: int, limit: int) -> LogSlice:
        """The last lines of the text: at most `lines` of them and at most `limit` bytes."""
        with LogText(self.path(run_id)) as text:
            data, first = _bytes(text, -limit, limit)
            position = len(data) - 1 if data.endswith(b"\n") else len(data)
            for _ in range(lines):
                position = data.rfind(b"\n", 0, max(position, 0))
                if position < 0:
                    break
            return self._slice(run_id, text, data[position + 1 :], first + position + 1)

    def lines(self, run_id: str, first: int, most: int, stream: str = "") -> LogLines:
        """At most `most` lines from number `first` on; only those of `stream`, if one is given."""
        with LogText(self.path(run_id)) as text:
            return lines_after(text, first, most, stream)

    def lines_before(self, run_id: str, before: int, most: int, stream: str = "") -> LogLines:
        """At most `most` lines that stand directly before number `before`; only those of `stream`, if one is given."""
        with LogText(self.path(run_id)) as text:
            return lines_before(text, before, most, stream)

    def unfinished(self, run_id: str) -> tuple[LogPiece, ...]:
        """What the streams have printed of lines that may still change, such as progress bars."""
        return tuple(
            LogPiece(line.stream, line.time, line.text.decode("utf-8", "replace"))
            for line in read_open(self.path(run_id))
        )

    def mark(self, run_id: str) -> str:
        """A short text that is another one as soon as `unfinished` is; "" while nothing is."""
        return _mark(self.unfinished(run_id))

    def search(self, run_id: str, wanted: str, *, start: int = 0, exact: bool = False, most: int = 1000) -> LogMatches:
        """Lines with the text `wanted`, from byte `start` on; ASCII letters match in either case unless `exact`."""
        with LogText(self.path(run_id)) as text:
            return log_search.search(text, wanted.encode("utf-8", "replace"), start=start, exact=exact, most=most)

    def errors(self, run_id: str, *, start: int = 0, most: int = 1000) -> LogMatches:
        """Lines that tell of an error, from byte `start` on; of a traceback, its first line."""
        with LogText(self.path(run_id)) as text:
            return log_search.errors(text, start=start, most=most)

    def copy(self, run_id: str, first_line: int = 1, lines: int | None = None) -> LogCopy:
        """The log as one plain text, to be closed: all of it, or `lines` lines from number `first_line` on."""
        return LogCopy(self.path(run_id), first_line, lines)

    def _slice(self, run_id: str, text: LogText, data: bytes, first: int) -> LogSlice:
        end = first + len(data)
        unfinished = self.unfinished(run_id)
        return LogSlice(
            start=first,
            end=end,
            size=text.end,
            pieces=_pieces(text.records(first, end), data, first),
            unfinished=unfinished if end == text.end else (),
            mark=_mark(unfinished),
            first_line=text.line_at(first),
            lines=text.lines,
            left_out=text.left_out(first),
            styles=text.styles(first),
        )


def _mark(unfinished: tuple[LogPiece, ...]) -> str:
    return f"{crc32(repr(unfinished).encode()):08x}" if unfinished else ""


def _bytes(text: LogText, start: int, limit: int | None) -> tuple[bytes, int]:
    """The text from `start` on, and the offset where it really starts."""
    first = max(0, text.end + start) if start < 0 else min(start, text.end)
    stretch = text.stretch(text.end if start < 0 else first)
    first = max(first, stretch[0])
    wanted = stretch[1] - first if limit is None else min(max(limit, _CHARACTER_BYTES), stretch[1] - first)
    data = text.read(first, first + wanted)
    cut = 0
    if start < 0 and first > stretch[0] and text.byte(first - 1) != b"\n":
        cut = data.find(b"\n") + 1
        if cut == len(data):  # the last line alone is longer: its end is better than nothing
            cut = 0
    cut = cut or _continuation(data)
    data, first = data[cut:], first + cut
    if first + len(data) < stretch[1]:
        data = data[: data.rfind(b"\n") + 1] or data[: whole_characters(data)] or data
    return data, first


def _pieces(records: list[Record], data: bytes, first: int) -> tuple[LogPiece, ...]:
    """The pieces of `data`, which stands at offset `first` of the text."""
    if not data:
        return ()
    ends = [record.start for record in records[1:]] + [first + len(data)]
    return tuple(
        LogPiece(record.stream, record.time, text.decode("utf-8", "replace"))
        for record, end in zip(records, ends, strict=True)
        if (text := data[record.start - first : end - first])
    )


def _continuation(data: bytes) -> int:
    """How many bytes at the start belong to a character that began before."""
    count = 0
    while count < min(3, len(data)) and data[count] & 0xC0 == 0x80:
        count += 1
    return count
