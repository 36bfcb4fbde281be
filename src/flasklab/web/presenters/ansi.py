"""The log's text as coloured spans: a small parser of ANSI's colour codes (ECMA-48 SGR).

Only what a letter looks like means anything in a web page; every other escape sequence is dropped, and of a link
(OSC 8) its text stays. A colour beyond the sixteen named ones has the class of the nearest of them, which is readable
on any ground, and its exact value beside it: pages have no style attributes, so a script sets it. The island
`ansi.ts` follows the same rules for what comes in live.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPE = re.compile(
    r"\x1b(?:\[([0-?]*)([ -/]*[@-~])|\[[0-?]*[ -/]*\Z|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|\Z)|[ -/]*[0-~]|\Z)"
)
_CODES = re.compile(r"[0-9;:]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINE_REWRITE = re.compile(r"[^\n]*\r(?!\n|\Z)")
_MARKS = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 8: "hidden", 9: "strike", 21: "underline"}
_ENDS = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("inverse",), 28: ("hidden",), 29: ("strike",)}
_LEVELS = (0, 95, 135, 175, 215, 255)  # of red, green and blue in the cube of 6 x 6 x 6
_LEAST_CHROMA = 48  # between the strongest and the weakest part; below, a colour is a grey


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one style."""

    text: str
    classes: str  # CSS classes: "ansi-1 ansi-bold"; "" for plain text
    color: str = ""  # "#rrggbb" where it is none of the sixteen
    ground: str = ""  # likewise, behind the text


class Style:
    """What a text looks like from here on; goes on from line to line."""

    def __init__(self, codes: str = "") -> None:
        """Begin plain, or with what the escape sequences in `codes` say."""
        self._color: int | str | None = None  # a named one, or "#rrggbb"
        self._ground: int | str | None = None
        self._marks: set[str] = set()
        for match in _ESCAPE.finditer(codes):
            self.read(match)

    def read(self, match: re.Match[str]) -> None:
        """Take what an escape sequence says, if it is about colours."""
        if match[2] == "m" and _CODES.fullmatch(match[1]):
            self._apply(match[1])

    def span(self, text: str) -> Span:
        """`text` in this style."""
        color, ground = self._color, self._ground
        marks = set(self._marks)
        if "inverse" in marks and (color is not None or ground is not None):
            color, ground = ground, color
            marks.remove("inverse")
        named = [] if color is None else [f"ansi-{color if isinstance(color, int) else _nearest(color)}"]
        named += [] if ground is None else [f"ansi-on-{ground if isinstance(ground, int) else _nearest(ground)}"]
        classes = " ".join(named + [f"ansi-{mark}" for mark in sorted(marks)])
        return Span(text, classes, color if isinstance(color, str) else "", ground if isinstance(ground, str) else "")

    def _apply(self, codes: str) -> None:
        parts = [[int(number[:9] or 0) for number in part.split(":")] for part in codes.split(";")]
        while parts:
            code, *details = parts.pop(0)
            if code in (38, 48, 58):
                value = _extended(details, parts)
                if code == 38:
                    self._color = value
                elif code == 48:
                    self._ground = value
            elif code == 4 and details == [0]:
                self._marks.discard("underline")
            else:
                self._simple(code)

    def _simple(self, code: int) -> None:
        if code == 0:
            self._color = self._ground = None
            self._marks.clear()
        elif code in _MARKS:
            self._marks.add(_MARKS[code])
        elif code in _ENDS:
            self._marks.difference_update(_ENDS[code])
        elif 30 <= code <= 37 or 90 <= code <= 97:
            self._color = code - 30 if code < 90 else code - 82
        elif 40 <= code <= 47 or 100 <= code <= 107:
            self._ground = code - 40 if code < 100 else code - 92
        elif code == 39:
            self._color = None
        elif code == 49:
            self._ground = None


def spans(text: str, style: Style | None = None) -> list[Span]:
    """`text` without escape sequences, cut where its style changes.

    A carriage return inside a line begins the line anew, as on a terminal, so of a progress bar the last state stays.

    Args:
        text: one line or several
        style: what holds at its beginning; afterwards, at its end
    """
    text = _LINE_REWRITE.sub("", text.replace("\r\n", "\n"))
    found: list[Span] = []
    style = Style() if style is None else style
    start = 0
    for match in _ESCAPE.finditer(text):
        _append(found, style.span(_CONTROL.sub("", text[start : match.start()])))
        start = match.end()
        style.read(match)
    _append(found, style.span(_CONTROL.sub("", text[start:])))
    return found


def _append(found: list[Span], span: Span) -> None:
    if not span.text:
        return
    last = found[-1] if found else None
    if last and (last.classes, last.color, last.ground) == (span.classes, span.color, span.ground):
        found[-1] = Span(last.text + span.text, span.classes, span.color, span.ground)
    else:
        found.append(span)


def _extended(details: list[int], parts: list[list[int]]) -> int | str | None:
    """The colour of 5;n or 2;r;g;b, whose numbers stand behind colons or are the next parts."""
    if details:
        mode, values = details[0], details[1:]
        values = values[-3:] if mode == 2 else values
    else:
        mode = parts.pop(0)[0] if parts else 0
        values = [parts.pop(0)[0] for _ in range(min(len(parts), 1 if mode == 5 else 3 if mode == 2 else 0))]
    if mode == 5 and values and values[0] < 256:
        return values[0] if values[0] < 16 else _hex(_of_256(values[0]))
    if mode == 2 and len(values) == 3 and max(values) < 256:
        return _hex((values[0], values[1], values[2]))
    return None


def _of_256(index: int) -> tuple[int, int, int]:
    """Red, green and blue of the colours 16 to 255."""
    if index >= 232:
        grey = 8 + 10 * (index - 232)
        return grey, grey, grey
    cube = index - 16
    return _LEVELS[cube // 36], _LEVELS[cube // 6 % 6], _LEVELS[cube % 6]


def _hex(color: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _nearest(color: str) -> int:
    """The named colour of the same hue."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    most, least = max(red, green, blue), min(red, green, blue)
    if most - least < _LEAST_CHROMA:
        return 8 if most < 128 else 7
    middle = most + least
    return (2 * red > middle) + 2 * (2 * green > middle) + 4 * (2 * blue > middle)
