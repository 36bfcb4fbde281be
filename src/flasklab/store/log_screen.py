"""The unfinished lines of one stream, drawn as a terminal draws them.

A progress bar is one line that is written a thousand times. A terminal shows its last state, so that is what the log
keeps: a carriage return begins the line anew, a backspace takes a character back, and "cursor up", which nested bars
use, returns to a line above. Lines leave the screen once nothing can change them any more. Colours and all other
escape sequences (ECMA-48) stay in the text as they came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

RIPE_SECONDS = 0.2  # a finished bar's line waits so long for a "cursor up"
HELD_BYTES = 64 * 1024  # of unfinished text; what is longer is written in parts
_MOST_ROWS = 64
_MOVES = re.compile(rb"(\n|\r+|\x08+|\x1b\[\d{0,3}A|\x1b\[[02]?K)")
_DRAWS = re.compile(rb"\x1b\[\d{0,3}A|\x1b\[[02]?K")
_CUT_MOVE = re.compile(rb"\x1b(?:\[\d{0,3})?$")  # a sequence whose end has not come yet
_CUT_TAIL = 5  # bytes of the longest of them
_COLOR = re.compile(rb"\x1b\[[0-9;:]*m")
_LAST_COLOR = re.compile(rb"\x1b\[[0-9;:]*m$")
_COLOR_BYTES = 24  # of the longest colour sequence, about
_RESET = (b"\x1b[m", b"\x1b[0m")
_MOST_COLORS = 8


@dataclass(slots=True)
class _Row:
    text: bytes = b""
    anew: bool = False  # the next text begins it anew
    drawn_again: bool = False  # it is a bar's: "cursor up" may return to it
    ended_at: float | None = None  # Unix time of its line end


class Screen:
    """Takes what a stream prints; gives back the lines that are final."""

    def __init__(self) -> None:
        self._rows = [_Row()]
        self._at = 0  # the row where the cursor stands
        self._cut = b""
        self._climbs = False  # it uses "cursor up": every line may be drawn again
        self.since = 0.0
        """Unix time when the oldest row that is held began."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held."""
        return len(self._rows) == 1 and not self._rows[0].text and not self._cut

    @property
    def shown(self) -> bytes:
        """What a terminal would show of the held rows; no line end after the last one."""
        return b"\n".join(row.text for row in self._rows[: self._last() + 1])

    def feed(self, data: bytes, time: float) -> bytes:
        """Take what was printed at Unix time `time`; returns the text that is final now, often whole lines."""
        data, self._cut = self._cut + data, b""
        if self.is_empty:
            self.since = time
        if data.endswith(b"\r"):  # of a line end, perhaps
            data, self._cut = data.rstrip(b"\r"), b"\r"
        elif cut := _CUT_MOVE.search(data, max(0, len(data) - _CUT_TAIL)):
            data, self._cut = data[: cut.start()], data[cut.start() :]
        while b"\r\n" in data:
            data = data.replace(b"\r\n", b"\n")
        if self._is_plain and not _moves(data):
            final = self._feed_plain(data)
        else:
            parts = [self._move(token, time) for token in _MOVES.split(data) if token]
            final = b"".join(parts) + self.ripe(time)
        final += self._overflow()
        if final:
            self.since = time
        return final

    def ripe(self, now: float) -> bytes:
        """The lines that became final by waiting until Unix time `now`."""
        count = 0
        while count < self._at and not 0 <= now - (self._rows[count].ended_at or 0.0) < RIPE_SECONDS:
            count += 1
        return self._remove(count)

    def take(self) -> bytes:
        """Everything that is held, as it is; nothing is held afterwards."""
        if self._cut not in (b"", b"\r"):
            self._draw(self._cut)
        last = self._last()
        ended = self._rows[last].ended_at is not None
        text = self.shown + (b"\n" if ended else b"")
        self._rows, self._at, self._cut = [_Row()], 0, b""
        return text

    @property
    def _is_plain(self) -> bool:
        return len(self._rows) == 1 and not self._rows[0].drawn_again and not self._climbs

    def _feed_plain(self, data: bytes) -> bytes:
        row = self._rows[0]
        end = data.rfind(b"\n") + 1
        if not end:
            row.text += data
            return b""
        final = row.text + data[:end]
        self._rows[0] = _Row(text=data[end:])
        return final

    def _draw(self, text: bytes) -> None:
        row = self._rows[self._at]
        if row.anew:
            row.text, row.anew = _colors(row.text) + text, False
        else:
            row.text += text

    def _move(self, token: bytes, time: float) -> bytes:
        """Draw a text, or do what a control sequence says; returns what is final by that."""
        row = self._rows[self._at]
        kind = token[:1]
        if kind == b"\n":
            return self._end_row(time)
        if kind == b"\r":
            row.anew = row.drawn_again = True
        elif kind == b"\x08":
            if not row.anew:
                row.text = _without_last(row.text, len(token))
        elif not _DRAWS.fullmatch(token):
            self._draw(token)
        elif token.endswith(b"A"):
            self._at = max(0, self._at - int(token[2:-1] or 1))
            self._climbs = self._rows[self._at].anew = self._rows[self._at].drawn_again = True
        elif token == b"\x1b[2K" or row.anew:  # erased as a whole, or from its start to its end
            row.text, row.drawn_again = _colors(row.text), True
        return b""

    def _end_row(self, time: float) -> bytes:
        row = self._rows[self._at]
        row.ended_at = time
        self._at += 1
        if self._at == len(self._rows):
            self._rows.append(_Row())
        else:
            self._rows[self._at].anew = True
        # After a line that was written once, no "cursor up" returns to it or above it.
        return b"" if row.drawn_again or self._climbs else self._remove(self._at)

    def _remove(self, count: int) -> bytes:
        if not count:
            return b""
        text = b"".join(row.text + b"\n" for row in self._rows[:count])
        del self._rows[:count]
        self._at -= count
        return text

    def _overflow(self) -> bytes:
        if len(self._rows) <= _MOST_ROWS and sum(len(row.text) for row in self._rows) <= HELD_BYTES:
            return b""
        last = self._rows.pop()
        text = b"".join(row.text + b"\n" for row in self._rows)
        whole = whole_characters(last.text)
        self._rows, self._at = [_Row(text=last.text[whole:])], 0
        return text + last.text[:whole]

    def _last(self) -> int:
        """The last row that shows something: bars that were cleared leave blank ones below."""
        last = len(self._rows) - 1
        while last > 0 and not self._rows[last].text.strip():
            last -= 1
        return last


def whole_characters(data: bytes) -> int:
    """How many bytes from the start are whole UTF-8 characters (or no UTF-8 at all)."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return len(data) - back if needed > back else len(data)
    return len(data)


def _moves(data: bytes) -> bool:
    return b"\r" in data or b"\x08" in data or (b"\x1b[" in data and _DRAWS.search(data) is not None)


def _without_last(text: bytes, count: int) -> bytes:
    """`text` without its last `count` characters."""
    color = b""
    for _ in range(count):
        while found := _LAST_COLOR.search(text, max(0, len(text) - _COLOR_BYTES)):
            color, text = color or found[0], text[: found.start()]
        end = len(text) - 1
        while end > 0 and text[end] & 0xC0 == 0x80:
            end -= 1
        text = text[: max(end, 0)]
    return text if text.endswith(color) else text + color


def _colors(text: bytes) -> bytes:
    """The colours that hold at the end of `text`; a line that begins anew goes on in them."""
    if b"\x1b[" not in text:
        return b""
    found = _COLOR.findall(text)
    resets = [position for position, code in enumerate(found) if code in _RESET]
    return b"".join(found[resets[-1] + 1 if resets else 0 :][-_MOST_COLORS:])
