"""The supervisor's side of the intake: takes starts, answers once they are stored, tells who waits of an end."""

from __future__ import annotations

import logging
import selectors
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab.failpoints import failpoint
from flasklab.runs.run import NewRun
from flasklab.store.intake import Accepted, Await, Ended, Start, framed, listen, read_question, unframed

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from flasklab.store.intake import Answer

log = logging.getLogger("flasklab.supervisor")

_PROMPT_SECONDS = 0.2  # who waits for an end hears of the start after so long, if the end has not come sooner
_MOST_BYTES = 1 << 20
_LONGEST_MESSAGE = 64 << 20


@dataclass(slots=True, eq=False)
class _Visitor:
    """One connection."""

    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class Arrival:
    """A start that was handed in and is not stored yet."""

    visitor: _Visitor
    n: int
    new: NewRun
    wait: bool


@dataclass(slots=True)
class _Waiting:
    """Somebody who is to be told a run's end."""

    visitor: _Visitor
    n: int
    start: Accepted | None  # what is still to be told of its start
    since: float  # monotonic time


class Reception:
    """All connections of the intake.

    Args:
        results: the lab's results folder
        selector: of the supervisor's loop
    """

    def __init__(self, results: Path, selector: selectors.BaseSelector) -> None:
        self._results = results
        self._selector = selector
        self._listening: socket.socket | None = None
        self._visitors: set[_Visitor] = set()
        self._waiting: dict[str, list[_Waiting]] = {}  # by run id
        self._unprompted: list[_Waiting] = []  # in order of `since`
        self.arrivals: list[Arrival] = []
        """Starts that wait to be stored."""

    def open(self) -> None:
        """Let clients in; where no socket can be had, they write to the database themselves."""
        try:
            self._listening = listen(self._results)
        except OSError as error:
            log.warning("starts are not taken over a socket, which costs some speed: %s", error)
            return
        self._selector.register(self._listening, selectors.EVENT_READ, self._admit)

    def close(self) -> None:
        """Let nobody in any more, and send all away: they find their own way to the database."""
        if self._listening is not None:
            self._selector.unregister(self._listening)
            self._listening.close()
            self._listening = None
        for visitor in list(self._visitors):
            self._see_off(visitor)

    def accepted(self, arrival: Arrival, answer: Accepted) -> None:
        """A start is stored, durably."""
        if arrival.wait:
            waiting = _Waiting(arrival.visitor, arrival.n, answer, time.monotonic())
            self._waiting.setdefault(arrival.new.id, []).append(waiting)
            self._unprompted.append(waiting)
        else:
            self.answer(arrival, answer)

    def answer(self, arrival: Arrival, answer: Answer) -> None:
        """Anything else that there is to say to a start."""
        self._send(arrival.visitor, answer)

    def ended(self, run_id: str, end: Callable[[], dict[str, Any] | None]) -> None:
        """A run is in its final state, durably.

        Args:
            run_id: which
            end: makes the fields that have changed since its start; None: they are to be read from the store
        """
        found = self._waiting.pop(run_id, None)
        if found:
            told = end()
            for waiting in found:
                waiting.start = None
                self._send(waiting.visitor, Ended(waiting.n, told))

    def prompt(self, now: float) -> None:
        """Tell those who wait for an end that has not come soon that the start is stored."""
        while self._unprompted and (
            self._unprompted[0].start is None or now >= self._unprompted[0].since + _PROMPT_SECONDS
        ):
            waiting = self._unprompted.pop(0)
            if waiting.start is not None:
                self._send(waiting.visitor, waiting.start)
                waiting.start = None

    def next_time(self) -> float | None:
        """The monotonic time at which `prompt` has something to do; None when nothing is due."""
        return self._unprompted[0].since + _PROMPT_SECONDS if self._unprompted else None

    def _admit(self) -> None:
        assert self._listening is not None  # noqa: S101 - it is registered only while it is open
        while True:
            try:
                connected, _ = self._listening.accept()
            except OSError:  # all are in, or no descriptor is left for another one
                return
            connected.setblocking(False)
            visitor = _Visitor(connected)
            self._visitors.add(visitor)
            self._selector.register(connected, selectors.EVENT_READ, lambda visitor=visitor: self._hear(visitor))

    def _hear(self, visitor: _Visitor) -> None:
        try:
            data = visitor.socket.recv(_MOST_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or len(visitor.received) > _LONGEST_MESSAGE:
            self._see_off(visitor)
            return
        visitor.received += data
        try:
            for message in unframed(visitor.received):
                self._take(visitor, read_question(message))
        except (msgspec.MsgspecError, TypeError) as error:
            log.warning("a process of the lab asked what is no question: %s", error)
            self._see_off(visitor)

    def _take(self, visitor: _Visitor, question: Start | Await) -> None:
        if isinstance(question, Start):
            self.arrivals.append(Arrival(visitor, question.n, _new_run(question.new), question.wait))
        else:
            waiting = _Waiting(visitor, question.n, None, time.monotonic())
            self._waiting.setdefault(question.id, []).append(waiting)

    def _send(self, visitor: _Visitor, answer: Answer) -> None:
        failpoint("supervisor.before-answer")
        if visitor not in self._visitors:
            return
        data = framed(answer)
        try:
            sent = visitor.socket.send(data)
        except OSError:
            sent = 0
        if sent < len(data):  # it does not read: let it find out for itself
            self._see_off(visitor)

    def _see_off(self, visitor: _Visitor) -> None:
        self._visitors.discard(visitor)
        self._selector.unregister(visitor.socket)
        visitor.socket.close()
        for run_id, waiting in list(self._waiting.items()):
            left = [one for one in waiting if one.visitor is not visitor]
            if left:
                self._waiting[run_id] = left
            else:
                del self._waiting[run_id]
        self._unprompted = [one for one in self._unprompted if one.visitor is not visitor]
        self.arrivals = [one for one in self.arrivals if one.visitor is not visitor]


def _new_run(fields: dict[str, Any]) -> NewRun:
    return NewRun(**{**fields, "given": tuple(fields["given"]), "tags": tuple(fields["tags"])})
