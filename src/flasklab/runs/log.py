"""A run's log as it is read back: by bytes, by lines, by what is looked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class LogPiece(NamedTuple):
    """Text that one stream brought at one moment."""

    stream: str  # "out", "err", or "lab" for what the lab itself says
    time: float  # Unix seconds
    text: str  # one line or several; the last may be unfinished


class LogLine(NamedTuple):
    """One line."""

    number: int  # 1 for the first of the whole output
    stream: str
    time: float  # Unix seconds
    text: str  # without its line end; of a long line, the beginning
    start: int  # offset of its first byte
    more: int  # bytes of it that are not in `text`


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A part of the output that is missing."""

    bytes: int
    lines: int  # line ends in it
    why: str  # "this lab keeps at most 1,000 bytes ..."

    @property
    def text(self) -> str:
        """The whole sentence."""
        lines = f" ({self.lines:,} line{'' if self.lines == 1 else 's'})" if self.lines else ""
        return f"{self.bytes:,} byte{'' if self.bytes == 1 else 's'}{lines} of output are left out here: {self.why}."


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSlice:
    """The log from one byte to another. Offsets and line numbers count what was left out of the output too."""

    start: int  # offset of the first byte here; later than asked for where something was passed over
    end: int  # offset after the last byte here; the next slice starts there
    size: int  # bytes of the whole log
    pieces: tuple[LogPiece, ...] = ()
    unfinished: tuple[LogPiece, ...] = ()  # after the log's end: lines that may still change, such as progress bars
    mark: str = ""  # another one as soon as what is unfinished has changed
    first_line: int = 1  # number of the line in which `start` lies
    lines: int = 0  # number of the last line of the whole log
    left_out: LeftOut | None = None  # just before `start`
    styles: Mapping[str, str] = field(default_factory=dict)  # by stream: the ANSI sequences that hold at `start`


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLines:
    """Some lines of the log, in their order."""

    rows: tuple[LogLine, ...] = ()
    previous: int | None = None  # lines before this number follow upwards; None at the beginning
    next: int | None = None  # lines from this number on follow downwards; None at the end
    size: int = 0  # bytes of the whole log
    lines: int = 0  # number of its last line
    gap: int | None = None  # what was left out stands before this line
    left_out: LeftOut | None = None
    styles: Mapping[str, str] = field(default_factory=dict)  # by stream: the ANSI sequences that hold before the rows


class LogMatch(NamedTuple):
    """A line that was looked for."""

    line: int
    start: int  # offset of what was found


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMatches:
    """What a search found in the part of the log that it has looked at."""

    matches: tuple[LogMatch, ...] = ()
    next: int | None = None  # go on from this byte; None when all was looked at
    size: int = 0
