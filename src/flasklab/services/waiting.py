"""Why a queued run waits, in one sentence with what helps: told by the same rule by which runs are claimed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.runs.admission import Admission, Limits, Wanted
from flasklab.runs.state import RunState
from flasklab.runs.times import now, words_for_seconds
from flasklab.store.presence import is_supervised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from flasklab.config import Settings
    from flasklab.runs.run import Run
    from flasklab.services.experiment_read import ExperimentRead
    from flasklab.store.store import Store

_UNSUPERVISED = "No supervisor is alive to get runs done; start `flasklab serve` in the lab's folder."
_IMPORTING = "The experiments are still being imported; runs begin right after."
_SOON = "It begins in a moment."
_UNBORN = 0  # the number of a run that is not there yet; real ones begin at 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a queued run may wait for, at one moment."""

    at: datetime
    supervised: bool  # whether a supervisor lives
    described: bool  # whether the experiments were imported once
    limits: Limits
    under_way: tuple[Wanted, ...]
    heads: tuple[tuple[int, Wanted], ...]  # the first queued run of each experiment, in queue order, with its rank
    next_release: datetime | None  # when the first run that is held until a moment is due

    def why(self, run: Run) -> str:
        """Why a run waits; "" unless it is queued."""
        if run.state is not RunState.QUEUED:
            return ""
        if self._why_nobody():
            return self._why_nobody()
        if run.not_before is not None and run.not_before > self.at:
            return self._why_held(run, run.not_before)
        rule = Admission(self.limits, self.under_way)
        free = rule.free_workers
        for rank, head in self.heads:
            if (rank, head.number) < (-run.priority, run.number):
                rule.admit(head)
        why = rule.why_not(Wanted(run.number, run.experiment, run.resources))
        if not why and (run.queue_position or 1) > free:
            return "The runs before it begin first."
        return why or _SOON

    def of_start(self, experiment: str, resources: Mapping[str, int], priority: int) -> str:
        """Why a run that is started now would wait; "" where it would begin at once."""
        if self._why_nobody():
            return self._why_nobody()
        rule = Admission(self.limits, self.under_way)
        for rank, head in self.heads:
            if rank <= -priority:
                rule.admit(head)
        return rule.why_not(Wanted(_UNBORN, experiment, resources))

    def of_queue(self) -> str:
        """Why the queue as a whole waits, given that something is queued."""
        if self._why_nobody():
            return self._why_nobody()
        if not self.heads and self.next_release is not None:
            return f"The next run begins at {_moment(self.next_release)} at the earliest."
        rule = Admission(self.limits, self.under_way)
        for _, head in self.heads:
            why = rule.why_not(head)
            if why:
                return why if rule.free_workers <= 0 else f"#{head.number} of {head.experiment}: {why}"
            rule.admit(head)
        return _SOON

    def _why_nobody(self) -> str:
        if not self.supervised:
            return _UNSUPERVISED
        return "" if self.described else _IMPORTING

    def _why_held(self, run: Run, until: datetime) -> str:
        if not run.begun:
            return f"It begins at {_moment(until)} at the earliest."
        wait = words_for_seconds((until - self.at).total_seconds())
        return f"It is tried again in {wait}: attempt {run.begun + 1} of {run.retries + 1}."


class Waiting:
    """Tells why runs wait.

    Args:
        store: where runs are kept
        settings: for the number of workers and the pools of units
        experiments: for their limits
    """

    def __init__(self, store: Store, settings: Settings, experiments: ExperimentRead) -> None:
        self._store = store
        self._settings = settings
        self._experiments = experiments

    def __call__(self, runs: Iterable[Run]) -> dict[str, str]:
        """Why those of the runs wait that are queued, by id."""
        queued = [run for run in runs if run.state is RunState.QUEUED]
        if not queued:
            return {}
        situation = self.situation()
        return {run.id: situation.why(run) for run in queued}

    def situation(self) -> Situation:
        """What there is to wait for now."""
        catalog = self._experiments.known()
        with self._store.read() as unit:
            under_way = tuple(Wanted(*one) for one in unit.queue.under_way())
            heads = tuple((one.rank, Wanted(one.number, one.experiment, one.resources)) for one in unit.queue.heads())
            next_release = unit.queue.next_release()
        return Situation(
            at=now(),
            supervised=is_supervised(self._settings.results),
            described=catalog.fingerprint != "",
            limits=Limits(
                workers=self._settings.workers,
                pools=self._settings.resources,
                concurrency=catalog.concurrency,
                broken=catalog.why_broken,
            ),
            under_way=under_way,
            heads=heads,
            next_release=next_release,
        )


def _moment(at: datetime) -> str:
    seconds = f"{at:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
    return f"{seconds} UTC"
