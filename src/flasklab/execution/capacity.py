"""What the lab has to give to runs at this moment, as its supervisor knows it: workers, places, units, GPUs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flasklab.execution.spec import DEVICES_VARIABLE
from flasklab.runs.admission import Admission, Limits, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flasklab.config import Settings
    from flasklab.execution.attempt import Attempt
    from flasklab.execution.runner import Runner
    from flasklab.execution.turn import Turn
    from flasklab.experiments.description import Catalog

GPU = "gpu"
"""The pool whose units are the machine's GPUs: each run is shown its own and no other."""


class Capacity:
    """Knows what is taken.

    Args:
        settings: for workers and pools
        runner: whose attempts take of it
    """

    def __init__(self, settings: Settings, runner: Runner) -> None:
        self._settings = settings
        self._runner = runner
        self._devices = _devices(settings.resources.get(GPU, 0))
        self._limits: tuple[Catalog | None, Limits] = (None, self._read(None))

    def admission(self, turn: Turn, catalog: Catalog | None) -> Admission:
        """The rule by which runs are claimed in this turn.

        Args:
            turn: what has ended in it takes nothing any more, what was claimed in it does
            catalog: with the experiments' limits
        """
        if self._limits[0] is not catalog:
            self._limits = catalog, self._read(catalog)
        taken = [Wanted(one.spec.number, one.spec.experiment, one.resources) for one in self._holding(turn)]
        taken += [
            Wanted(one.claimable.number, one.claimable.experiment, one.claimable.resources) for one in turn.claims
        ]
        return Admission(self._limits[1], taken)

    def devices(self, turn: Turn, resources: Mapping[str, int]) -> tuple[str, ...]:
        """The GPUs for a run that is claimed in this turn; none where it takes none, or they are not handed out."""
        wanted = resources.get(GPU, 0)
        if not wanted or not self._devices:
            return ()
        taken = {device for one in self._holding(turn) for device in one.devices}
        taken |= {device for one in turn.claims for device in one.devices}
        return tuple([device for device in self._devices if device not in taken][:wanted])

    def _read(self, catalog: Catalog | None) -> Limits:
        return Limits(
            workers=self._settings.workers,
            pools=self._settings.resources,
            concurrency={} if catalog is None else catalog.concurrency,
            broken=(lambda _: "") if catalog is None else catalog.why_broken,
        )

    def _holding(self, turn: Turn) -> Iterator[Attempt]:
        """The attempts that take something: all that go on, and those with units until their processes are gone."""
        over = {id(one) for one, _ in turn.ended} | {id(one) for one in turn.disowned}
        for attempt in self._runner.attempts.values():
            if id(attempt) not in over or _still_holds(attempt):
                yield attempt
        yield from filter(_still_holds, self._runner.leaving)


def _still_holds(attempt: Attempt) -> bool:
    return bool(attempt.resources) and not attempt.gone and attempt.serving is None


def _devices(count: int) -> tuple[str, ...]:
    """Names of as many GPUs: those that this process may see, or the machine's first ones."""
    visible: Iterable[str] = os.environ.get(DEVICES_VARIABLE, "").split(",")
    named = tuple(name.strip() for name in visible if name.strip())
    if not named:
        return tuple(map(str, range(count)))
    return named[:count] if len(named) >= count else ()
