"""Processes that serve run after run of a quick experiment (`isolation="warm"`)."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.execution.wire import Channel

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.execution.attempt import Attempt
    from flasklab.execution.zygotes import ZygoteHandle

_IDLE_SECONDS = 60.0  # then a process that nobody needs is let go
_SEND_SECONDS = 5.0


@dataclass(slots=True, eq=False)
class Serving:
    """One such process as the supervisor sees it; it lives until its pid is reported as ended."""

    zygote: ZygoteHandle
    experiment: str
    channel: Channel  # brings it its attempts; closing it lets it go
    folder: Path  # where it works
    attempt: Attempt | None  # what it does now
    events: int  # read ends of its pipes; -1 once closed
    outputs: dict[str, int]
    pid: int | None = None
    idle_since: float = 0.0  # monotonic time

    @property
    def fds(self) -> list[int]:
        """The read ends of its pipes that are open."""
        return [fd for fd in (self.events, *self.outputs.values()) if fd >= 0]


def make_serving(attempt: Attempt) -> tuple[Serving, int]:
    """A process to be, with the descriptor that it is given to hear of its next attempts.

    Args:
        attempt: its first, whose pipes are open

    Raises:
        OSError: no descriptors are left.
    """
    mine, its = socket.socketpair()
    mine.settimeout(_SEND_SECONDS)
    serving = Serving(
        zygote=attempt.zygote,
        experiment=attempt.spec.experiment,
        channel=Channel(mine),
        folder=attempt.spec.folder,
        attempt=attempt,
        events=attempt.events,
        outputs=attempt.outputs,
    )
    return serving, its.detach()


class Servings:
    """The processes that serve and are idle, or on their way out; a busy one is its attempt's.

    Args:
        most_idle: so many wait at most
    """

    def __init__(self, most_idle: int) -> None:
        self._most_idle = most_idle
        self._idle: list[Serving] = []  # the longest idle first
        self._leaving: list[Serving] = []

    def take(self, zygote: ZygoteHandle, experiment: str) -> Serving | None:
        """One that waits for a run of this experiment in this code, the one that was busy last; None without any."""
        for serving in reversed(self._idle):
            if serving.zygote is zygote and serving.experiment == experiment:
                self._idle.remove(serving)
                return serving
        return None

    def give_back(self, serving: Serving) -> None:
        """It waits for its next run."""
        serving.attempt, serving.idle_since = None, time.monotonic()
        self._idle.append(serving)
        if len(self._idle) > self._most_idle:
            self._let_go(self._idle[0])

    def dismiss(self, serving: Serving) -> None:
        """It is not to serve again."""
        serving.attempt = None
        self._leaving.append(serving)
        serving.channel.close()

    def let_go(self, current: ZygoteHandle | None, now: float) -> None:
        """Let those go that nobody has needed for a while, or whose code is not the present one.

        Args:
            current: the zygote of the present code
            now: monotonic seconds
        """
        for serving in list(self._idle):
            if serving.zygote is not current or now - serving.idle_since >= _IDLE_SECONDS:
                self._let_go(serving)

    def ended(self, zygote: ZygoteHandle, pid: int | None = None) -> list[Serving]:
        """Forget those whose process has ended.

        Args:
            zygote: whose child it was
            pid: the process; all of the zygote's when not given
        """
        gone = [
            one for one in (*self._idle, *self._leaving) if one.zygote is zygote and (pid is None or one.pid == pid)
        ]
        self._idle = [one for one in self._idle if one not in gone]
        self._leaving = [one for one in self._leaving if one not in gone]
        return gone

    def _let_go(self, serving: Serving) -> None:
        self._idle.remove(serving)
        self.dismiss(serving)
