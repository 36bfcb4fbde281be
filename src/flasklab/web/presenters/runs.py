"""The table of runs: one page of a hundred, with the parameters and outputs that tell runs apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flasklab.runs.json import non_finite
from flasklab.runs.state import RunState
from flasklab.runs.times import now as present_time
from flasklab.web.presenters import formats
from flasklab.web.presenters.dotted import dotted
from flasklab.web.presenters.frame import STATE_WORDS, LabNow, Queue, RunLine, present_queue, run_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from flasklab.runs.run import Run

IN_BIN = "deleted"  # stands among the states to choose from
_PARAMETER_COLUMNS = 8
_OUTPUT_COLUMNS = 6


class PageOfRuns(Protocol):
    """What the service `RunRead.page` answers."""

    @property
    def runs(self) -> Sequence[Run]:
        """Newest first."""

    @property
    def next(self) -> Any:
        """The cursor of the next page, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilters:
    """What the table was asked for."""

    state: str = ""  # a state's name; "" for any
    experiment: str = ""  # an experiment's name; "" for any
    before: int | None = None  # the cursor this page began at; None on the first page
    experiments: tuple[str, ...] = ()  # the names to choose from

    @property
    def active(self) -> bool:
        """Whether any run is filtered out."""
        return bool(self.state or self.experiment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column made from a parameter or an output value."""

    key: str
    kind: str  # "param" or "output"
    numeric: bool  # right-aligned


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value in a made column."""

    text: str  # "" where the run has none
    title: str  # the value with every digit, for the tooltip
    numeric: bool
    default: bool  # a parameter left at its default


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
    columns: tuple[Column, ...]  # empty when several experiments are mixed
    mixed: bool  # several experiments: parameters and outputs stand in one column each
    filters: RunFilters
    states: tuple[tuple[str, str], ...]  # (name, word), to choose from
    next: int | None  # the cursor of the following page
    live: bool  # some run is not finished: the table asks again
    queue: Queue | None
    shows_people: bool  # somebody is named as having started a run
    gone: Run | None  # was deleted a moment ago, and can be restored
    kept: str  # what the lab does with old and deleted runs, in a sentence


def present_runs(
    page: PageOfRuns,
    filters: RunFilters,
    *,
    queue: LabNow | None = None,
    gone: Run | None = None,
    kept: str = "",
    waiting: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> RunsPage:
    """One page of the runs table as of `at` (now, when not given); `waiting` says why queued runs wait, by id."""
    at = at or present_time()
    mixed = len({run.experiment for run in page.runs}) > 1
    columns = () if mixed else (*_parameters(page.runs), *_outputs(page.runs))
    return RunsPage(
        rows=tuple(_rows(page.runs, columns, waiting or {}, at)),
        columns=columns,
        mixed=mixed,
        filters=filters,
        states=(*((state.value, STATE_WORDS[state]) for state in RunState), (IN_BIN, "In the bin")),
        next=page.next,
        live=any(not run.state.is_final for run in page.runs),
        queue=present_queue(queue),
        shows_people=len({run.created_by for run in page.runs}) > 1,
        gone=gone,
        kept=kept,
    )


def scalars(output: Any) -> dict[str, Any]:
    """What an output holds in single values, by dotted name."""
    found = dotted(output, alone="output")
    return {name: item for name, item in found.items() if item is not None and not isinstance(item, (dict, list))}


def is_number(item: Any) -> bool:
    """Whether a JSON value is a number, the non-finite ones included."""
    if isinstance(item, str):
        return non_finite(item) is not None
    return isinstance(item, (int, float)) and not isinstance(item, bool)


def _parameters(runs: Sequence[Run]) -> Iterable[Column]:
    """Columns of the parameters in which these runs differ."""
    all_params = [dotted(run.params) for run in runs]
    differing = []
    for name in dict.fromkeys(name for params in all_params for name in params):
        texts = {formats.value(params.get(name), exact=True) for params in all_params}
        if len(texts) > 1:
            numeric = all(is_number(params[name]) for params in all_params if params.get(name) is not None)
            differing.append(Column(key=name, kind="param", numeric=numeric))
    return differing[:_PARAMETER_COLUMNS]


def _outputs(runs: Sequence[Run]) -> Iterable[Column]:
    values: dict[str, list[Any]] = {}
    for run in runs:
        for key, item in scalars(run.output).items():
            values.setdefault(key, []).append(item)
    return [
        Column(key=key, kind="output", numeric=all(map(is_number, items)))
        for key, items in list(values.items())[:_OUTPUT_COLUMNS]
    ]


def _rows(runs: Iterable[Run], columns: Sequence[Column], waiting: Mapping[str, str], at: datetime) -> Iterator[RunRow]:
    above = ""
    for run in runs:
        why = waiting.get(run.id, "")
        yield _row(run, columns, why, why if why != above else "", at)
        above = why


def _row(run: Run, columns: Sequence[Column], waiting: str, why: str, at: datetime) -> RunRow:
    params, outputs = dotted(run.params), scalars(run.output)
    pairs = [f"{key} {formats.value(item, limit=40)}" for key, item in list(outputs.items())[:3]]
    return RunRow(
        run=run_line(run, at, waiting),
        why=why,
        cells=tuple(_cell(run, params if column.kind == "param" else outputs, column) for column in columns),
        output=", ".join(pairs),
        by=run.created_by,
    )


def _cell(run: Run, values: dict[str, Any], column: Column) -> Cell:
    item = values.get(column.key)
    known = column.key in values
    return Cell(
        text=_text(item, column) if known else "",
        title=formats.value(item, exact=True, limit=400) if known else "",
        numeric=column.numeric,
        default=column.kind == "param" and column.key.partition(".")[0] not in run.given,
    )


def _text(item: Any, column: Column) -> str:
    return formats.brief(item) if column.kind == "param" else formats.value(item, limit=40)
