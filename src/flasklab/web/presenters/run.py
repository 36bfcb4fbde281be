"""The page of one run: live while it runs, the full record when it is finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flasklab.runs.progress import left_text, pace_text, position_text
from flasklab.runs.state import RunState
from flasklab.runs.times import now as present_time
from flasklab.runs.times import rfc3339
from flasklab.web.presenters import charts, ending, formats, record, results
from flasklab.web.presenters.frame import STATE_WORDS, LabNow, Queue, percent, present_queue
from flasklab.web.presenters.log import LogTail, present_log
from flasklab.web.presenters.note import Words, present_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from flasklab.experiments.description import Description
    from flasklab.runs.checkpoints import CheckpointFile
    from flasklab.runs.history import Attempt, RunEvent
    from flasklab.runs.run import MetricSummary, Run
    from flasklab.web.presenters.form import Copies
    from flasklab.web.presenters.log import LogSlice
    from flasklab.web.presenters.note import Typed

TABS = ("overview", "charts", "log", "results", "files", "parameters", "system", "code")
_FIRST_FIGURES = 12  # on the overview
_MOST_FIGURES = 120  # on a page of results that was not asked for all
_STATS = 6  # metrics in the strip
_EXACT_PLACES = 2000  # beyond, places in the queue are reckoned
_MOST_CHARTS = 8  # in the overview


class RunLinks(results.FileLinks, Protocol):
    """Addresses of one run."""

    @property
    def page(self) -> str:
        """This page."""

    @property
    def form(self) -> str:
        """The form, filled with this run's parameters."""

    @property
    def cancel(self) -> str:
        """Where a POST cancels it."""

    @property
    def rerun(self) -> str:
        """Where a POST runs it again."""

    @property
    def delete(self) -> str:
        """Where a POST puts it into the bin."""

    @property
    def restore(self) -> str:
        """Where a POST takes it out of the bin."""

    @property
    def pin(self) -> str:
        """Where a POST pins it."""

    @property
    def tags(self) -> str:
        """Where a POST changes its tags."""

    @property
    def note(self) -> str:
        """Where a POST changes its note."""

    @property
    def download(self) -> str:
        """All of it as a zip."""

    @property
    def live(self) -> str:
        """What is new after a cursor."""

    @property
    def metrics(self) -> str:
        """Series of its metrics."""

    @property
    def log(self) -> str:
        """The whole log as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One of the page's views."""

    key: str
    label: str
    count: int | None  # how much is in it; None where that says nothing
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """One number of the strip."""

    key: str  # "elapsed", "left", "pace" or "metric:<name>"; what the live island looks for
    label: str
    text: str
    title: str = ""  # more of it, for the tooltip


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One metric in six numbers."""

    key: str
    last: str
    min: str
    max: str
    mean: str
    count: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """All that a run's page shows."""

    run: Run
    title: str  # "#12 classify"
    word: str  # its state
    final: bool
    deleted: formats.Moment | None  # when it was put into the bin
    waiting: str  # why a queued run waits; "" otherwise
    canceling: bool  # asked to stop, not gone yet
    percent: float | None  # 0 to 100
    progress: str  # "3 of 20 · epoch 3"
    stats: tuple[Stat, ...]
    tab: str
    tabs: tuple[Tab, ...]
    sections: tuple[charts.Section, ...]  # charts of this tab
    most_charts: int  # that the overview shows
    more_charts: int  # that it does not
    metrics: tuple[MetricRow, ...]
    values: tuple[results.OutputValue, ...]
    output_json: str  # what else was returned
    figures: tuple[results.Figure, ...]
    seen: tuple[results.Figure, ...]  # those of them that this view draws
    figures_named: str  # what their names were asked to contain
    files: tuple[results.FileRow, ...]
    files_size: str  # of all together
    parameters: tuple[record.ParameterRow, ...]
    facts: tuple[record.Fact, ...]
    attempts: tuple[ending.AttemptRow, ...]  # empty unless there were several, or the run did not succeed
    steps: tuple[ending.Step, ...]  # of its end, where the lab ends it
    checkpoint: ending.CheckpointLine | None  # the last one
    event: int  # the live island asks for what happened anew when it has grown
    packages: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    log: LogTail
    cursor: str  # where the live island begins: all points, and the log after what is shown
    begun: int  # facts of its beginning that are known: start, seed; the live island asks for the record anew with each
    started: str  # RFC 3339, from which the island counts; "" before
    copies: Copies | None
    queue: Queue | None
    links: RunLinks
    known: bool  # the experiment still exists, so it can be run again
    words: Words  # what is written about it


def present_run(
    run: Run,
    description: Description | None,
    *,
    environment: Mapping[str, Any] | None,
    log: LogSlice,
    attempts: Sequence[Attempt],
    copies: Copies | None,
    queue: LabNow | None,
    links: RunLinks,
    tab: str = "overview",
    events: Sequence[RunEvent] = (),
    checkpoint: CheckpointFile | None = None,
    event: int = 0,
    waiting: str = "",
    system_keys: Sequence[str] = (),
    figures_named: str = "",
    all_figures: bool = False,
    typed: Typed | None = None,
    at: datetime | None = None,
) -> RunPage:
    """The page of `run` as of `at` (now, when not given).

    Args:
        run: the run
        description: its experiment, if the lab still has it
        environment: what was recorded of its surroundings
        log: the log's tail
        attempts: its attempts, first one first
        copies: the same start as code
        queue: the lab at this moment
        links: addresses of the run
        tab: the view asked for; an unknown one is the overview
        events: what happened to it, first to last
        checkpoint: the last one that it has
        event: number of the latest event, for the live island
        waiting: why it waits; "" unless it is queued
        system_keys: what was measured of its processes; without any, there is no view of them
        figures_named: only figures whose names contain it are drawn among the results
        all_figures: more than the first hundred of them are drawn
        typed: what somebody wrote about it that could not be taken
    """
    at = at or present_time()
    tab = tab if tab in TABS and (system_keys or tab != "system") else "overview"
    artifacts = run.artifacts
    shown = results.figures(artifacts, links)
    parameters = record.parameter_rows(run, description)
    sections = charts.sections(system_keys if tab == "system" else run.metrics)
    few = charts.leading(sections, _MOST_CHARTS) if tab == "overview" else sections
    return RunPage(
        run=run,
        title=f"#{run.number} {run.experiment}",
        word=STATE_WORDS[run.state],
        final=run.state.is_final,
        deleted=formats.moment(run.deleted_at, at) if run.deleted_at else None,
        waiting=waiting_text(run.queue_position, waiting) if run.state is RunState.QUEUED else "",
        canceling=run.cancel_requested_at is not None and not run.state.is_final,
        percent=percent(run.progress),
        progress=position_text(run.progress) if run.progress else "",
        stats=_stats(run, at),
        tab=tab,
        tabs=_tabs(run, tab, len(shown), parameters, system=bool(system_keys)),
        sections=few,
        most_charts=_MOST_CHARTS,
        more_charts=charts.count(sections) - charts.count(few),
        metrics=tuple(_metric(key, summary) for key, summary in run.metrics.items()),
        values=results.output_values(run),
        output_json=results.output_rest(run),
        figures=shown,
        seen=_seen(shown, tab, figures_named, all_figures),
        figures_named=figures_named,
        files=results.files(artifacts, links),
        files_size=formats.size(sum(artifact.size for artifact in artifacts)),
        parameters=parameters,
        facts=record.facts(run, environment, at),
        attempts=ending.attempt_rows(run, attempts, at),
        steps=ending.steps(run, events, attempts, at),
        checkpoint=ending.checkpoint_line(checkpoint, at),
        event=event,
        packages=record.packages(environment),
        sources=record.sources(environment),
        log=present_log(log, run.started_at),
        cursor=f"0.{log.end}",
        begun=(run.started_at is not None) + (run.seed is not None),
        started=rfc3339(run.started_at) if run.started_at else "",
        copies=copies if copies and copies.curl else None,
        queue=present_queue(queue),
        links=links,
        known=description is not None,
        words=present_words(run, typed),
    )


def _seen(shown: Sequence[results.Figure], tab: str, named: str, every: bool) -> tuple[results.Figure, ...]:
    if tab != "results":
        return tuple(shown[:_FIRST_FIGURES])
    wanted = [figure for figure in shown if named.casefold() in figure.name.casefold()]
    return tuple(wanted if every else wanted[:_MOST_FIGURES])


def waiting_text(position: int | None, why: str) -> str:
    """A queued run's place, if it has one, and why it waits; the live island writes the same."""
    if position is None:
        return why
    ahead = position - 1
    about = "About " if ahead >= _EXACT_PLACES else ""
    place = f"{about}{formats.count(ahead, 'run')} before it in the queue." if ahead else "It is next in the queue."
    return f"{place} {why}".strip()


def _stats(run: Run, at: datetime) -> tuple[Stat, ...]:
    stats = []
    for key, summary in list(run.metrics.items())[:_STATS]:
        least, most, step = map(formats.number, (summary.min, summary.max, summary.step))
        title = f"min {least} · max {most} · step {step}"
        stats.append(Stat(key=f"metric:{key}", label=key, text=formats.number(summary.last), title=title))
    if run.started_at is not None:
        elapsed = ((run.finished_at or at) - run.started_at).total_seconds()
        label = "Took" if run.state.is_final else "Elapsed"
        stats.append(Stat(key="elapsed", label=label, text=formats.duration(elapsed)))
    if run.state is RunState.RUNNING:
        left = run.progress.left(at) if run.progress else None
        stats.append(Stat(key="left", label="Left", text="…" if left is None else left_text(left)))
        pace = pace_text(run.progress, at) if run.progress else ""
        stats.append(Stat(key="pace", label="Pace", text=pace))
    return tuple(stats)


def _tabs(
    run: Run, current: str, shown: int, parameters: Sequence[record.ParameterRow], *, system: bool
) -> tuple[Tab, ...]:
    counts = {
        "charts": len(run.metrics),
        "results": shown,
        "files": len(run.artifacts),
        "parameters": len(parameters),
    }
    return tuple(
        Tab(key=key, label=key.capitalize(), count=counts.get(key), current=key == current)
        for key in TABS
        if system or key != "system"
    )


def _metric(key: str, summary: MetricSummary) -> MetricRow:
    return MetricRow(
        key=key,
        last=formats.number(summary.last),
        min=formats.number(summary.min),
        max=formats.number(summary.max),
        mean=formats.number(summary.mean),
        count=formats.number(summary.count),
        step=formats.number(summary.step),
    )
