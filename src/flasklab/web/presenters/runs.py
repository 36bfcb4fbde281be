"""The table of runs: one page of a hundred, with the parameters, metrics and outputs that tell runs apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from flasklab.runs.state import RunState
from flasklab.runs.times import now as present_time
from flasklab.search.fields import FIELDS
from flasklab.web.presenters import formats
from flasklab.web.presenters.frame import STATE_WORDS, LabNow, Queue, RunLine, present_queue, run_line
from flasklab.web.presenters.run_columns import Cell, Column, cells, chosen_columns, column_names, own_columns, scalars

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from flasklab.runs.run import Run

EXAMPLES = (
    ("penguin failed", "failed runs that mention a word in their id, experiment, parameters, tags or note"),
    ("accuracy > 0.9 and model in (svm, forest)", "numbers and texts compared"),
    ('experiment == "train" and not (lr < 0.01 or seed == 3)', "and, or, not, parentheses"),
    ("created > -7d and took > 1h30m", "times before now, dates, how long it took"),
    ('"baseline" in tags and note ~ "paper"', "a tag, a text within a text"),
    ("metrics.loss.min < 0.1", "last, min, max, mean, count or step of a metric"),
    ("has optimizer.lr and error == none", "nested parameters; what is there, what is none"),
)
IN_BIN = "deleted"  # stands among the states to choose from


class PageOfRuns(Protocol):
    """What the service `RunSearch` answers."""

    @property
    def runs(self) -> Sequence[Run]:
        """In the asked order."""

    @property
    def next(self) -> str | None:
        """The cursor of the next page, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilters:
    """What the table was asked for."""

    query: str = ""  # the search, as it was typed
    problem: str = ""  # why the search cannot be understood; ""
    pointer: str = ""  # the place in it, on two lines
    sort: str = ""  # by what it is sorted; "" for newest first
    state: str = ""  # a state's name; "" for any
    experiment: str = ""  # an experiment's name; "" for any
    columns: tuple[str, ...] = ()  # those that were chosen, with their sources; empty for the usual ones
    after: str | None = None  # the cursor this page began at; None on the first page
    experiments: tuple[str, ...] = ()  # the names to choose from

    @property
    def active(self) -> bool:
        """Whether any run is filtered out."""
        return bool(self.query or self.state or self.experiment)

    def asked(self, **changes: Any) -> dict[str, Any]:
        """What stands in the table's address, with changes; what is at its usual value stands not there."""
        given = {
            "q": self.query,
            "state": self.state,
            "experiment": self.experiment,
            "sort": self.sort,
            "column": list(self.columns),
            "after": self.after,
        }
        return {name: value for name, value in (given | changes).items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run in the table."""

    run: RunLine
    why: str  # why it waits, where the row above does not say the same
    cells: tuple[Cell, ...]  # one per column
    output: str  # output values on one line, for a table of several experiments
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsPage:
    """All that the runs table shows."""

    rows: tuple[RunRow, ...]
    columns: tuple[Column, ...]  # only chosen ones when several experiments are mixed
    names: tuple[tuple[str, bool], ...]  # what columns can be chosen from, and whether each is there
    mixed: bool  # several experiments: parameters and outputs stand in one column each
    filters: RunFilters
    states: tuple[tuple[str, str], ...]  # (name, word), to choose from
    next: str | None  # the cursor of the following page
    live: bool  # some run is not finished: the table asks again
    queue: Queue | None
    shows_people: bool  # somebody is named as having started a run
    gone: Run | None  # was deleted a moment ago, and can be restored
    kept: str  # what the lab does with old and deleted runs, in a sentence
    strangers: str  # names in the search that no run has, in a sentence; ""
    examples: tuple[tuple[str, str], ...] = EXAMPLES  # searches, and what they find
    fields: tuple[str, ...] = tuple(FIELDS)  # of every run

    def sorted(self, name: str) -> str:
        """How the table is sorted by a field of the runs: "ascending", "descending", or "" where it is not."""
        if self.filters.sort.removeprefix("-") != name:
            return ""
        return "descending" if self.filters.sort.startswith("-") else "ascending"


def present_runs(
    page: PageOfRuns,
    filters: RunFilters,
    *,
    queue: LabNow | None = None,
    gone: Run | None = None,
    kept: str = "",
    waiting: Mapping[str, str] | None = None,
    strangers: str = "",
    at: datetime | None = None,
) -> RunsPage:
    """One page of the runs table as of `at` (now, when not given).

    Args:
        page: the runs
        filters: what was asked for
        queue: the lab's state
        gone: the run that was deleted just before
        kept: what the lab does with old runs
        waiting: why queued runs wait, by id
        strangers: names in the search that no run has, in a sentence
        at: the present
    """
    at = at or present_time()
    mixed = len({run.experiment for run in page.runs}) > 1
    columns = _columns(page.runs, filters, mixed=mixed)
    there = {column.name for column in columns}
    names = dict.fromkeys((*there, *column_names(page.runs)))
    return RunsPage(
        rows=tuple(_rows(page.runs, columns, waiting or {}, at)),
        columns=columns,
        names=tuple((name, name in there) for name in sorted(names)),
        mixed=mixed,
        filters=filters,
        states=(*((state.value, STATE_WORDS[state]) for state in RunState), (IN_BIN, "In the bin")),
        next=page.next,
        live=any(not run.state.is_final for run in page.runs),
        queue=present_queue(queue),
        shows_people=len({run.created_by for run in page.runs}) > 1,
        gone=gone,
        kept=kept,
        strangers=strangers,
    )


def _columns(runs: Sequence[Run], filters: RunFilters, *, mixed: bool) -> tuple[Column, ...]:
    """The chosen ones, or the usual ones; what the table is sorted by is always there."""
    usual = () if mixed else own_columns(runs)
    columns = chosen_columns(filters.columns, runs) if filters.columns else usual
    sorted_by = filters.sort.removeprefix("-")
    if sorted_by and not any(sorted_by in (column.name, column.key) for column in columns):
        columns = (*columns, *chosen_columns([sorted_by], runs))
    direction = "descending" if filters.sort.startswith("-") else "ascending"
    return tuple(
        replace(column, sorted=direction) if sorted_by in (column.name, column.key) else column for column in columns
    )


def _rows(runs: Iterable[Run], columns: Sequence[Column], waiting: Mapping[str, str], at: datetime) -> Iterator[RunRow]:
    above = ""
    for run in runs:
        why = waiting.get(run.id, "")
        yield _row(run, columns, why, why if why != above else "", at)
        above = why


def _row(run: Run, columns: Sequence[Column], waiting: str, why: str, at: datetime) -> RunRow:
    pairs = [f"{key} {formats.value(item, limit=40)}" for key, item in list(scalars(run.output).items())[:3]]
    return RunRow(
        run=run_line(run, at, waiting),
        why=why,
        cells=tuple(cells(run, columns)),
        output=", ".join(pairs),
        by=run.created_by,
    )
