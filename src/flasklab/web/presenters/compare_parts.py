"""What the views of a comparison show besides tables of values: figures side by side, and two runs told apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from flasklab.runs.table_diffing import same_cell
from flasklab.web.presenters import formats, results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flasklab.runs.artifacts import Artifact
    from flasklab.runs.diffing import DiffLine, LineDiff
    from flasklab.runs.run import Run
    from flasklab.runs.table_diffing import RowDiff, TableDiff

_MOST_FIGURES = 120  # in a page that was not asked for all
_LONGEST = 2000  # characters shown of one line
_MARKS = {"removed": "-", "added": "+", "changed": "±"}


class LogDiff(Protocol):
    """What the service `RunDiff.logs` answers."""

    @property
    def diff(self) -> LineDiff:
        """Of what was looked at."""

    @property
    def compared(self) -> tuple[int, int]:
        """Lines of either that were looked at."""

    @property
    def lines(self) -> tuple[int, int]:
        """Lines that they have."""


class SourceDiff(Protocol):
    """What became of a source."""

    @property
    def path(self) -> str:
        """In the lab's folder."""

    @property
    def kind(self) -> str:
        """What became of it."""

    @property
    def diff(self) -> LineDiff | None:
        """None where there is nothing to show."""


class NamedTableDiff(Protocol):
    """What became of a table."""

    @property
    def name(self) -> str:
        """That it was shown or saved under."""

    @property
    def kind(self) -> str:
        """What became of it."""

    @property
    def diff(self) -> TableDiff | None:
        """None unless both were read."""

    @property
    def compared(self) -> tuple[int, int]:
        """Rows of either that were looked at."""

    @property
    def rows(self) -> tuple[int | None, int | None]:
        """Rows that they have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One run's figure of a name."""

    run_id: str
    figure: results.Figure | None  # None where it showed nothing of that name


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureGroup:
    """What the runs showed under one name, side by side."""

    name: str
    members: tuple[Member, ...]  # one for each run


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesView:
    """The difference of two texts."""

    title: str
    word: str  # "changed", "added", ...
    lines: tuple[DiffLine, ...]
    summary: str  # "3 lines removed, 2 added"
    note: str  # what was not looked at; ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """One cell of a row that differs."""

    old: str  # "" where there is none
    new: str
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One row that differs."""

    kind: str
    mark: str  # "-", "+" or "±"
    number: str  # its number, on the left if it is there
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """The difference of two tables."""

    name: str
    word: str
    columns: tuple[tuple[str, str], ...]  # names, and "removed" or "added" where only one side has it
    rows: tuple[RowView, ...]
    summary: str  # "1 row removed, 2 changed, 40 the same"
    notes: tuple[str, ...]  # how rows were told apart, and what was not looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPart:
    """One view's own content; what the view has not is empty."""

    groups: tuple[FigureGroup, ...] = ()
    named: str = ""  # what the figures' names were asked to contain
    shown: int = 0  # figures in the page
    all: int = 0  # figures that there are
    texts: tuple[LinesView, ...] = ()
    tables: tuple[TableView, ...] = ()
    unchanged: tuple[str, ...] = ()  # sources that are the same in both


def figure_part(
    runs: Sequence[Run], links_of: Callable[[Run], results.FileLinks], named: str = "", every: bool = False
) -> ComparedPart:
    """What the runs showed, and pictures that they saved, by name and side by side.

    Args:
        runs: in the order of their columns
        links_of: addresses of a run's files
        named: only figures whose names contain it
        every: more than the first hundred of them
    """
    found = [{one.name: one for one in results.figures(_pictures(run.artifacts), links_of(run))} for run in runs]
    names = list(dict.fromkeys(name for one in found for name in one))
    wanted = [name for name in names if named.casefold() in name.casefold()]
    groups, shown = [], 0
    for name in wanted:
        if shown >= _MOST_FIGURES and not every:
            break
        members = tuple(
            Member(run_id=run.id, figure=replace(one[name], name=f"{name} · #{run.number}") if name in one else None)
            for run, one in zip(runs, found, strict=True)
        )
        groups.append(FigureGroup(name=name, members=members))
        shown += sum(member.figure is not None for member in members)
    return ComparedPart(groups=tuple(groups), named=named, shown=shown, all=sum(map(len, found)))


def log_part(found: LogDiff) -> ComparedPart:
    """The difference of two logs."""
    cut = [
        f"the first {read:,} of {formats.count(there, 'line')} of the {side} one"
        for side, read, there in zip(("left", "right"), found.compared, found.lines, strict=True)
        if read < there
    ]
    note = f"Only {' and '.join(cut)} were compared." if cut else ""
    if found.lines == (0, 0):
        note = "Neither run has printed anything."
    return ComparedPart(texts=(_lines_view("Log", "", found.diff, note),))


def source_part(found: Iterable[SourceDiff]) -> ComparedPart:
    """The difference of the sources of two runs."""
    views, unchanged = [], []
    for one in found:
        if one.kind == "same":
            unchanged.append(one.path)
        else:
            note = "" if one.diff else "Its text is not in the lab, or too long to be shown."
            views.append(_lines_view(one.path, one.kind, one.diff, note))
    return ComparedPart(texts=tuple(views), unchanged=tuple(unchanged))


def table_part(found: Iterable[NamedTableDiff]) -> ComparedPart:
    """The difference of the tables of two runs."""
    return ComparedPart(tables=tuple(_table_view(one) for one in found))


def _pictures(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """What was shown, and saved pictures as if they had been."""
    return [
        replace(one, shown=one.name) if one.shown is None else one
        for one in artifacts
        if one.shown is not None or one.media_type.startswith("image/")
    ]


def _lines_view(title: str, word: str, diff: LineDiff | None, note: str) -> LinesView:
    if diff is None:
        return LinesView(title=title, word=word, lines=(), summary="", note=note)
    lines = tuple(line._replace(text=line.text[:_LONGEST]) for line in diff.lines) if not diff.same else ()
    counted = (("removed", diff.removed), ("added", diff.added))
    parts = [f"{formats.count(many, 'line')} {what}" for what, many in counted if many]
    return LinesView(title=title, word=word, lines=lines, summary=", ".join(parts) or "no difference", note=note)


def _table_view(found: NamedTableDiff) -> TableView:
    diff = found.diff
    if diff is None:
        said = {
            "removed": "Only the left run has it.",
            "added": "Only the right run has it.",
            "unread": "The content of one of them is not in the lab any more.",
            "same": "The two are the same, byte for byte.",
        }
        return TableView(name=found.name, word=found.kind, columns=(), rows=(), summary=said[found.kind], notes=())
    marks = dict.fromkeys(diff.removed_columns, "removed") | dict.fromkeys(diff.added_columns, "added")
    return TableView(
        name=found.name,
        word=found.kind,
        columns=tuple((name, marks.get(name, "")) for name in diff.columns),
        rows=tuple(_row_view(row) for row in diff.rows),
        summary=_counted(diff),
        notes=tuple(_notes(found, diff)),
    )


def _counted(diff: TableDiff) -> str:
    counted = (("removed", diff.removed), ("added", diff.added), ("changed", diff.changed), ("the same", diff.equal))
    return ", ".join(f"{formats.count(many, 'row')} {what}" for what, many in counted if many) or "no rows"


def _notes(found: NamedTableDiff, diff: TableDiff) -> Iterable[str]:
    if diff.rows:
        yield f"Rows are told apart by {diff.key}." if diff.key else "Rows are compared in their order."
    for side, read, there in zip(("left", "right"), found.compared, found.rows, strict=True):
        if there is None:
            yield f"Only the first {formats.count(read, 'row')} of the {side} one were compared; it has more."
        elif read < there:
            yield f"Only the first {read:,} of {formats.count(there, 'row')} of the {side} one were compared."
    hidden = diff.removed + diff.added + diff.changed - len(diff.rows)
    if hidden:
        yield f"{formats.count(hidden, 'more row')} that {'differs is' if hidden == 1 else 'differ are'} not listed."


def _row_view(row: RowDiff) -> RowView:
    number = row.left if row.left is not None else row.right
    return RowView(
        kind=row.kind,
        mark=_MARKS[row.kind],
        number="" if number is None else str(number),
        cells=tuple(
            CellView(
                old=old or "",
                new=new or "",
                changed=row.kind == "changed" and old is not None and new is not None and not same_cell(old, new),
            )
            for old, new in row.cells
        ),
    )
