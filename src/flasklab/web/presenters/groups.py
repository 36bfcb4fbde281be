"""The table of groups: runs that are equal in all but the seed, in one row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.search.expressions import Source
from flasklab.search.writing import equal_to, quoted
from flasklab.web.presenters import formats
from flasklab.web.presenters.frame import LabNow, Queue, present_queue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flasklab.services.group_search import FoundGroups, Measured
    from flasklab.services.run_groups import RunGroup
    from flasklab.statistics.summaries import Summary

_COLUMNS = 6  # of measured values
_MOST_COMPARED_RUNS = 50  # that the page of a comparison takes


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFilters:
    """What the table was asked for."""

    query: str = ""  # the search, as it was typed
    problem: str = ""  # why the search cannot be understood; ""
    pointer: str = ""  # the place in it, on two lines
    ignore: tuple[str, ...] = ()  # parameters that are left out
    experiment: str = ""
    experiments: tuple[str, ...] = ()  # to choose from
    lower: bool | None = None  # asked for; None where the name tells


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCell:
    """One measured value of a group."""

    mean: str  # "" where no run has the value
    spread: str  # "± 0.01", the sample standard deviation; "" below two values
    title: str  # n, interval and remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One group."""

    experiment: str
    name: str  # what tells it from the others
    runs: str  # "5", or "4 of 5" where some have not succeeded
    cells: tuple[GroupCell, ...]  # one per column
    query: str | None  # a search that finds its runs; None where none can
    ids: tuple[str, ...]  # of its runs, as many as can be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsPage:
    """All that the table of groups shows."""

    rows: tuple[GroupRow, ...]
    columns: tuple[Measured, ...]  # what they are compared by first
    values: tuple[Measured, ...]  # to choose from
    by: str  # full name of what they are compared by; ""
    lower: bool  # lower is better
    sentences: tuple[str, ...]  # what the comparisons with the best say
    filters: GroupFilters
    more: bool  # there are more runs than were looked at
    queue: Queue | None


def present_groups(found: FoundGroups, filters: GroupFilters, *, queue: LabNow | None = None) -> GroupsPage:
    """The page of these groups."""
    first = () if found.by is None else (found.by,)
    columns = (*first, *(one for one in found.values if one != found.by))[:_COLUMNS]
    return GroupsPage(
        rows=tuple(_row(one, columns, found) for one in found.groups),
        columns=columns,
        values=found.values,
        by="" if found.by is None else found.by.full_name,
        lower=found.lower,
        sentences=tuple(_sentences(found)),
        filters=filters,
        more=found.more,
        queue=present_queue(queue),
    )


def _sentences(found: FoundGroups) -> Iterator[str]:
    yield from found.sentences
    if found.by is None or len(found.groups) < 2 or not found.few:
        return
    least = f"at least {found.least} runs of each that gave {found.by.name}"
    if not found.comparisons:
        yield f"Whether one group is better than another, or only lucky, can be said from {least}."
    else:
        groups = "1 group has" if found.few == 1 else f"{found.few} groups have"
        yield f"{groups} fewer runs: comparing them takes {least}."


def _row(group: RunGroup, columns: Sequence[Measured], found: FoundGroups) -> GroupRow:
    count, all_of_them = len(group.succeeded), len(group.runs)
    return GroupRow(
        experiment=group.experiment,
        name=group.name,
        runs=str(count) if count == all_of_them else f"{count} of {all_of_them}",
        cells=tuple(_cell(column.of(group)) for column in columns),
        query=_query(group, found.differing.get(group.experiment, ())),
        ids=tuple(run.id for run in group.runs[:_MOST_COMPARED_RUNS]),
    )


def _cell(summary: Summary | None) -> GroupCell:
    if summary is None or summary.mean is None:
        return GroupCell(mean="", spread="", title="" if summary is None else summary.remark)
    told = [f"n = {summary.n}"]
    if summary.interval is not None:
        ends = f"{formats.number(summary.interval.low)} to {formats.number(summary.interval.high)}"
        told.append(f"{summary.level:.0%} interval of the mean {ends}")
    spread = "" if summary.deviation is None else f"± {formats.number(summary.deviation)}"
    title = " ".join(filter(None, (", ".join(told) + ".", summary.remark)))
    return GroupCell(mean=formats.number(summary.mean), spread=spread, title=title)


def _query(group: RunGroup, differing: Sequence[str]) -> str | None:
    """A search for the runs of a group, by the parameters in which the groups differ."""
    told = [f"run.experiment == {quoted(group.experiment)}"]
    for name in differing:
        value: Any = group.parameters.get(name)
        part = equal_to(Source.PARAMS, name.split("."), value) if name in group.parameters else f"not has params.{name}"
        if part is None:
            return None
        told.append(part)
    return " and ".join(told)
