"""A whole log as one plain text of known size: with a line for each gap, and what is unfinished at its end."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING
from zlib import crc32

from flasklab.store.log_files import read_open
from flasklab.store.log_text import LogText

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PIECE_BYTES = 256 * 1024
_LONGEST_LINE = 1 << 20  # longer ones are cleaned in parts
# Control sequences, strings and single escapes of ECMA-48.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")


class LogCopy(io.RawIOBase):
    """A snapshot of a log, read like a file."""

    def __init__(self, path: Path, first_line: int = 1, lines: int | None = None) -> None:
        """Open the log at `path`: all of it, or `lines` lines from number `first_line` on."""
        self._text = LogText(path)
        whole = lines is None
        start = self._text.line_start(first_line)
        end = self._text.end if lines is None else self._text.line_start(first_line + lines)
        self._segments = list(self._between(start, end))
        if whole:
            for line in read_open(path):
                self._segments += [self._line_end(), line.text]
        self._starts = [0, *accumulate(map(_length, self._segments))]
        self.size = self._starts[-1]
        """Bytes of the whole."""
        gaps = b"".join(one for one in self._segments if isinstance(one, bytes))
        self.etag = f"{start:x}-{self._text.end:x}-{self.size:x}-{crc32(gaps):x}"
        """Another one as soon as anything has changed; a log only grows."""
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """The byte where reading goes on."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; b"" at the end."""
        size = _PIECE_BYTES if size < 0 else size
        if self._at >= self.size:
            return b""
        position = bisect_right(self._starts, self._at) - 1
        segment, within = self._segments[position], self._at - self._starts[position]
        if isinstance(segment, bytes):
            data = segment[within : within + size]
        else:
            data = self._text.read(segment[0] + within, min(segment[0] + within + size, segment[1]))
        self._at += len(data)
        return data

    def close(self) -> None:
        """Close the files."""
        self._text.__exit__()
        super().close()

    def plain(self) -> Iterator[bytes]:
        """The text without escape sequences, piece by piece; closes at its end."""
        held = b""
        with self:
            while data := self.read(_PIECE_BYTES):
                held += data
                end = held.rfind(b"\n") + 1 or (len(held) if len(held) > _LONGEST_LINE else 0)
                if end:
                    yield _ESCAPES.sub(b"", held[:end])
                    held = held[end:]
            yield _ESCAPES.sub(b"", held)

    def _between(self, offset: int, end: int) -> Iterator[bytes | tuple[int, int]]:
        last = offset
        while offset < end or self._text.left_out(offset):
            start, until = self._text.stretch(offset)
            if missing := self._text.left_out(start):
                yield b"\n" if last and self._text.byte(last - 1) != b"\n" else b""
                yield missing.text.encode() + b"\n"
            offset, until = max(offset, start), min(until, end)
            if offset >= until:
                return
            yield offset, until
            offset = last = until

    def _line_end(self) -> bytes:
        """A line end, unless the text so far has one."""
        last = next((one for one in reversed(self._segments) if one), b"\n")
        if isinstance(last, tuple):
            last = self._text.byte(last[1] - 1)
        return b"" if last.endswith(b"\n") else b"\n"


def _length(segment: bytes | tuple[int, int]) -> int:
    return len(segment) if isinstance(segment, bytes) else segment[1] - segment[0]
