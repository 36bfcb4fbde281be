"""What lies where of a run's log.

`<id>.log` is the text. `<id>.idx` holds a fixed record per piece (offset, time, stream): a piece reaches to the next
record's offset or to the end of the text; the record is written before its text. `<id>.lines` holds, for each whole
block of the text, how many line ends there are up to its end: that finds a line by its number. `<id>.open` holds what
is unfinished: replaced as a whole, at most a few times a second.

Past the limit the log goes on in `<id>.1.log`, `<id>.2.log` ... with files of their own beside them, of which the last
two are kept. `<id>.parts` tells which there are and where in the whole output each begins: offsets and line numbers
count what was left out, so they never change.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

STREAMS = ("out", "err", "lab")
RECORD = struct.Struct("<QdB7x")  # offset in the part, Unix time, index into STREAMS
BLOCK_BYTES = 64 * 1024
LINE_COUNT = struct.Struct("<Q")  # line ends of a part up to a block's end
_READ_BYTES = 1 << 20


class PartEntry(msgspec.Struct, frozen=True):
    """One part of the text."""

    start: int = 0  # bytes of output before it
    line: int = 0  # line ends before it
    number: int = 0  # in its files' names; 0 for the first
    why: str = ""  # why output before it is missing, if not for the limit


class LogLayout(msgspec.Struct, frozen=True):
    """The parts that there are, in their order."""

    limit: int = 0  # bytes that the writer was allowed to keep
    parts: tuple[PartEntry, ...] = ()  # empty while nothing was written


class OpenLine(msgspec.Struct, frozen=True):
    """What a stream has printed of a line, or of several that may still change."""

    stream: str
    time: float  # Unix seconds, when it began
    text: bytes


_layout = msgspec.msgpack.Decoder(LogLayout)
_open_lines = msgspec.msgpack.Decoder(tuple[OpenLine, ...])


def part_paths(path: Path, part: PartEntry) -> tuple[Path, Path, Path]:
    """Text, index and line counts of a part of the log at `path`."""
    text = path.with_suffix(f".{part.number}.log") if part.number else path
    return text, text.with_suffix(".idx"), text.with_suffix(".lines")


def remove_part(path: Path, part: PartEntry) -> None:
    """Delete a part's files."""
    for one in part_paths(path, part):
        one.unlink(missing_ok=True)


def read_layout(path: Path) -> LogLayout:
    """The parts of the log at `path`."""
    try:
        return _layout.decode(path.with_suffix(".parts").read_bytes())
    except FileNotFoundError:
        return LogLayout(parts=(PartEntry(),) if path.exists() else ())


def write_layout(path: Path, layout: LogLayout) -> None:
    """Replace the list of parts."""
    _replace(path.with_suffix(".parts"), msgspec.msgpack.encode(layout))


def read_open(path: Path) -> tuple[OpenLine, ...]:
    """The unfinished lines of the log at `path`."""
    try:
        return _open_lines.decode(path.with_suffix(".open").read_bytes())
    except FileNotFoundError:
        return ()


def write_open(path: Path, lines: tuple[OpenLine, ...]) -> None:
    """Replace the unfinished lines; without any, there is no file."""
    target = path.with_suffix(".open")
    if lines:
        _replace(target, msgspec.msgpack.encode(lines))
    else:
        target.unlink(missing_ok=True)


def complete_counts(text: int, counts: int, size: int) -> int:
    """Write the line counts that are missing at the end of `counts`; returns the line ends of the whole text.

    Args:
        text: descriptor of a part's text
        counts: descriptor of its line counts, open for appending
        size: bytes of the text
    """
    known = min(os.fstat(counts).st_size // LINE_COUNT.size, size // BLOCK_BYTES)
    os.ftruncate(counts, known * LINE_COUNT.size)
    lines = LINE_COUNT.unpack(pread(counts, LINE_COUNT.size, (known - 1) * LINE_COUNT.size))[0] if known else 0
    for block, lines_after in enumerate(counted(text, known, lines, size), start=known + 1):
        if block * BLOCK_BYTES <= size:
            os.write(counts, LINE_COUNT.pack(lines_after))
        lines = lines_after
    return int(lines)


def counted(text: int, block: int, lines: int, size: int) -> list[int]:
    """Line ends up to the end of each block from number `block` on, before which there are `lines`.

    The last block may be short.
    """
    found = []
    offset = block * BLOCK_BYTES
    while offset < size:
        data = pread(text, min(_READ_BYTES, size - offset), offset)
        if not data:
            break
        for start in range(0, len(data), BLOCK_BYTES):
            lines += data.count(b"\n", start, start + BLOCK_BYTES)
            found.append(lines)
        offset += len(data)
    return found


def pread(descriptor: int, length: int, offset: int) -> bytes:
    """`length` bytes from `offset` on; fewer only at the file's end."""
    data = os.pread(descriptor, length, offset) if length > 0 else b""
    if len(data) == length:
        return data
    parts = [data]
    while parts[-1]:
        offset, length = offset + len(parts[-1]), length - len(parts[-1])
        parts.append(os.pread(descriptor, length, offset) if length > 0 else b"")
    return b"".join(parts)


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)
    temporary.replace(path)
