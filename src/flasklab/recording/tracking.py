"""Loops that show how far they have come: `for item in run.track(items)`, `run.progress(...)`, other libraries' bars.

Each thread has a stack of loops under way. The outermost one is the run's progress, and moves by fractions while the
loops within it go on. What it costs is paid a few times a second, whatever the loops' speed.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from enum import Enum
from itertools import takewhile
from typing import TYPE_CHECKING, Final, TypeVar

from flasklab.recording.floor import floor, new_token
from flasklab.recording.pace import Pace
from flasklab.runs.progress import DEFAULT_UNIT, InnerLoop, Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flasklab.recording.recorder import Recorder

Item = TypeVar("Item")

_FREE = 20  # reports of a stack before the pause between them counts
_PAUSE_SECONDS = 0.02
_MOST_SHARE = 0.999  # of a step, until the step is done


class Kind(Enum):
    """What made a loop known."""

    TRACKED = "run.track"
    STATED = "run.progress"
    BAR = "a bar of some library's"


class Loop:
    """One loop under way, in the thread that began it."""

    def __init__(self, kind: Kind, total: float | None, message: str, unit: str) -> None:
        now = time.monotonic()
        self.kind = kind
        self.done = 0.0
        self.total = total
        self.message = message
        self.unit = unit or DEFAULT_UNIT
        self.token = new_token(explicit=kind is not Kind.BAR)
        self.silent = False  # a bar that gave way to what run.progress says
        self.began = now
        self.pace = Pace(0.0, now)
        self.share = 0.0  # of the present step, done by the loops within
        self.last_step: list[float] = []  # seconds that each loop within the step before took
        self.this_step: list[float] = []  # and those of this step that are done
        self._kept: tuple[str, str, Pace] | None = None  # the pace of the latest loop within

    @property
    def full(self) -> bool:
        """Whether all is done."""
        return self.total is not None and self.done >= self.total

    def move(self, done: float) -> None:
        """Be at `done`; a new step begins where that is another place."""
        if done != self.done:
            self.done = done
            self.share = 0.0
            self.last_step, self.this_step = self.this_step or self.last_step, []

    def lend_pace(self, inner: Loop) -> None:
        """Let a loop go on at the pace that the same loop had in the step before."""
        if self._kept is not None and self._kept[:2] == (inner.message, inner.unit):
            inner.pace = self._kept[2]
        self._kept = (inner.message, inner.unit, inner.pace)

    def done_within(self, fraction: float | None) -> float:
        """The share of the present step that is done; it never shrinks.

        A step is thought to have the loops that the one before had, each as long.

        Args:
            fraction: of the loop within that goes on; None where there is none
        """
        position, known = len(self.this_step), sum(self.last_step)
        share = fraction or 0.0
        if known and position <= len(self.last_step):
            present = self.last_step[position] if position < len(self.last_step) else 0.0
            share = (sum(self.last_step[:position]) + present * share) / known
        self.share = min(max(self.share, share), _MOST_SHARE)
        return self.share


class Place:
    """A thread's loops under way, outermost first."""

    def __init__(self, recorder: Recorder) -> None:
        self.loops: list[Loop] = []
        self.pid = os.getpid()
        self.recorder: Final = recorder
        self._told = 0
        self._due = 0.0  # monotonic seconds

    def push(self, loop: Loop) -> None:
        """Begin a loop within those under way; a library's bar that is full is not under way, if never closed."""
        while self.loops and self.loops[-1].kind is Kind.BAR and self.loops[-1].full:
            self.remove(self.loops[-1])
        if self.loops:
            self.loops[-1].lend_pace(loop)
        else:
            self._told, self._due = 0, 0.0
        loop.pace.rest(loop.done, time.monotonic())
        self.loops.append(loop)

    def remove(self, loop: Loop) -> None:
        """End a loop and those within it."""
        at = self.loops.index(loop)
        if at:
            self.loops[at - 1].this_step.append(time.monotonic() - loop.began)
        del self.loops[at:]
        floor.leave(loop.token)

    def cut(self, loop: Loop) -> None:
        """End whatever is left within a loop whose next step begins."""
        at = self.loops.index(loop) + 1
        if at < len(self.loops):
            self.remove(self.loops[at])

    def due(self) -> bool:
        """Whether it is time to tell."""
        if self._told < _FREE:
            return True
        return time.monotonic() >= self._due

    def tell(self, *, last: bool = False, force: bool = False) -> None:
        """Tell how far the outermost loop has come, if nobody else has the floor."""
        if not self.loops or not self.recorder.keeps or self.pid != os.getpid():
            return
        now = time.monotonic()
        self._told += 1
        self._due = now + _PAUSE_SECONDS
        if floor.take(self.loops[0].token, force=force):
            self.recorder.progress(self._progress(now), last=last)

    def _progress(self, now: float) -> Progress:
        loops, fraction, done = tuple(self.loops), None, 0.0
        for loop in reversed(loops):
            done = loop.done + loop.done_within(fraction)
            if loop.total is not None:
                done = min(done, max(loop.total, loop.done))
            loop.pace.take(done, loop.total, now)
            fraction = min(1.0, done / loop.total) if loop.total else 0.0
        outermost = loops[0]
        return Progress(
            done=done,
            total=outermost.total,
            message=outermost.message,
            unit=outermost.unit,
            rate=outermost.pace.rate(),
            left_seconds=outermost.pace.left(now),
            inner=tuple(
                InnerLoop(done=loop.done, total=loop.total, message=loop.message, unit=loop.unit, rate=loop.pace.rate())
                for loop in loops[1:]
            ),
            at=datetime.now(UTC),
        )


class _Here(threading.local):
    """The place of each thread."""

    place: Place | None = None


_here = _Here()
_listener: Recorder | None = None  # who was spoken to last
_stated: Pace | None = None  # of what run.progress says outside of tracked loops, from whichever thread


def here(recorder: Recorder) -> Place:
    """This thread's place; a forked worker has one of its own, and so has every recorder."""
    global _listener, _stated
    place = _here.place
    if place is None or place.pid != os.getpid() or place.recorder is not recorder:
        if recorder is not _listener:
            _listener, _stated = recorder, None
            floor.clear()
        place = _here.place = Place(recorder)
    return place


def track(iterable: Iterable[Item], total: float | None, message: str, unit: str, recorder: Recorder) -> Iterator[Item]:
    """The items of `iterable`, telling the recorder as they are done how far the outermost loop has come.

    A loop within a loop moves the outer one by fractions of its step.
    """
    place = here(recorder)
    loop = Loop(Kind.TRACKED, _total(iterable, total), message, unit)
    place.push(loop)
    place.tell()
    loops = place.loops
    try:
        for item in iterable:
            yield item
            if loops and loops[-1] is not loop and loop in loops:
                place.cut(loop)
            loop.move(loop.done + 1)
            if place.due() and loop in loops:
                place.tell()
    finally:
        # A loop left early may be closed late, by another loop's turn or in another thread.
        if loop in loops:
            place.cut(loop)
            if loops[0] is loop:
                place.tell(last=True)
            place.remove(loop)


def state(done: float, total: float | None, message: str, unit: str, recorder: Recorder) -> None:
    """Tell what `run.progress` says: within tracked loops as one more of them, else as the run's progress.

    Library's bars that were under way give way to it; those that begin later are loops within it.
    """
    place = here(recorder)
    loop = next((loop for loop in place.loops if loop.kind is Kind.STATED), None) or _new_stated(place, done)
    outermost = place.loops[0] is loop
    loop.total, loop.message, loop.unit = total, message, unit or DEFAULT_UNIT
    if done != loop.done:
        place.cut(loop)
        loop.move(done)
    place.tell(last=loop.full and outermost, force=outermost)
    if loop.full:
        _forget_stated(place, loop)


def _new_stated(place: Place, done: float) -> Loop:
    global _stated  # a pool's threads take turns in saying how far they are together
    tracked = list(takewhile(lambda loop: loop.kind is Kind.TRACKED, place.loops))
    for bar in place.loops[len(tracked) :]:
        bar.silent = True
    if len(tracked) < len(place.loops):
        place.remove(place.loops[len(tracked)])
    loop = Loop(Kind.STATED, None, "", "")
    loop.done = done
    place.push(loop)
    loop.pace = Pace(done, loop.began)
    if not tracked:
        _stated = loop.pace = _stated or loop.pace
    return loop


def _forget_stated(place: Place, loop: Loop) -> None:
    global _stated
    if place.loops[0] is loop:
        _stated = None
    place.remove(loop)


def _total(iterable: Iterable[object], total: float | None) -> float | None:
    if total is not None:
        return total
    try:
        return float(len(iterable))  # type: ignore[arg-type]  # what has no length raises, and has no total
    except Exception:  # __len__ of the author's may raise anything
        return None
