"""A piece of a run's log as it is read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class LogPiece(NamedTuple):
    """Text that one stream brought at one moment."""

    stream: str  # "out", "err", or "lab" for what the lab itself says
    time: float  # Unix seconds
    text: str  # one line or several; the last may be unfinished


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSlice:
    """The log from one byte to another."""

    start: int  # offset of the first byte here; later than asked for where something was passed over
    end: int  # offset after the last byte here; the next slice starts there
    size: int  # bytes of the whole log
    pieces: tuple[LogPiece, ...] = ()
