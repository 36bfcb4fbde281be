"""One run's log, open for reading: its parts as one text, found by byte or by line.

A snapshot: it ends where the log ended when it was opened, and goes on reading parts that are deleted meanwhile.
"""

from __future__ import annotations

import os
import re
import sys
from array import array
from bisect import bisect_left, bisect_right
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from flasklab.runs.log import LeftOut
from flasklab.store.log_files import (
    BLOCK_BYTES,
    LINE_COUNT,
    RECORD,
    STREAMS,
    PartEntry,
    counted,
    part_paths,
    pread,
    read_layout,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OUT = STREAMS.index("out")
_TRIES = 5  # a part may be deleted between the list of parts and its opening
_STYLE_BYTES = 16 * 1024  # looked at before a place for the colours that hold there
_COLOR = re.compile(rb"\x1b\[[0-9;:]*m")
_RESETS = (b"\x1b[m", b"\x1b[0m")
_MOST_COLORS = 8


class Record(NamedTuple):
    """A piece's beginning."""

    start: int
    time: float  # Unix seconds; 0.0 where the index does not say
    stream: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the text, open."""

    entry: PartEntry
    text: int  # descriptors; -1 where there is no file
    index: int
    counts: int
    size: int

    @property
    def start(self) -> int:
        """Offset of its first byte."""
        return self.entry.start

    @property
    def end(self) -> int:
        """Offset after its last byte."""
        return self.entry.start + self.size

    @cached_property
    def line_counts(self) -> array[int]:
        """Line ends in this part before the end of each block; the last block may be short."""
        known = min(
            os.fstat(self.counts).st_size // LINE_COUNT.size if self.counts >= 0 else 0, self.size // BLOCK_BYTES
        )
        found = array("Q", pread(self.counts, known * LINE_COUNT.size, 0) if known else b"")
        if sys.byteorder == "big":
            found.byteswap()
        if self.text >= 0:
            found.extend(counted(self.text, known, found[-1] if found else 0, self.size))
        return found

    @property
    def lines(self) -> int:
        """Line ends before its end, those of output before it included."""
        return self.entry.line + (self.line_counts[-1] if self.line_counts else 0)

    def lines_before_block(self, block: int) -> int:
        """Line ends before a block, those of output before this part included."""
        return self.entry.line + (self.line_counts[block - 1] if block else 0)


class LogText:
    """The text of one log; a context manager."""

    def __init__(self, path: Path) -> None:
        self._files = ExitStack()
        for tries_left in reversed(range(_TRIES)):
            try:
                self._open(path)
                break
            except FileNotFoundError:
                self._files.close()
                if not tries_left:
                    raise
        self.start = 0
        self.end = self.parts[-1].end if self.parts else 0
        """Offset after the last byte."""

    def _open(self, path: Path) -> None:
        layout = read_layout(path)
        self._limit = layout.limit
        self.parts: tuple[Part, ...] = ()
        for entry in layout.parts:
            text, index, counts = (self._descriptor(one) for one in part_paths(path, entry))
            if text < 0 and entry is not layout.parts[-1]:  # the newest part may have no text yet
                raise FileNotFoundError(path)
            size = os.fstat(text).st_size if text >= 0 else 0
            self.parts += (Part(entry=entry, text=text, index=index, counts=counts, size=size),)

    def _descriptor(self, path: Path) -> int:
        """An open descriptor; -1 where there is no such file, as with index and counts of an old log."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return -1
        self._files.callback(os.close, descriptor)
        return descriptor

    def __enter__(self) -> LogText:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    @property
    def lines(self) -> int:
        """Number of the last line, an unfinished one included."""
        if not self.parts:
            return 0
        ended = self.parts[-1].lines
        return ended if not self.end or self.byte(self.end - 1) == b"\n" else ended + 1

    def byte(self, offset: int) -> bytes:
        """The byte there; a line end where it was left out."""
        return self.read(offset, offset + 1) or b"\n"

    def stretch(self, offset: int) -> tuple[int, int]:
        """Start and end of the text without a gap in which `offset` lies, or which comes next after it."""
        start = end = 0
        for part in self.parts:
            if part.start > end:
                if offset < end:
                    break
                start = part.start
            end = part.end
        return start, end

    def left_out(self, offset: int) -> LeftOut | None:
        """What is missing just before `offset`."""
        for before, part in zip(self.parts, self.parts[1:], strict=False):
            if part.start == offset and before.end < part.start:
                keeps = f"this lab keeps at most {self._limit:,} bytes of log per run (FLASKLAB_MAX_LOG)"
                why = part.entry.why or keeps
                return LeftOut(bytes=part.start - before.end, lines=part.entry.line - before.lines, why=why)
        return None

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, which lie in one stretch."""
        return b"".join(
            pread(part.text, min(end, part.end) - max(start, part.start), max(start, part.start) - part.start)
            for part in self.parts
            if part.start < end and start < part.end
        )

    def line_at(self, offset: int) -> int:
        """The number of the line in which the byte at `offset` lies."""
        for part in reversed(self.parts):
            if part.start <= offset:
                block = min(offset - part.start, part.size) // BLOCK_BYTES
                first = part.start + block * BLOCK_BYTES
                return part.lines_before_block(block) + self.read(first, min(offset, part.end)).count(b"\n") + 1
        return 1

    def line_start(self, number: int) -> int:
        """Offset of the first byte of a line; of what comes next, where it was left out, or of the log's end."""
        ends = number - 1  # line ends before it
        for part in self.parts:
            if ends <= part.entry.line:
                return part.start
            if ends <= part.lines:
                block = bisect_left(part.line_counts, ends - part.entry.line)
                first = part.start + block * BLOCK_BYTES
                data = self.read(first, min(first + BLOCK_BYTES, part.end))
                return first + _after(data, ends - part.lines_before_block(block))
        return self.end

    def records(self, start: int, end: int) -> list[Record]:
        """The beginnings of the pieces that meet the bytes `start` to `end`, the first one moved to `start`."""
        found: list[Record] = []
        for part in self.parts:
            if part.start < end and start < part.end:
                found += _records(part, max(start, part.start), min(end, part.end))
        return found

    def batches(self, start: int, backward: bool, most: int) -> Iterator[list[tuple[int, int, Record]]]:
        """Pieces from `start` on, or those before it: start, end, record; `most` at a time, each time in text order."""
        for part in reversed(self.parts) if backward else self.parts:
            low, high = (part.start, min(start, part.end)) if backward else (max(start, part.start), part.end)
            while low < high:
                found = _batch(part, low, high, backward, most)
                yield found
                low, high = (low, found[0][0]) if backward else (found[-1][1], high)

    def styles(self, offset: int) -> dict[str, str]:
        """By stream, the ANSI colour sequences that hold at `offset`, as far as the text just before it tells."""
        first = max(self.stretch(offset)[0], offset - _STYLE_BYTES)
        data = self.read(first, offset)
        if b"\x1b[" not in data:
            return {}
        codes: dict[str, list[bytes]] = {}
        records = self.records(first, offset)
        for record, following in zip(records, [*records[1:], Record(offset, 0.0, "")], strict=True):
            for code in _COLOR.findall(data, record.start - first, following.start - first):
                codes[record.stream] = [] if code in _RESETS else [*codes.get(record.stream, []), code][-_MOST_COLORS:]
        return {stream: b"".join(found).decode("ascii") for stream, found in codes.items() if found}


class _Offsets:
    """The records' offsets as a sequence, read one by one: what bisection needs of a long index."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._length = os.fstat(descriptor).st_size // RECORD.size if descriptor >= 0 else 0

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, position: int) -> int:
        return int(RECORD.unpack(pread(self._descriptor, RECORD.size, position * RECORD.size))[0])


def _records(part: Part, start: int, end: int) -> list[Record]:
    offsets = _Offsets(part.index)
    lowest = max(0, bisect_right(offsets, start - part.start) - 1)
    highest = bisect_left(offsets, end - part.start, lo=lowest)
    return _read_records(part, lowest, highest, start)


def _read_records(part: Part, lowest: int, highest: int, start: int) -> list[Record]:
    """The records number `lowest` to `highest` as far as they reach beyond `start`, where the first one begins."""
    raw = pread(part.index, (highest - lowest) * RECORD.size, lowest * RECORD.size) if highest > lowest else b""
    found = [
        Record(part.start + offset, time, STREAMS[stream] if stream < len(STREAMS) else "lab")
        for offset, time, stream in RECORD.iter_unpack(raw)
    ]
    first = bisect_right(found, start, key=lambda record: record.start)
    kept = found[first:]
    if not kept or kept[0].start > start:
        before = found[first - 1] if first else Record(start, 0.0, STREAMS[_OUT])
        kept.insert(0, before._replace(start=start))
    return kept


def _batch(part: Part, low: int, high: int, backward: bool, most: int) -> list[tuple[int, int, Record]]:
    offsets = _Offsets(part.index)
    if backward:
        highest = bisect_left(offsets, high - part.start)
        lowest = max(0, highest - most)
        start = low if lowest == 0 else max(low, part.start + offsets[lowest])
        end = high
    else:
        lowest = max(0, bisect_right(offsets, low - part.start) - 1)
        highest = min(len(offsets), lowest + most)
        start = low
        end = min(high, part.start + offsets[highest]) if highest < len(offsets) else high
    records = [record for record in _read_records(part, lowest, highest, start) if record.start < end]
    ends = [record.start for record in records[1:]] + [end]
    return [(record.start, until, record) for record, until in zip(records, ends, strict=True)]


def _after(data: bytes, ends: int) -> int:
    """Where the text goes on after so many line ends."""
    position = 0
    while ends > 0:
        # Halving the rest counts quickly; from a few line ends on, they are looked up one by one.
        if ends > 64 and (half := (position + len(data)) // 2) > position:
            count = data.count(b"\n", position, half)
            if count < ends:
                position, ends = half, ends - count
                continue
            data = data[:half]
            continue
        position = data.index(b"\n", position) + 1
        ends -= 1
    return position
