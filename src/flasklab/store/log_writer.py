"""The one writer of a run's log.

Lines are appended once they are final; what is unfinished waits on a screen per stream and stands in the file
`<id>.open`, so that readers see it too and a crash does not lose it. A log that reaches its limit keeps its beginning
and its end: the end is written in parts, of which the last two stay. See `log_files` for what lies where.
"""

from __future__ import annotations

import os
import time as clock
from contextlib import suppress
from typing import TYPE_CHECKING

from flasklab.failpoints import failpoint
from flasklab.store.log_files import (
    BLOCK_BYTES,
    LINE_COUNT,
    RECORD,
    STREAMS,
    LogLayout,
    OpenLine,
    PartEntry,
    complete_counts,
    part_paths,
    read_layout,
    read_open,
    remove_part,
    write_layout,
    write_open,
)
from flasklab.store.log_screen import HELD_BYTES, Screen

if TYPE_CHECKING:
    from pathlib import Path

HOLD_SECONDS = 0.2  # how long an unfinished line waits until readers see it, and between two of its states
_SAME_PIECE_SECONDS = 0.05  # text of one stream within this time shares a record
_END_SHARE = 16  # each of the two parts of the end has this share of the limit


class LogWriter:
    """Takes what the streams of one run print; `limit` is about how many bytes are kept."""

    def __init__(self, path: Path, limit: int, *, resumes: bool = True) -> None:
        self._path = path
        self._limit = limit
        self._part: _Part | None = None  # opened with the first byte: many runs say nothing
        self._layout = LogLayout()
        self._screens = {"out": Screen(), "err": Screen()}
        self._open_lines: tuple[OpenLine, ...] = ()  # as last written
        self._open_at = 0.0  # Unix time of that
        self._mid_line = ""  # the stream whose unfinished line ends the text
        self._trouble = ""  # why the disk refused
        self.size = 0
        """Bytes of text so far, those that were left out included."""
        self._lines = 0  # line ends so far
        if resumes:
            self._resume()

    @property
    def holds(self) -> bool:
        """Whether an unfinished line waits; then call `flush` about every `HOLD_SECONDS`."""
        return bool(self._open_lines) or not all(screen.is_empty for screen in self._screens.values())

    def append(self, stream: str, data: bytes, time: float) -> None:
        """Take what `stream` ("out" or "err") printed at Unix time `time`; unfinished lines are held."""
        if final := self._screens[stream].feed(data, time):
            self._write(stream, final, time)
            if self._open_lines:
                self._show_open(time)

    def flush(self, force: bool = False, now: float | None = None) -> None:
        """Let readers see unfinished lines that have waited for `HOLD_SECONDS`; with `force`, write all of them."""
        if not self.holds:
            return
        now = clock.time() if now is None else now
        for stream, screen in self._screens.items():
            if final := screen.take() if force else screen.ripe(now):
                self._write(stream, final, now)
        if force or not 0 <= now - self._open_at < HOLD_SECONDS:
            self._show_open(now)

    def say(self, text: str, time: float | None = None) -> None:
        """Add a line of the lab's own."""
        self.flush(force=True)
        self._write("lab", text.rstrip("\n").encode("utf-8", "replace") + b"\n", clock.time() if time is None else time)

    def close(self) -> None:
        """Write what is held and close the files."""
        self.flush(force=True)
        if self._trouble and self._layout.parts:  # what was lost at the very end is told too
            with suppress(OSError):
                self._begin_part()
        self._close_part()

    def _resume(self) -> None:
        """Go on where an earlier writer ended or was killed."""
        with suppress(OSError):
            self._layout = read_layout(self._path)
            if not self._layout.parts:
                return
            last = self._layout.parts[-1]
            text = part_paths(self._path, last)[0]
            self.size = last.start
            self.size += text.stat().st_size
            if self.size > last.start:
                with text.open("rb") as file:
                    file.seek(-1, os.SEEK_END)
                    self._mid_line = "" if file.read(1) == b"\n" else "lab"
        with suppress(OSError):  # no handles left must not end the supervisor
            for line in read_open(self._path):
                self._write(line.stream, line.text + b"\n", line.time)
            write_open(self._path, ())

    def _show_open(self, now: float) -> None:
        """Bring `<id>.open` up to date."""
        shown = tuple(
            OpenLine(stream=stream, time=screen.since, text=screen.shown)
            for stream, screen in self._screens.items()
            if screen.shown and not 0 <= now - screen.since < HOLD_SECONDS
        )
        self._open_at = now
        if shown == self._open_lines:
            return
        with suppress(OSError):  # a full disk: the lines are still held here
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_open(self._path, shown)
            self._open_lines = shown

    def _write(self, stream: str, data: bytes, time: float) -> None:
        """Append text of one stream, in as many parts as the limit wants."""
        if self._mid_line not in ("", stream):
            mid_line, self._mid_line = self._mid_line, ""
            self._write(mid_line, b"\n", time)
        self._mid_line = "" if data.endswith(b"\n") else stream
        while data:
            piece = data
            try:
                self._open()
                piece = data[: self._room(data)]
                self._open().write(stream, piece, time)
            except OSError as error:  # a full disk must not end the run
                self._trouble = f"the disk refused ({error.strerror})"
                self._close_part()
            self.size += len(piece)
            self._lines += piece.count(b"\n")
            data = data[len(piece) :]

    def _room(self, data: bytes) -> int:
        """How much of `data` the present part takes, whole lines where one fits; makes room for some at least."""
        end_bytes = max(1, self._limit // _END_SHARE)
        parts = self._layout.parts
        most = self._limit - 2 * end_bytes if len(parts) <= 1 else end_bytes
        room = most - (self.size - (parts[-1].start if parts else 0))
        if len(data) <= room:
            return len(data)
        if fits := data.rfind(b"\n", 0, max(room, 0)) + 1 or max(room, 0) * (room >= HELD_BYTES):
            return fits
        if parts and self.size > parts[-1].start:
            self._begin_part()
        room = max(end_bytes, 1)
        return len(data) if len(data) <= room else data.rfind(b"\n", 0, room) + 1 or room

    def _begin_part(self) -> None:
        """Go on in a new part; of the parts after the first, one stays beside it."""
        self._close_part()
        entry = PartEntry(
            start=self.size, line=self._lines, number=self._layout.parts[-1].number + 1, why=self._trouble
        )
        first, *later = self._layout.parts
        later = [one for one in later if _holds_text(part_paths(self._path, one)[0])]
        layout = LogLayout(limit=self._limit, parts=(first, *later[-1:], entry))
        write_layout(self._path, layout)
        self._layout, self._trouble = layout, ""
        for old in later[:-1]:
            remove_part(self._path, old)

    def _close_part(self) -> None:
        if self._part is not None:
            self._part.close()
            self._part = None

    def _open(self) -> _Part:
        if self._part is not None:
            return self._part
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._layout.parts:
            self._layout = LogLayout(limit=self._limit, parts=(PartEntry(),))
        if self._trouble:
            self._begin_part()
        entry = self._layout.parts[-1]
        self._part = _Part(*part_paths(self._path, entry))
        self.size = entry.start + self._part.size
        self._lines = entry.line + self._part.lines
        return self._part


class _Part:
    """The three files of one part, open for appending."""

    def __init__(self, text: Path, index: Path, counts: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._fds: list[int] = []
        try:
            for path in (text, index, counts):
                self._fds.append(os.open(path, flags, 0o600))
            self._text, self._index, self._counts = self._fds
            # A record cut short by a crash would shift all that follow.
            os.ftruncate(self._index, os.fstat(self._index).st_size // RECORD.size * RECORD.size)
            self.size = os.fstat(self._text).st_size
            self.lines = complete_counts(self._text, self._counts, self.size)
        except OSError:
            self.close()
            raise
        self._last: tuple[str, float] | None = None  # stream and time of the last record

    def write(self, stream: str, data: bytes, time: float) -> None:
        """Append text, its record before it so that no text is ever taken for another stream's."""
        if self._last is None or self._last[0] != stream or not 0 <= time - self._last[1] < _SAME_PIECE_SECONDS:
            _write_all(self._index, RECORD.pack(self.size, time, STREAMS.index(stream)))
            self._last = (stream, time)
        failpoint("log.before-text")
        _write_all(self._text, data)
        start = 0
        for _ in range((self.size % BLOCK_BYTES + len(data)) // BLOCK_BYTES):
            end = start + BLOCK_BYTES - (self.size + start) % BLOCK_BYTES
            self.lines += data.count(b"\n", start, end)
            _write_all(self._counts, LINE_COUNT.pack(self.lines))
            start = end
        self.lines += data.count(b"\n", start)
        self.size += len(data)

    def close(self) -> None:
        """Close the files."""
        for descriptor in self._fds:
            os.close(descriptor)
        self._fds = []


def _holds_text(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
