"""The log's text as coloured spans: a small parser of ANSI's colour codes (ECMA-48 SGR).

Only colours and weight mean anything in a web page; every other escape sequence is dropped. The island `ansi.ts`
follows the same rules for what comes in live.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPE = re.compile(r"\x1b(?:\[([0-9;:]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINE_REWRITE = re.compile(r"[^\n]*\r(?!\n|$)")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one style."""

    text: str
    classes: str  # CSS classes: "ansi-1 ansi-bold"; "" for plain text


def spans(text: str) -> list[Span]:
    """`text` without escape sequences, cut where its style changes.

    A carriage return inside a line begins the line anew, as on a terminal, so of a progress bar the last state stays.
    """
    text = _LINE_REWRITE.sub("", text.replace("\r\n", "\n"))
    found: list[Span] = []
    style = _Style()
    start = 0
    for match in _ESCAPE.finditer(text):
        _append(found, text[start : match.start()], style.classes)
        start = match.end()
        if match[2] == "m":
            style.apply(match[1])
    _append(found, text[start:], style.classes)
    return found


def _append(found: list[Span], text: str, classes: str) -> None:
    text = _CONTROL.sub("", text)
    if not text:
        return
    if found and found[-1].classes == classes:
        found[-1] = Span(found[-1].text + text, classes)
    else:
        found.append(Span(text, classes))


class _Style:
    """The colour and weight that hold from here on."""

    def __init__(self) -> None:
        self._color: int | None = None
        self._marks: set[str] = set()

    @property
    def classes(self) -> str:
        color = [] if self._color is None else [f"ansi-{self._color}"]
        return " ".join(color + sorted(self._marks))

    def apply(self, codes: str) -> None:
        numbers = [int(part or 0) for part in re.split("[;:]", codes)]
        while numbers:
            code = numbers.pop(0)
            if code in (38, 48):
                self._extended(code, numbers)
            else:
                self._simple(code)

    def _simple(self, code: int) -> None:
        if code == 0:
            self._color = None
            self._marks.clear()
        elif code in (1, 2, 3, 4):
            self._marks.add(("ansi-bold", "ansi-dim", "ansi-italic", "ansi-underline")[code - 1])
        elif code == 22:
            self._marks -= {"ansi-bold", "ansi-dim"}
        elif code in (23, 24):
            self._marks.discard("ansi-italic" if code == 23 else "ansi-underline")
        elif 30 <= code <= 37:
            self._color = code - 30
        elif 90 <= code <= 97:
            self._color = code - 90 + 8
        elif code == 39:
            self._color = None

    def _extended(self, code: int, numbers: list[int]) -> None:
        """38;5;n and 38;2;r;g;b: the sixteen named colours are kept, others are left plain."""
        mode = numbers.pop(0) if numbers else 0
        arguments = [numbers.pop(0) for _ in range(min(len(numbers), 1 if mode == 5 else 3))]
        if code == 38:
            self._color = arguments[0] if mode == 5 and arguments and arguments[0] < 16 else None
