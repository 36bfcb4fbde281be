"""Looking for text and for errors in a log, block by block and never more than some milliseconds at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flasklab.runs.log import LogMatch, LogMatches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flasklab.store.log_text import LogText

_BLOCK_BYTES = 1 << 20
_MOST_BYTES = 32 << 20  # looked at in one call: at most about 100 ms
_TRACEBACK = b"Traceback (most recent call last)"
# What lines with errors have in them; looked for one by one, since finding bytes is far quicker than a pattern.
_SIGNS = (_TRACEBACK, b"ERROR", b"CRITICAL", b"FATAL", b"Error", b"Exception", b"Segmentation fault", b"panicked at")
_ERROR = re.compile(
    rb"Traceback \(most recent call last\)"
    rb"|(?<![\w=/.-])(?:ERROR|CRITICAL|FATAL)(?![\w=/.-]|: 0\b|\s*=)"
    rb"|^(?:\x1b\[[0-9;:]*m)*(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|ExceptionGroup)(?:\x1b\[[0-9;:]*m)*(?::|$)"
    rb"|^Segmentation fault|\bpanicked at\b"
)
_COLOR = re.compile(rb"\x1b\[[0-9;:]*m")


def search(text: LogText, wanted: bytes, *, start: int, exact: bool, most: int) -> LogMatches:
    """Lines that have `wanted` in them."""
    wanted = wanted if exact else wanted.lower()

    def found(data: bytes) -> Iterator[int]:
        data = data if exact else data.lower()
        position = data.find(wanted)
        while position >= 0:
            yield position
            line_end = data.find(b"\n", position)
            position = data.find(wanted, line_end + 1) if line_end >= 0 else -1

    return _scan(text, found, start, most, overlap=len(wanted)) if wanted else LogMatches(size=text.end)


def errors(text: LogText, *, start: int, most: int) -> LogMatches:
    """Lines that tell of an error; the line that ends a traceback belongs to its first line."""
    state = _InTraceback()

    def found(data: bytes) -> Iterator[int]:
        for line_start, line in _suspects(data):
            if _ERROR.search(line) and state.is_new(data, line_start, line):
                yield line_start

    return _scan(text, found, start, most, overlap=0)


def _scan(text: LogText, found: Callable[[bytes], Iterator[int]], start: int, most: int, *, overlap: int) -> LogMatches:
    """Go through the text in blocks of whole lines; a line longer than a block is looked at in parts."""
    matches: list[LogMatch] = []
    offset = max(start, 0)
    looked = 0
    while offset < text.end and looked < _MOST_BYTES:
        low, end = text.stretch(offset)
        if end <= offset:
            break
        offset = max(offset, low)
        data = text.read(offset, min(offset + _BLOCK_BYTES, end))
        if offset + len(data) < end:
            data = data[: data.rfind(b"\n") + 1] or data
        line, counted_to = text.line_at(offset), 0
        for position in found(data):
            line += data.count(b"\n", counted_to, position)
            counted_to = position
            if not matches or matches[-1].line != line:
                matches.append(LogMatch(line, offset + position))
            if len(matches) == most:
                after = text.line_start(line + 1)
                return LogMatches(matches=tuple(matches), next=after if after < text.end else None, size=text.end)
        looked += len(data)
        cut = 0 if data.endswith(b"\n") or offset + len(data) >= end else min(max(overlap - 1, 0), len(data) - 1)
        offset += len(data) - cut
    return LogMatches(matches=tuple(matches), next=offset if offset < text.end else None, size=text.end)


def _suspects(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines that have one of the signs in them, in their order: offset and content."""
    nexts = {sign: data.find(sign) for sign in _SIGNS}
    while True:
        here = [position for position in nexts.values() if position >= 0]
        if not here:
            return
        first = min(here)
        line_start = data.rfind(b"\n", 0, first) + 1
        line_end = data.find(b"\n", first)
        line_end = len(data) if line_end < 0 else line_end
        yield line_start, data[line_start:line_end]
        for sign, position in nexts.items():
            if 0 <= position < line_end:
                nexts[sign] = data.find(sign, line_end)


class _InTraceback:
    """Knows whether a line ends a traceback that was told already."""

    def __init__(self) -> None:
        self._after = -1  # offset in the block after the traceback's first line; -1 while there is none

    def is_new(self, data: bytes, line_start: int, line: bytes) -> bool:
        """Whether the line at `line_start` tells of something new; call in order, block by block."""
        after, self._after = self._after, -1
        if _TRACEBACK in line:
            self._after = line_start + len(line) + 1
            return True
        if not 0 <= after <= line_start:
            return True
        between = data[after:line_start].splitlines()
        return not all(_COLOR.sub(b"", one)[:1] in (b" ", b"\t", b"") for one in between)
