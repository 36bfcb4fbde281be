"""The page of a comparison: a chip for each run, and tables with a column for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flasklab.runs.comparing import number_of
from flasklab.web.presenters import charts, formats
from flasklab.web.presenters.frame import STATE_WORDS, LabNow, Queue, present_queue
from flasklab.web.presenters.run_colors import COLORS, DASHES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flasklab.runs.comparing import RankedRow, ValueRow
    from flasklab.runs.run import Run
    from flasklab.runs.state import RunState
    from flasklab.web.presenters.compare_parts import ComparedPart

TABS = ("overview", "curves", "figures", "tables", "logs", "code", "environment")
_MOST_ROWS = 120  # of a table that was not asked for whole
_TOLD = 60  # characters of the parameters that tell a run from the others
_FOLDED = ("Parameters", "Packages")  # tables of which those that do not differ are shown only where they are asked for
_NOT = "none"
_PAIRED = ("tables", "logs", "code")  # views of two runs at a time


class Compared(Protocol):
    """What the service `RunCompare` answers."""

    @property
    def runs(self) -> Sequence[Run]:
        """The baseline first."""

    @property
    def baseline(self) -> Run | None:
        """The one that the others are told by."""

    @property
    def parameters(self) -> Sequence[ValueRow]:
        """A row each."""

    @property
    def outputs(self) -> Sequence[RankedRow]:
        """A row for each value."""

    @property
    def metrics(self) -> Sequence[RankedRow]:
        """Three rows for each metric."""

    @property
    def environment(self) -> Sequence[ValueRow]:
        """What was recorded of the surroundings."""

    @property
    def packages(self) -> Sequence[ValueRow]:
        """Versions by package."""


class CompareLinks(Protocol):
    """Addresses that ask for the same comparison a little differently."""

    def tab(self, key: str) -> str:
        """Another view."""

    def without(self, run_id: str) -> str:
        """Without a run."""

    def baseline(self, run_id: str) -> str:
        """Told by another run; by none with ""."""

    def everything(self, every: bool) -> str:
        """With all rows, or without those that do not differ."""

    def switch(self, name: str, lower: bool) -> str:
        """The other direction for a value."""

    def run(self, run_id: str) -> str:
        """A run's page."""

    @property
    def fields(self) -> Sequence[tuple[str, str]]:
        """Hidden fields of a form that adds runs."""

    @property
    def pair_fields(self) -> Sequence[tuple[str, str]]:
        """Hidden fields of a form that chooses two of them."""

    @property
    def figure_fields(self) -> Sequence[tuple[str, str]]:
        """Hidden fields of a form that filters figures."""

    @property
    def here(self) -> str:
        """Where such a form leads."""

    @property
    def curves(self) -> str:
        """Where the curves are fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChip:
    """One run of the comparison."""

    id: str
    label: str  # "#12"
    experiment: str
    state: RunState
    word: str  # its state
    told: str  # the parameters that tell it from the others: "lr=0.1, epochs=5"
    slot: int  # of its colour
    color: str  # class of its colour
    dash: str  # of its line; "" for none
    page: str
    is_baseline: bool
    baseline_url: str  # pins it, or unpins it
    remove_url: str  # "" where too few would be left
    start: float  # Unix seconds from which its relative time counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One run's value in a row."""

    text: str
    title: str  # with every digit
    nothing: bool  # the text says that there is none
    numeric: bool
    best: bool
    delta: str  # "+0.02", from the baseline; ""
    arrow: str  # "▲" or "▼"; ""
    tone: str  # "good" or "bad"; "" where there is no delta, or it is nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that the runs have."""

    name: str
    of: str  # "last", "min" or "max" of a metric; ""
    differs: bool
    cells: tuple[Cell, ...]
    direction: str  # "lower is better"; "" where nothing is ranked, or the row above says so
    switch: str  # where the other direction is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A table with a column for each run."""

    title: str
    rows: tuple[Row, ...]
    more: int  # rows that are left out
    same: bool  # those left out are the same for all runs; otherwise they are too many
    more_url: str  # where they are shown; "" where they are here
    fewer_url: str  # where only those that differ are; "" where that is so here, or makes no difference
    empty: str  # what to say without any row


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One of the page's views."""

    key: str
    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """All that the page of a comparison shows."""

    title: str  # "3 runs of train"
    runs: tuple[RunChip, ...]
    baseline: RunChip | None
    tab: str
    tabs: tuple[Tab, ...]
    tables: tuple[Rows, ...]  # of this view
    sections: tuple[charts.Section, ...]  # charts of this view: a metric's name, and the runs that have it
    part: ComparedPart | None  # what this view has besides
    pair: tuple[RunChip, RunChip] | None  # of a view of two runs
    live: bool  # some run is not finished
    links: CompareLinks
    queue: Queue | None


def present_comparison(
    found: Compared,
    *,
    links: CompareLinks,
    slots: Mapping[str, int],
    starts: Mapping[str, float],
    tab: str = "overview",
    every: bool = False,
    part: ComparedPart | None = None,
    pair: tuple[Run, Run] | None = None,
    queue: LabNow | None = None,
) -> ComparePage:
    """The page of a comparison.

    Args:
        found: the runs and their rows
        links: addresses
        slots: of the runs' colours, by id
        starts: from when their relative times count, by id
        tab: the view; an unknown one is the overview
        every: all rows, also those in which the runs do not differ
        part: what the view shows besides tables
        pair: the two runs of a view of two
        queue: the lab at this moment
    """
    tab = tab if tab in TABS else "overview"
    chips = tuple(_chip(run, found, links, slots[run.id], starts[run.id]) for run in found.runs)
    names = {run.experiment for run in found.runs}
    of = f" of {next(iter(names))}" if len(names) == 1 else ""
    by_id = {chip.id: chip for chip in chips}
    return ComparePage(
        title=f"{len(chips)} runs{of}",
        runs=chips,
        baseline=next((chip for chip in chips if chip.is_baseline), None),
        tab=tab,
        tabs=tuple(Tab(key=key, label=key.capitalize(), url=links.tab(key), current=key == tab) for key in TABS),
        tables=tuple(_tables(found, tab, every, links)),
        sections=_sections(found) if tab == "curves" else (),
        part=part,
        pair=(by_id[pair[0].id], by_id[pair[1].id]) if pair is not None and tab in _PAIRED else None,
        live=any(not run.state.is_final for run in found.runs),
        links=links,
        queue=present_queue(queue),
    )


def _chip(run: Run, found: Compared, links: CompareLinks, slot: int, start: float) -> RunChip:
    pinned = found.baseline is run
    at = list(found.runs).index(run)
    told = (f"{row.name}={formats.brief(row.values[at])}" for row in found.parameters if row.differs and row.known[at])
    text = ", ".join(told)
    return RunChip(
        id=run.id,
        label=f"#{run.number}",
        experiment=run.experiment,
        state=run.state,
        word=STATE_WORDS[run.state],
        told=text if len(text) <= _TOLD else text[: _TOLD - 1] + "…",
        slot=slot,
        color=f"c{1 + slot % COLORS}",
        dash=DASHES[slot // COLORS],
        page=links.run(run.id),
        is_baseline=pinned,
        baseline_url=links.baseline("" if pinned else run.id),
        remove_url=links.without(run.id) if len(found.runs) > 2 else "",
        start=start,
    )


def _tables(found: Compared, tab: str, every: bool, links: CompareLinks) -> list[Rows]:
    if tab == "overview":
        return [
            _differing("Parameters", found.parameters, every, links, "These runs take no parameters."),
            _first("Output", found.outputs, every, links, "None of these runs has returned anything."),
            _first("Metrics", found.metrics, every, links, "None of these runs has logged a metric."),
        ]
    if tab == "code":
        names = ("Code", "Git commit", "Git branch", "Uncommitted changes")
        rows = [row for row in found.environment if row.name in names]
        return [_differing("Git", rows, True, links, "No code was recorded of these runs.")]
    if tab == "environment":
        nothing = "Nothing was recorded of these runs' surroundings."
        return [
            _differing("Machine", found.environment, True, links, nothing),
            _differing("Packages", found.packages, every, links, nothing),
        ]
    return []


def _differing(title: str, rows: Sequence[ValueRow], every: bool, links: CompareLinks, empty: str) -> Rows:
    """Those in which the runs differ, and, where all are wanted, the others after them."""
    differing = [row for row in rows if row.differs]
    same = [row for row in rows if not row.differs]
    shown = [*differing, *same] if every else differing
    folds = every and same and differing and title in _FOLDED
    hidden = len(rows) - len(shown)
    return Rows(
        title=title,
        rows=tuple(_row(row) for row in shown),
        more=hidden,
        same=True,
        more_url=links.everything(True) if hidden else "",
        fewer_url=links.everything(False) if folds else "",
        empty=empty if not rows else "They are the same in all of these runs.",
    )


def _first(title: str, rows: Sequence[RankedRow], every: bool, links: CompareLinks, empty: str) -> Rows:
    shown = rows if every else rows[:_MOST_ROWS]
    hidden = len(rows) - len(shown)
    return Rows(
        title=title,
        rows=tuple(_ranked(shown, links)),
        more=hidden,
        same=False,
        more_url=links.everything(True) if hidden else "",
        fewer_url="",
        empty=empty,
    )


def _row(row: ValueRow) -> Row:
    brief, full = ({limited(value) for value in row.values} for limited in (formats.brief, _in_full))
    exact = len(brief) < len(full)  # four digits do not tell them apart
    cells = tuple(
        _cell(value, known, exact=exact, brief=True) for value, known in zip(row.values, row.known, strict=True)
    )
    return Row(name=row.name, of="", differs=row.differs, cells=cells, direction="", switch="")


def _in_full(value: Any) -> str:
    return formats.value(value, exact=True, limit=400)


def _ranked(rows: Sequence[RankedRow], links: CompareLinks) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        name = row.row.name
        said = bool(found) and found[-1].name == name
        ranked = any(number_of(value) is not None for value in row.row.values)
        found.append(
            Row(
                name=name,
                of=row.of,
                differs=row.row.differs,
                cells=tuple(_ranked_cell(row, at) for at in range(len(row.best))),
                direction=("lower is better" if row.lower else "higher is better") if ranked and not said else "",
                switch=links.switch(name, not row.lower) if ranked and not said else "",
            )
        )
    return found


def _ranked_cell(row: RankedRow, at: int) -> Cell:
    delta = row.deltas[at]
    arrow = "" if not delta else "▲" if delta > 0 else "▼"
    tone = "" if not delta else "good" if (delta < 0) == row.lower else "bad"
    words = (
        "" if delta is None else formats.number(delta) if delta < 0 else f"+{formats.number(delta)}" if delta else "±0"
    )
    return _cell(row.row.values[at], row.row.known[at], best=row.best[at], delta=words, arrow=arrow, tone=tone)


def _cell(
    value: Any,
    known: bool,
    *,
    exact: bool = False,
    brief: bool = False,
    best: bool = False,
    delta: str = "",
    arrow: str = "",
    tone: str = "",
) -> Cell:
    short = formats.brief(value) if brief and not exact else formats.value(value, exact=exact, limit=60)
    return Cell(
        text=short if known else _NOT,
        title=_in_full(value) if known else "This run has none.",
        nothing=not known or formats.is_nothing(value),
        numeric=number_of(value) is not None,
        best=best,
        delta=delta,
        arrow=arrow,
        tone=tone,
    )


def _sections(found: Compared) -> tuple[charts.Section, ...]:
    """A chart for each metric, named by it, with a key for each run that has it."""
    sections: dict[str, list[charts.Chart]] = {}
    for key in dict.fromkeys(row.row.name for row in found.metrics):
        keys = tuple(f"{run.id} {key}" for run in found.runs if key in run.metrics)
        sections.setdefault(charts.family(key)[0], []).append(charts.Chart(title=key, keys=keys))
    return tuple(charts.Section(name=name, charts=tuple(members)) for name, members in sections.items())
