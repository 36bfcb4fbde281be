"""What all pages share: the queue's state in the bar, and a run on one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flasklab.runs.dotted import dotted
from flasklab.runs.progress import position_text
from flasklab.runs.state import RunState
from flasklab.web.presenters import formats

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flasklab.runs.run import Progress, Run

STATE_WORDS = {
    RunState.QUEUED: "Queued",
    RunState.RUNNING: "Running",
    RunState.SUCCEEDED: "Succeeded",
    RunState.FAILED: "Failed",
    RunState.CANCELED: "Canceled",
    RunState.TIMED_OUT: "Timed out",
    RunState.LOST: "Lost",
}


class LabNow(Protocol):
    """The lab at this moment, as the services tell it."""

    @property
    def counts(self) -> Mapping[RunState, int]:
        """Runs per state."""

    @property
    def workers(self) -> int:
        """Runs at once."""

    @property
    def supervised(self) -> bool:
        """Whether somebody gets runs done."""

    @property
    def reason(self) -> str:
        """Why queued runs wait, in one sentence; "" when none waits."""

    @property
    def trouble(self) -> str:
        """Why no run can be started; "" when nothing is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The chip in the bar."""

    running: int
    queued: int
    reason: str  # why queued runs wait; "" when none waits
    alarm: bool  # runs wait and nobody gets them done
    trouble: str  # why no run can be started; ""

    @property
    def text(self) -> str:
        """ "2 running · 5 queued"; "idle" when there is nothing."""
        parts = [
            f"{amount:,} {word}" for amount, word in ((self.running, "running"), (self.queued, "queued")) if amount
        ]
        return " · ".join(parts) or "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in a list."""

    id: str
    number: int
    experiment: str
    state: RunState
    word: str  # its state
    when: formats.Moment  # when it ended, began or was queued, whichever came last
    took: str  # its duration; "" unless it is finished
    percent: float | None  # 0 to 100; None where nobody knows
    position: str  # how far it is: "3 of 20 · reading"; ""
    error: str  # what went wrong: the exception's type and the first line of its message; ""
    changed: str  # parameters that differ from the defaults: "lr=0.1, epochs=5"
    waiting: str = ""  # why it waits, where that is known


def present_queue(now: LabNow | None) -> Queue | None:
    """The chip for the bar, or None where the lab's state is not known."""
    if now is None:
        return None
    queued = now.counts.get(RunState.QUEUED, 0)
    return Queue(
        running=now.counts.get(RunState.RUNNING, 0),
        queued=queued,
        reason=now.reason if queued else "",
        alarm=bool(queued) and not now.supervised,
        trouble=now.trouble,
    )


def percent(progress: Progress | None) -> float | None:
    """How much is done, from 0 to 100; None where the whole is unknown."""
    if progress is None or not progress.total or progress.total <= 0:
        return None
    return min(100.0, max(0.0, 100 * progress.done / progress.total))


def changed(run: Run, limit: int = 120) -> str:
    """The parameters that differ from the defaults, on one line."""
    given = dotted({name: run.params[name] for name in run.given if name in run.params})
    pairs = (f"{name}={formats.brief(value)}" for name, value in given.items())
    text = ", ".join(pairs)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def run_line(run: Run, now: datetime, waiting: str = "") -> RunLine:
    """A run on one line, as seen from `now`; `waiting` says why it waits."""
    took = run.duration_seconds
    return RunLine(
        id=run.id,
        number=run.number,
        experiment=run.experiment,
        state=run.state,
        word=STATE_WORDS[run.state],
        when=formats.moment(run.finished_at or run.started_at or run.created_at, now),
        took="" if took is None else formats.duration(took),
        percent=percent(run.progress),
        position=position_text(run.progress) if run.progress else "",
        error=run.error.sentence.strip().split("\n", 1)[0] if run.error else "",
        changed=changed(run),
        waiting=waiting,
    )
