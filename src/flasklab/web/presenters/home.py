"""The front page: the lab's experiments, what runs now, what failed lately."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from flasklab.runs.state import RunState
from flasklab.runs.times import now as present_time
from flasklab.web.presenters.frame import LabNow, Queue, RunLine, present_queue, run_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from flasklab.experiments.description import BrokenModule, Catalog, Description
    from flasklab.runs.run import Run

_FAILURES = (RunState.FAILED, RunState.TIMED_OUT, RunState.LOST)

EXAMPLE = '''from flasklab import experiment


@experiment
def double(param: float = 21.0):
    """Twice the parameter."""
    return {"output": 2 * param}
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRow:
    """One experiment in the list."""

    name: str
    title: str
    summary: str
    tags: tuple[str, ...]
    last: RunLine | None  # its latest run


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRow:
    """A module that could not be used, in its place in the list."""

    module: str
    experiment: str | None  # the one of its functions that could not be used; None for the whole module
    where: str  # "classify.py:12"
    error: str  # the exception in one line
    needs: str | None  # what to install


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """All that the front page shows."""

    ready: bool  # False while experiments are being imported; the page asks again
    experiments: tuple[ExperimentRow, ...]
    broken: tuple[BrokenRow, ...]
    running: tuple[RunLine, ...]
    failures: tuple[RunLine, ...]  # the latest few
    recent: tuple[RunLine, ...]
    runs_total: int
    queue: Queue | None
    example: str = field(default=EXAMPLE)

    @property
    def is_empty(self) -> bool:
        """No experiment, none broken, and none to come."""
        return self.ready and not self.experiments and not self.broken


def broken_row(broken: BrokenModule) -> BrokenRow:
    """A broken module on one line."""
    name = Path(broken.file).name
    return BrokenRow(
        module=broken.module,
        experiment=broken.experiment,
        where=f"{name}:{broken.line}" if broken.line else name,
        error=broken.error,
        needs=broken.needs,
    )


def present_home(
    catalog: Catalog,
    latest: Mapping[str, Run],
    counts: Mapping[RunState, int],
    running: Sequence[Run],
    recent: Sequence[Run],
    status: LabNow | None,
    *,
    at: datetime | None = None,
) -> HomePage:
    """The front page as of `at` (now, when not given).

    Args:
        catalog: the experiments
        latest: the latest run of each experiment
        counts: runs per state
        running: the runs that run now
        recent: the latest runs, newest first
        status: the lab at this moment
        at: the time that ages count from
    """
    at = at or present_time()
    failures = [run for run in recent if run.state in _FAILURES][:3]
    return HomePage(
        ready=catalog.ready,
        experiments=tuple(_row(found, latest.get(found.name), at) for found in catalog.experiments),
        broken=tuple(broken_row(broken) for broken in catalog.broken),
        running=tuple(run_line(run, at) for run in running),
        failures=tuple(run_line(run, at) for run in failures),
        recent=tuple(run_line(run, at) for run in recent[:8]),
        runs_total=sum(counts.values()),
        queue=present_queue(status),
    )


def _row(description: Description, last: Run | None, at: datetime) -> ExperimentRow:
    return ExperimentRow(
        name=description.name,
        title=description.title,
        summary=description.summary,
        tags=description.tags,
        last=run_line(last, at) if last else None,
    )
