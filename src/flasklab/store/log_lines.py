"""Lines of a log by their numbers, downwards and upwards, of all streams or of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.runs.log import LogLine, LogLines
from flasklab.store.log_screen import whole_characters

if TYPE_CHECKING:
    from flasklab.store.log_text import LogText

LINE_BYTES = 10_000  # of one line; the rest of a longer one is a request away
_ANSWER_BYTES = 512 * 1024  # of all lines together
_READ_BYTES = 256 * 1024
_BATCH_PIECES = 4096
_MOST_BATCHES = 16  # looked at for one stream's lines in one call: about 100 ms


def lines_after(text: LogText, first: int, most: int, stream: str = "") -> LogLines:
    """At most `most` lines from number `first` on, without passing a gap; of one stream, if it is given."""
    start = text.line_start(max(first, 1))
    low, end = text.stretch(start)
    start = max(start, low)  # the line itself may be missing
    rows: list[LogLine] = []
    stop = _stream_after(text, rows, most, stream, start, end) if stream else _read(text, rows, most, start, end)
    if end <= stop < text.end:
        stop = text.stretch(end)[0]
    following = text.line_at(stop) if stop < text.end else None
    seen = rows[-1].number if rows else text.line_at(start)
    if following is not None and following <= seen:  # a gap inside a line
        following = seen + 1 if seen < text.lines else None
    missing = text.left_out(low) if start == low or _first_whole(text, low) == start else None
    return LogLines(
        rows=tuple(rows),
        previous=text.line_at(start) if start > 0 else None,
        next=following,
        size=text.end,
        lines=text.lines,
        gap=text.line_at(start) if missing else None,
        left_out=missing,
        styles=text.styles(rows[0].start) if rows else {},
    )


def lines_before(text: LogText, before: int, most: int, stream: str = "") -> LogLines:
    """At most `most` lines directly before number `before`, without passing a gap; of one stream, if it is given."""
    end = at = text.line_start(max(before, 1))
    missing = text.left_out(at)
    if missing:
        end = at - missing.bytes
    low = text.stretch(max(end - 1, 0))[0]
    rows: list[LogLine] = []
    if stream:
        stop = _stream_before(text, rows, most, stream, low, end)
    else:
        last = text.line_at(end - 1) if end else 0
        stop = max(low, text.line_start(max(1, last - most + 1)))
        _read(text, rows, most, stop, end, whole=True)
        stop = _shorten(rows, stop)
    gap = text.line_at(at) if missing else None
    if rows and stop == low and _first_whole(text, low) >= 0:  # the rest of a line whose beginning is before the gap
        gap, missing = rows[0].number, text.left_out(low)
    return LogLines(
        rows=tuple(rows),
        previous=text.line_at(stop) if stop > 0 else None,
        next=text.line_at(at) if at < text.end else None,
        size=text.end,
        lines=text.lines,
        gap=gap,
        left_out=missing,
        styles=text.styles(rows[0].start) if rows else {},
    )


def _first_whole(text: LogText, low: int) -> int:
    """Where the first whole line begins behind a gap at `low` inside a line; -1 where no gap is inside a line."""
    missing = text.left_out(low)
    if missing is None or low == missing.bytes:
        return -1
    number = text.line_at(low)
    return text.line_start(number + 1) if number <= text.line_at(low - missing.bytes - 1) else -1


def _read(text: LogText, rows: list[LogLine], most: int, start: int, end: int, *, whole: bool = False) -> int:
    """Append lines of the bytes `start` to `end` until there are enough; returns the offset after the last one.

    With `whole`, their number alone counts, not how long they are.
    """
    number = text.line_at(start)
    size = sum(len(row.text) for row in rows)
    while start < end:
        data = text.read(start, min(start + _READ_BYTES, end))
        records = text.records(start, start + len(data))
        position = index = 0
        while position < len(data):
            if len(rows) >= most or (size >= _ANSWER_BYTES and not whole):
                return start + position
            length, after = _extent(text, data, position, start, end, number)
            if after > start + len(data) and position > 0:
                break  # read on from its beginning
            while index + 1 < len(records) and records[index + 1].start <= start + position:
                index += 1
            shown = data[position : position + min(length, LINE_BYTES)]
            shown = shown if len(shown) == length else shown[: whole_characters(shown)]
            what = shown.decode("utf-8", "replace")
            record = records[index]
            rows.append(LogLine(number, record.stream, record.time, what, start + position, length - len(shown)))
            size += len(what)
            number += 1
            position = after - start
        start += position
    return min(start, end)


def _extent(text: LogText, data: bytes, position: int, start: int, end: int, number: int) -> tuple[int, int]:
    """Bytes of the line at `position` of `data` without its line end, and the offset after it."""
    line_end = data.find(b"\n", position)
    if line_end >= 0:
        return line_end - position, start + line_end + 1
    after = end if start + len(data) >= end else min(text.line_start(number + 1), end)
    return after - start - position - (text.byte(after - 1) == b"\n"), after


def _shorten(rows: list[LogLine], start: int) -> int:
    """Drop lines from the front that are too much for one answer; returns the offset of the first that stays."""
    size = sum(len(row.text) for row in rows)
    while size > _ANSWER_BYTES and len(rows) > 1:
        size -= len(rows.pop(0).text)
    return rows[0].start if rows else start


def _whole_lines(text: LogText, begin: int, until: int, low: int, end: int) -> tuple[int, int]:
    """The lines that begin in a piece, as a whole: a long one goes on in the next pieces."""
    begin, until = max(begin, low), min(until, end)
    if begin > low and text.byte(begin - 1) != b"\n":
        begin = min(text.line_start(text.line_at(begin) + 1), end)
    if begin < until and text.byte(until - 1) != b"\n":
        until = min(text.line_start(text.line_at(until - 1) + 1), end)
    return begin, max(begin, until)


def _stream_after(text: LogText, rows: list[LogLine], most: int, stream: str, start: int, end: int) -> int:
    stop = start
    for count, batch in enumerate(text.batches(start, backward=False, most=_BATCH_PIECES), start=1):
        for begin, until, record in batch:
            if begin >= end:
                return end
            if record.stream == stream:
                first, last = _whole_lines(text, begin, until, start, end)
                stop = max(stop, _read(text, rows, most, first, last))
                if len(rows) >= most or stop < last:
                    return stop
        stop = max(stop, min(batch[-1][1], end))
        if count == _MOST_BATCHES:
            return stop
    return end


def _stream_before(text: LogText, rows: list[LogLine], most: int, stream: str, low: int, end: int) -> int:
    for count, batch in enumerate(text.batches(end, backward=True, most=_BATCH_PIECES), start=1):
        for begin, until, record in reversed(batch):
            if until <= low:
                return low
            if record.stream != stream:
                continue
            found: list[LogLine] = []
            begin, until = _whole_lines(text, begin, until, low, end)
            last = text.line_at(until - 1)
            first = text.line_start(max(1, last - (most - len(rows)) + 1))
            _read(text, found, most, max(begin, first), until, whole=True)
            rows[:0] = found[-(most - len(rows)) :]
            if len(rows) >= most or sum(len(row.text) for row in rows) >= _ANSWER_BYTES:
                return rows[0].start
        if count == _MOST_BATCHES:
            return max(low, batch[0][0])
    return low
