"""How far a run has come: its loop, the loops within it, their pace and what is left, and all of that in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flasklab.runs import amounts

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_UNIT = "it"  # iterations, as tqdm says it
_BYTES = ("B", "bytes")
_LEAST_PATIENCE_SECONDS = 10.0  # a loop that says nothing for so long, and for some of its steps, has paused
_PATIENT_STEPS = 4.0
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerLoop:
    """A loop within the one that counts as the run's progress."""

    done: float
    total: float | None = None  # None when nobody knows
    message: str = ""
    unit: str = DEFAULT_UNIT
    rate: float | None = None  # units in a second, smoothed; None while nobody can tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run has come at a moment."""

    done: float  # the share that loops within have done of the present step included
    total: float | None = None  # None when nobody knows
    message: str = ""
    unit: str = DEFAULT_UNIT  # what is counted: "it", "image", "B"
    rate: float | None = None  # units in a second, smoothed; None while nobody can tell
    left_seconds: float | None = None  # as of `at`; None while nobody can tell
    inner: tuple[InnerLoop, ...] = ()  # from the outside in
    at: datetime | None = None  # when it was said

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `from_json` reads it back."""
        return {
            "done": self.done,
            "total": self.total,
            "message": self.message,
            "unit": self.unit,
            "rate": self.rate,
            "left_seconds": self.left_seconds,
            "inner": [{name: getattr(loop, name) for name in InnerLoop.__slots__} for loop in self.inner],
            "at": None if self.at is None else self.at.timestamp(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Progress:
        """What `to_json` wrote; fields that an earlier version did not know keep their defaults."""
        at = data.get("at")
        inner = tuple(InnerLoop(**loop) for loop in data.get("inner", ()))
        moment = None if at is None else datetime.fromtimestamp(at, UTC)
        return cls(**{**data, "inner": inner, "at": moment})

    @property
    def loops(self) -> tuple[Progress | InnerLoop, ...]:
        """All of its loops, from the outside in."""
        return (self, *self.inner)

    def paused(self, now: datetime) -> bool:
        """Whether it has said nothing for so long that its pace says nothing about this moment."""
        if self.at is None or not self.rate:
            return False
        steps = [_PATIENT_STEPS / loop.rate for loop in self.loops if loop.rate]
        return (now - self.at).total_seconds() > max(_LEAST_PATIENCE_SECONDS, min(steps))

    def left(self, now: datetime) -> float | None:
        """Seconds left as of `now`; None while nobody can tell."""
        if self.left_seconds is None or self.at is None or self.paused(now):
            return None
        return max(0.0, self.left_seconds - max(0.0, (now - self.at).total_seconds()))


def position_text(progress: Progress) -> str:
    """Where its loops are: "3 of 20 · reading", "epoch 3 of 20 · batch 140 of 900"."""
    if not progress.inner:
        counted = _counted(progress.done, progress.total, progress.unit)
        return f"{counted} · {progress.message}" if progress.message else counted
    *outer, last = progress.loops
    parts = [_labelled(loop, _present_step(loop)) for loop in outer]
    return " · ".join([*parts, _labelled(last, last.done)])


def pace_text(progress: Progress, now: datetime) -> str:
    """The pace of the innermost loop that has one: "12.4 it/s", "3.2 s/it"; "" while nobody can tell."""
    if progress.paused(now):
        return ""
    for loop in reversed(progress.loops):
        if loop.rate:
            return rate_text(loop.rate, loop.unit)
    return ""


def rate_text(rate: float, unit: str) -> str:
    """Units in a second, or the time that each takes: "12.4 it/s", "3.2 s/it", "1.2 MB/s"."""
    if unit in _BYTES:
        return f"{amounts.size(rate)}/s"
    if rate >= 1:
        return f"{amounts.number(float(f'{rate:.3g}'))} {unit}/s"
    return f"{amounts.duration(1 / rate)}/{unit}"


def left_text(seconds: float) -> str:
    """What is left, coarsely enough that it does not flicker: whole seconds, and tens of them above a minute."""
    if seconds < 59.5:
        return f"about {max(1, int(seconds + 0.5))} s"
    return f"about {amounts.duration(int(seconds / 10 + 0.5) * 10 if seconds < 3600 else seconds)}"


def _present_step(loop: Progress | InnerLoop) -> float:
    """The step that is being done, counted from 1."""
    step = int(loop.done) + 1
    return min(step, loop.total) if loop.total else step


def _labelled(loop: Progress | InnerLoop, done: float) -> str:
    label = loop.message or ("" if loop.unit == DEFAULT_UNIT or loop.unit in _BYTES else loop.unit)
    counted = _counted(done, loop.total, loop.unit)
    if _WORD.fullmatch(label):
        return f"{label} {counted}"
    return f"{counted} · {label}" if label else counted


def _counted(done: float, total: float | None, unit: str) -> str:
    write = amounts.size if unit in _BYTES else _number
    return f"{write(done)} of {write(total)}" if total else write(done)


def _number(value: float) -> str:
    return amounts.number(int(value) if float(value).is_integer() else value)
