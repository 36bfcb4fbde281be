"""Two runs line by line and row by row: their logs, their sources, their tables; each only as far as a reader waits."""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.runs.diffing import LineDiff, diff_lines
from flasklab.runs.table_diffing import Table, TableDiff, diff_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flasklab.runs.artifacts import Artifact
    from flasklab.runs.run import Run
    from flasklab.store.store import Store

MOST_LINES = 4_000  # of a log, from its beginning
MOST_ROWS = 2_000  # of a table, likewise
MOST_DIFFERENCES = 200  # rows of a table that are given; the others are counted
MOST_TABLES = 20
MOST_COLUMNS = 100  # of a table
_LARGEST_SOURCE = 1024**2  # bytes
_LARGEST_CELL = 500  # characters
_MOST_TEXT = 8 * 1024**2  # characters of a table that are read
# What colours a terminal's text and moves its cursor (ECMA-48).
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDiff:
    """What tells the beginnings of two logs apart."""

    diff: LineDiff
    compared: tuple[int, int]  # lines of either that were looked at
    lines: tuple[int, int]  # lines that they have


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDiff:
    """What became of one source file."""

    path: str
    kind: str  # "removed", "added", "changed", "same"
    diff: LineDiff | None  # None where it is the same, and where a content is not there to be read


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTableDiff:
    """What tells two tables of one name apart."""

    name: str
    kind: str  # "removed" (only the left run has it), "added", "changed", "same", or "unread": its content is gone
    diff: TableDiff | None  # of what was read of both; None unless it was
    compared: tuple[int, int]  # rows of either that were looked at
    rows: tuple[int | None, int | None]  # rows that they have, where that is known


class RunDiff:
    """Tells two runs apart.

    Args:
        store: where they are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def logs(self, left: Run, right: Run) -> LogDiff:
        """The difference of what two runs printed, colours left out."""
        (one, lines), (other, others) = self._log(left), self._log(right)
        return LogDiff(diff=diff_lines(one, other), compared=(len(one), len(other)), lines=(lines, others))

    def sources(self, left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> tuple[SourceDiff, ...]:
        """The difference of the sources that two environments recorded, file by file."""
        here, there = ((one or {}).get("files") or {} for one in (left, right))
        return tuple(self._source(path, here.get(path), there.get(path)) for path in sorted({*here, *there}))

    def tables(self, left: Run, right: Run) -> tuple[NamedTableDiff, ...]:
        """The differences of the tables that two runs showed or saved as CSV: by name, at their last step."""
        here, there = tables_of(left), tables_of(right)
        names = itertools.islice(dict.fromkeys((*here, *there)), MOST_TABLES)
        return tuple(self._table(name, here.get(name), there.get(name)) for name in names)

    def _log(self, run: Run) -> tuple[list[str], int]:
        """The first lines, and how many there are."""
        lines: list[str] = []
        following: int | None = 1
        total = 0
        while following is not None and len(lines) < MOST_LINES:
            found = self._store.logs.lines(run.id, following, MOST_LINES - len(lines))
            lines += (_ESCAPES.sub("", row.text) for row in found.rows)
            following, total = found.next, found.lines
        return lines, total

    def _source(self, path: str, left: str | None, right: str | None) -> SourceDiff:
        if left == right:
            return SourceDiff(path=path, kind="same", diff=None)
        kind = "added" if left is None else "removed" if right is None else "changed"
        texts = [[] if sha256 is None else self._lines(sha256) for sha256 in (left, right)]
        one, other = texts
        return SourceDiff(path=path, kind=kind, diff=None if one is None or other is None else diff_lines(one, other))

    def _lines(self, sha256: str) -> list[str] | None:
        """A source's lines; None where its content is not kept, or is too long to be read."""
        try:
            content = self._store.files.path(sha256).read_bytes() if self._store.files.has(sha256) else None
        except OSError:
            return None
        if content is None or len(content) > _LARGEST_SOURCE:
            return None
        return content.decode("utf-8", "replace").splitlines()

    def _table(self, name: str, left: Artifact | None, right: Artifact | None) -> NamedTableDiff:
        kind = "added" if left is None else "removed" if right is None else "changed"
        diff, compared = None, (0, 0)
        totals = tuple(None if one is None else _rows_of(one) for one in (left, right))
        if left is not None and right is not None:
            if left.sha256 == right.sha256:
                kind = "same"
            elif (one := self._read(left)) is None or (other := self._read(right)) is None:
                kind = "unread"
            else:
                diff = diff_tables(one, other, MOST_DIFFERENCES)
                compared = len(one.rows), len(other.rows)
                totals = one.total, other.total
                whole = compared == totals
                kind = "same" if diff.same and whole else "changed"
        return NamedTableDiff(name=name, kind=kind, diff=diff, compared=compared, rows=(totals[0], totals[1]))

    def _read(self, artifact: Artifact) -> Table | None:
        if not self._store.files.has(artifact.sha256):
            return None
        rows, whole = _cells(self._store.files.path(artifact.sha256))
        columns, *rest = rows or [()]
        total = len(rest) if whole else _rows_of(artifact)
        return Table(columns=columns, rows=tuple(rest[:MOST_ROWS]), total=total)


def tables_of(run: Run) -> dict[str, Artifact]:
    """A run's tables as CSV, by the name that they were shown or saved under; of several steps, the last one."""
    found: dict[str, Artifact] = {}
    for artifact in run.artifacts:
        if artifact.media_type.partition(";")[0].strip().lower() == "text/csv":
            name = artifact.shown or artifact.name
            known = found.get(name)
            if known is None or _step(artifact) >= _step(known):
                found[name] = artifact
    return found


def _step(artifact: Artifact) -> float:
    return float("-inf") if artifact.step is None else artifact.step


def _rows_of(artifact: Artifact) -> int | None:
    rows = artifact.meta.get("rows")
    return rows if isinstance(rows, int) else None


def _cells(path: Path) -> tuple[list[tuple[str, ...]], bool]:
    """The first rows of a CSV file, the names among them, and whether these are all."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        text = file.read(_MOST_TEXT)
    rows: list[tuple[str, ...]] = []
    is_cut = len(text) == _MOST_TEXT
    try:
        for row in csv.reader(io.StringIO(text, newline="")):
            rows.append(tuple(cell[:_LARGEST_CELL] for cell in row[:MOST_COLUMNS]))
            if len(rows) > MOST_ROWS + 1:
                return rows, False
    except csv.Error:  # a cell beyond what the reader takes: what came before is compared
        return rows, False
    return rows[:-1] if is_cut else rows, not is_cut
