"""Loops that show how far they have come: `for item in run.track(items)`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flasklab.recording.recorder import Recorder

Item = TypeVar("Item")


class _Loop:
    """One loop under way."""

    __slots__ = ("done", "message", "total")

    def __init__(self, total: float | None, message: str) -> None:
        self.done = 0.0
        self.total = total
        self.message = message


class _Loops(threading.local):
    """The loops under way in each thread, outermost first."""

    def __init__(self) -> None:
        self.stack: list[_Loop] = []


_loops = _Loops()


def track(
    iterable: Iterable[Item], total: float | None, message: str, recorder: Callable[[], Recorder]
) -> Iterator[Item]:
    """The items of `iterable`, telling the recorder after each how far the outermost loop has come.

    A loop within a loop moves the outer one by fractions of its step.
    """
    loop = _Loop(_total(iterable, total), message)
    stack = _loops.stack
    stack.append(loop)
    report(stack, recorder())
    try:
        for item in iterable:
            yield item
            loop.done += 1
            report(stack, recorder())
    finally:
        # A loop left early may be closed late, by another loop's turn or in another thread.
        if loop in stack:
            outermost = stack[0] is loop
            del stack[stack.index(loop) :]
            if outermost:
                report([loop], recorder(), last=True)


def report(stack: list[_Loop], recorder: Recorder, *, last: bool = False) -> None:
    """Tell how far the outermost loop has come, the inner ones' share included."""
    outermost, share = stack[0], 0.0
    for loop in reversed(stack[1:]):
        share = min((loop.done + share) / loop.total, 1.0) if loop.total else 0.0
    message = " · ".join(loop.message for loop in stack if loop.message)
    recorder.progress(outermost.done + share, outermost.total, message, last=last)


def _total(iterable: Iterable[object], total: float | None) -> float | None:
    if total is not None:
        return total
    try:
        return float(len(iterable))  # type: ignore[arg-type]  # what has no length raises, and has no total
    except Exception:  # __len__ of the author's may raise anything
        return None
