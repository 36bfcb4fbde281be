"""Logs: what a run printed, as plain text, with an index of who said what when.

`<id>.log` is the text exactly as it is shown. `<id>.idx` holds a fixed record per piece (offset, time,
stream): a piece reaches to the next record's offset or to the end of the text. The record is written before
its text, so that no text is ever taken for another stream's; a record without text is an empty piece.
"""

from __future__ import annotations

import os
import re
import struct
import time as clock
from bisect import bisect_right
from contextlib import suppress
from typing import TYPE_CHECKING

from flasklab.errors import FileMissingError
from flasklab.runs.log import LogPiece, LogSlice

if TYPE_CHECKING:
    from pathlib import Path

STREAMS = ("out", "err", "lab")
HOLD_SECONDS = 0.2  # how long an unfinished line waits for its end
_HOLD_BYTES = 64 * 1024  # how much of it
_SAME_PIECE_SECONDS = 0.05  # text of one stream within this time shares a record
_CHARACTER_BYTES = 4  # of the longest in UTF-8; no slice is shorter
_RECORD = struct.Struct("<QdB7x")  # offset, Unix time, index into STREAMS
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
        """Bytes of a run's text."""
        try:
            return self.path(run_id).stat().st_size
        except FileNotFoundError:
            return 0

    def writer(self, run_id: str, limit: int) -> LogWriter:
        """Write on at the end of a run's log, of which at most about `limit` bytes are kept."""
        return LogWriter(self.path(run_id), limit)

    def read(self, run_id: str, start: int = 0, limit: int | None = None) -> LogSlice:
        """The text from byte `start` on.

        Args:
            run_id: the run
            start: offset of the first byte; a negative one counts from the end and moves on to a line's start where
                there is one
            limit: at most so many bytes; cut at a line's end where there is one
        """
        data, first, size = self._bytes(run_id, start, limit)
        return self._slice(run_id, data, first, size)

    def tail(self, run_id: str, *, lines: int, limit: int) -> LogSlice:
        """The last lines of the text: at most `lines` of them and at most `limit` bytes."""
        data, first, size = self._bytes(run_id, -limit, limit)
        position = len(data) - 1 if data.endswith(b"\n") else len(data)
        for _ in range(lines):
            position = data.rfind(b"\n", 0, max(position, 0))
            if position < 0:
                break
        return self._slice(run_id, data[position + 1 :], first + position + 1, size)

    def _slice(self, run_id: str, data: bytes, first: int, size: int) -> LogSlice:
        pieces = _pieces(self.path(run_id).with_suffix(".idx"), data, first)
        return LogSlice(start=first, end=first + len(data), size=size, pieces=pieces)

    def _bytes(self, run_id: str, start: int, limit: int | None) -> tuple[bytes, int, int]:
        """The text from `start` on, the offset where it really starts, and the size of the whole."""
        try:
            descriptor = os.open(self.path(run_id), os.O_RDONLY)
        except FileNotFoundError:
            return b"", 0, 0
        try:
            size = os.fstat(descriptor).st_size
            first = max(0, size + start) if start < 0 else min(start, size)
            wanted = size - first if limit is None else min(max(limit, _CHARACTER_BYTES), size - first)
            data = _pread(descriptor, wanted, first)
            cut = 0
            if start < 0 and first > 0 and _pread(descriptor, 1, first - 1) != b"\n":
                cut = data.find(b"\n") + 1
                if cut == len(data):  # the last line alone is longer: its end is better than nothing
                    cut = 0
        finally:
            os.close(descriptor)
        cut = cut or _continuation(data)
        data, first = data[cut:], first + cut
        if first + len(data) < size:
            data = data[: data.rfind(b"\n") + 1] or data[: _whole_characters(data)] or data
        return data, first, size


class LogWriter:
    """The one writer of a run's log; keeps the lines of the two streams whole."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._text: int | None = None  # descriptors, opened with the first byte: many runs say nothing
        self._index: int | None = None
        self._held: dict[str, tuple[bytes, float]] = {}  # stream -> unfinished line and when it began
        self._last: tuple[str, float] | None = None  # stream and time of the last record
        self._cut = 0  # bytes left out
        self._trouble = ""  # why the disk refused
        self._at_line_start = True
        self.size = 0
        with suppress(OSError):
            self.size = path.stat().st_size
        """Bytes of text so far."""

    @property
    def holds(self) -> bool:
        """Whether an unfinished line waits; then call `flush` within `HOLD_SECONDS`."""
        return bool(self._held)

    def append(self, stream: str, data: bytes, time: float) -> None:
        """Take what `stream` ("out" or "err") printed at Unix time `time`; an unfinished line is held."""
        held, since = self._held.pop(stream, (b"", time))
        data = held + data
        end = data.rfind(b"\n") + 1
        if end:
            self._keep(stream, data[:end], time)
            data, since = data[end:], time
        if len(data) > _HOLD_BYTES:
            whole = _whole_characters(data)
            self._keep(stream, data[:whole], time)
            data, since = data[whole:], time
        if data:
            self._held[stream] = (data, since)

    def flush(self, force: bool = False, now: float | None = None) -> None:
        """Write unfinished lines that have waited for `HOLD_SECONDS`, or all with `force`."""
        if not self._held:
            return
        now = clock.time() if now is None else now
        for stream, (data, since) in list(self._held.items()):
            if not force and 0 <= now - since < HOLD_SECONDS:
                continue
            whole = len(data) if force else _whole_characters(data)
            self._keep(stream, data[:whole], since)
            if whole < len(data):
                self._held[stream] = (data[whole:], now)
            else:
                del self._held[stream]

    def say(self, text: str, time: float | None = None) -> None:
        """Add a line of the lab's own; such lines are kept beyond the limit too."""
        self.flush(force=True)
        line = text.rstrip("\n").encode("utf-8", "replace") + b"\n"
        self._write("lab", line if self._at_line_start else b"\n" + line, clock.time() if time is None else time)

    def close(self) -> None:
        """Write what is held, say what was left out, and close the files."""
        self.flush(force=True)
        if self._cut:
            cut, self._cut = self._cut, 0
            why = self._trouble or f"this lab keeps at most {self._limit:,} bytes of log per run (FLASKLAB_MAX_LOG)"
            self.say(f"{cut:,} bytes of output are left out here: {why}.")
        for descriptor in (self._text, self._index):
            if descriptor is not None:
                os.close(descriptor)
        self._text = self._index = None

    def _keep(self, stream: str, data: bytes, time: float) -> None:
        if self._cut:  # once something is missing, nothing may follow as if it were not
            self._cut += len(data)
            return
        room = self._limit - self.size
        if len(data) > room:
            fits = data[: max(room, 0)]
            kept = fits[: fits.rfind(b"\n") + 1]
            self._cut += len(data) - len(kept)
            data = kept
        if data:
            self._write(stream, data, time)

    def _write(self, stream: str, data: bytes, time: float) -> None:
        try:
            text, index = self._open()
            if self._last is None or self._last[0] != stream or not 0 <= time - self._last[1] < _SAME_PIECE_SECONDS:
                _write_all(index, _RECORD.pack(self.size, time, STREAMS.index(stream)))
                self._last = (stream, time)
            written = _write_all(text, data)
        except OSError as error:  # a full disk must not end the run
            self._trouble = f"the disk refused ({error.strerror})"
            self._cut += len(data)
            with suppress(OSError):
                self.size = self._path.stat().st_size
            self._last = None
            return
        self.size += written
        self._at_line_start = data.endswith(b"\n")

    def _open(self) -> tuple[int, int]:
        if self._text is not None and self._index is not None:
            return self._text, self._index
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        if self._index is None:
            self._index = os.open(self._path.with_suffix(".idx"), flags, 0o600)
        # A record cut short by a crash would shift all that follow.
        whole = os.fstat(self._index).st_size // _RECORD.size * _RECORD.size
        os.ftruncate(self._index, whole)
        self._text = os.open(self._path, flags, 0o600)
        self.size = os.fstat(self._text).st_size
        return self._text, self._index


def _write_all(descriptor: int, data: bytes) -> int:
    view = memoryview(data)
    done = 0
    while done < len(data):
        done += os.write(descriptor, view[done:])
    return done


def _pread(descriptor: int, length: int, offset: int) -> bytes:
    parts: list[bytes] = []
    while length > 0:
        part = os.pread(descriptor, length, offset)
        if not part:
            break
        parts.append(part)
        length -= len(part)
        offset += len(part)
    return b"".join(parts)


def _pieces(index: Path, data: bytes, first: int) -> tuple[LogPiece, ...]:
    """The pieces of `data`, which stands at offset `first` of the text."""
    if not data:
        return ()
    end = first + len(data)
    records = _records(index, first, end)
    pieces: list[LogPiece] = []
    for position, (offset, time, stream) in enumerate(records):
        until = records[position + 1][0] if position + 1 < len(records) else end
        text = data[max(offset - first, 0) : max(until - first, 0)]
        if text:
            name = STREAMS[stream] if stream < len(STREAMS) else "lab"
            pieces.append(LogPiece(name, time, text.decode("utf-8", "replace")))
    return tuple(pieces)


class _Offsets:
    """The records' offsets as a sequence, read one by one: what bisection needs of a long index."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._length = os.fstat(descriptor).st_size // _RECORD.size

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, position: int) -> int:
        return int(_RECORD.unpack(_pread(self._descriptor, _RECORD.size, position * _RECORD.size))[0])


def _records(index: Path, first: int, end: int) -> list[tuple[int, float, int]]:
    """The records whose pieces meet the bytes `first` to `end`; one for all where the index is missing."""
    try:
        descriptor = os.open(index, os.O_RDONLY)
    except FileNotFoundError:
        return [(first, 0.0, STREAMS.index("out"))]
    try:
        offsets = _Offsets(descriptor)
        lowest = max(0, bisect_right(offsets, first) - 1)
        highest = bisect_right(offsets, end - 1, lo=lowest)
        raw = _pread(descriptor, (highest - lowest) * _RECORD.size, lowest * _RECORD.size)
    finally:
        os.close(descriptor)
    records = [(int(offset), float(time), int(stream)) for offset, time, stream in _RECORD.iter_unpack(raw)]
    if not records or records[0][0] > first:
        records.insert(0, (first, 0.0, STREAMS.index("out")))
    return records


def _continuation(data: bytes) -> int:
    """How many bytes at the start belong to a character that began before."""
    count = 0
    while count < min(3, len(data)) and data[count] & 0xC0 == 0x80:
        count += 1
    return count


def _whole_characters(data: bytes) -> int:
    """How many bytes from the start are whole UTF-8 characters (or no UTF-8 at all)."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return len(data) - back if needed > back else len(data)
    return len(data)
