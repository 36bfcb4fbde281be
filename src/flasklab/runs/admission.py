"""May this run begin now, and if not, why: the one rule, by which runs are claimed and by which their waiting is told.

A run needs code that can be imported, a free worker, a free place among those of its experiment, and the units that it
takes of each pool. Runs are looked at in the order of the queue. One that must wait lets others go first, with two
exceptions, so that it does not wait for ever: within an experiment nobody overtakes, and nobody takes units of a pool
for which somebody waits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run asks for."""

    number: int  # of the run
    experiment: str
    resources: Mapping[str, int]  # units of each pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What there is."""

    workers: int  # runs at once
    pools: Mapping[str, int] = field(default_factory=dict)  # units of each pool
    concurrency: Mapping[str, int] = field(default_factory=dict)  # runs at once, of experiments that have a limit
    broken: Callable[[str], str] = lambda _: ""  # why an experiment cannot be run until its code is mended; ""


class Admission:
    """Admits runs in the order of the queue.

    Args:
        limits: what there is
        under_way: the runs that take of it already
    """

    def __init__(self, limits: Limits, under_way: Iterable[Wanted] = ()) -> None:
        self._limits = limits
        self._under_way = list(under_way)
        self._behind: dict[str, int] = {}  # experiment -> the run of it that waits
        self._awaited: dict[str, int] = {}  # pool -> the run that waits for units of it

    @property
    def free_workers(self) -> int:
        """How many runs more may be under way at once."""
        return self._limits.workers - len(self._under_way)

    def admit(self, run: Wanted) -> bool:
        """Whether the next run in the queue may begin; it is taken as under way then, and as waiting otherwise."""
        if self._is_behind(run):
            return False
        if not self.why_not(run):
            self._under_way.append(run)
            return True
        self._behind[run.experiment] = run.number
        fits = not (self._broken(run.experiment) or self._too_much(run.resources) or self._no_place(run.experiment))
        if fits and (self._no_units(run) or self._after(run)):
            for pool in run.resources:
                self._awaited.setdefault(pool, run.number)
        return False

    def why_not(self, run: Wanted) -> str:
        """Why a run may not begin, after all those that were looked at before it; "" when it may."""
        return (
            self._broken(run.experiment)
            or self._too_much(run.resources)
            or self._no_place(run.experiment)
            or self._no_units(run)
            or self._no_worker()
            or self._after(run)
        )

    def _is_behind(self, run: Wanted) -> bool:
        return self._behind.get(run.experiment, run.number) != run.number

    def _broken(self, experiment: str) -> str:
        why = self._limits.broken(experiment)
        return f"{experiment} cannot be run until its code is mended: {why}" if why else ""

    def _too_much(self, resources: Mapping[str, int]) -> str:
        return " ".join(more_than_there_is(resources, self._limits.pools))

    def _no_worker(self) -> str:
        if self.free_workers > 0:
            return ""
        workers = self._limits.workers
        busy = "The one worker is busy" if workers == 1 else f"All {workers} workers are busy"
        return f"{busy}; raise FLASKLAB_WORKERS to run more at once."

    def _no_place(self, experiment: str) -> str:
        limit = self._limits.concurrency.get(experiment)
        count = sum(one.experiment == experiment for one in self._under_way)
        if limit is None or count < limit:
            return ""
        if count == 1:
            return f"A run of {experiment} is under way, and it allows one at once (concurrency=1)."
        return f"{count} runs of {experiment} are under way, and it allows {limit} at once (concurrency={limit})."

    def _no_units(self, run: Wanted) -> str:
        for pool, wanted in run.resources.items():
            takers = [one for one in self._under_way if one.resources.get(pool)]
            taken = sum(one.resources[pool] for one in takers)
            there = self._limits.pools.get(pool, 0)
            if taken + wanted > there:
                return f"It waits for {wanted} {pool}: {taken} of {there} {_are(taken)} taken by {_named(takers)}."
        return ""

    def _after(self, run: Wanted) -> str:
        for pool in run.resources:
            if self._awaited.get(pool, run.number) != run.number:
                return (
                    f"It waits for {run.resources[pool]} {pool}: #{self._awaited[pool]} waits for it too, and is first."
                )
        if self._is_behind(run):
            first = f"#{self._behind[run.experiment]} of {run.experiment}"
            return f"It waits for its turn: {first} is before it and waits too."
        return ""


def more_than_there_is(resources: Mapping[str, int], pools: Mapping[str, int]) -> list[str]:
    """For each pool of which more is asked for than the lab has: a sentence that says what to set."""
    sentences = []
    for pool, wanted in resources.items():
        there = pools.get(pool, 0)
        if wanted > there:
            has = f"only {there} of it" if there else "none"
            sentences.append(
                f"It takes {wanted} {pool}, and this lab has {has}; set FLASKLAB_RESOURCES={pool}={wanted} or more."
            )
    return sentences


def _named(takers: Iterable[Wanted]) -> str:
    names = [f"#{one.number}" for one in takers]
    if len(names) > 5:
        return f"{', '.join(names[:4])} and {len(names) - 4} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
