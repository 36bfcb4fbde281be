"""Runs as a file: JSON lines, CSV or Parquet, made while it is sent, however many there are.

Only some of the runs are in memory at any time. Tables go over the runs twice, first for their columns, unless they are
told which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from flasklab.errors import ExportError
from flasklab.runs.json import encode
from flasklab.services.metric_read import MetricRead
from flasklab.services.run_cells import FIXED, Kind, found_columns, run_cells
from flasklab.services.run_csv import runs_csv
from flasklab.services.run_parquet import require_pyarrow, runs_parquet
from flasklab.services.run_record import run_record
from flasklab.services.run_search import RunQuery, RunSearch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flasklab.runs.run import Run
    from flasklab.services.run_cells import Cell
    from flasklab.store.store import Store

FORMATS: Final = {
    "jsonl": "application/jsonl",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
"""The media type of each format."""
_PAGE = 200  # runs read at once


def _records(runs: Sequence[Run]) -> list[dict[str, Any]]:
    return [run_record(run) for run in runs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs are exported, and how."""

    query: RunQuery = field(default_factory=RunQuery)
    limit: int | None = None  # the first so many; None for all
    columns: tuple[str, ...] = ()  # of a table; those that are found where none is named
    metrics: bool = False  # least and greatest values in tables, all points in JSON lines


class RunExport:
    """Writes runs out.

    Args:
        store: where runs are kept
    """

    def __init__(self, store: Store) -> None:
        self._search = RunSearch(store)
        self._metrics = MetricRead(store)

    def __call__(
        self, form: str, wanted: Wanted, present: Callable[[Sequence[Run]], Sequence[dict[str, Any]]] = _records
    ) -> Iterator[bytes]:
        """The pieces of the file; what cannot be exported is told before the first one.

        Args:
            form: one of `FORMATS`
            wanted: which runs
            present: runs as JSON lines have them

        Raises:
            ExportError: the format is unknown, or needs what is not installed.
        """
        if form not in FORMATS:
            raise ExportError(f"There is no format {form[:40]!r}; there are {', '.join(FORMATS)}.")
        if form == "jsonl":
            return self._jsonl(wanted, present)
        if form == "parquet":
            require_pyarrow()
        return self._table(form, wanted)

    def runs(self, wanted: Wanted) -> Iterator[Run]:
        """The runs in order, each page read anew."""
        for page in self.pages(wanted):
            yield from page

    def pages(self, wanted: Wanted) -> Iterator[Sequence[Run]]:
        """The same, page by page."""
        after: str | None = None
        left = wanted.limit
        while left is None or left > 0:
            limit = _PAGE if left is None else min(left, _PAGE)
            page = self._search(wanted.query, after=after, limit=limit)
            yield page.runs
            if page.next is None:
                return
            after = page.next
            left = None if left is None else left - len(page.runs)

    def _table(self, form: str, wanted: Wanted) -> Iterator[bytes]:
        columns = self._columns(wanted, typed=form == "parquet")
        make = runs_parquet if form == "parquet" else runs_csv
        yield from make(self._rows(wanted), columns)

    def _columns(self, wanted: Wanted, *, typed: bool) -> Mapping[str, Kind]:
        if wanted.columns and (not typed or all(name in FIXED for name in wanted.columns)):
            return {name: FIXED.get(name, Kind.TEXT) for name in wanted.columns}
        found = found_columns(self._rows(wanted))
        return {name: found.get(name, Kind.EMPTY) for name in wanted.columns} or found

    def _rows(self, wanted: Wanted) -> Iterator[Mapping[str, Cell]]:
        return (run_cells(run, spread=wanted.metrics) for run in self.runs(wanted))

    def _jsonl(self, wanted: Wanted, present: Callable[[Sequence[Run]], Sequence[dict[str, Any]]]) -> Iterator[bytes]:
        for page in self.pages(wanted):
            for run, values in zip(page, present(page), strict=True):
                line = encode(values)
                if not wanted.metrics:
                    yield line + b"\n"
                    continue
                yield line[:-1] + b',"series":{'
                for position, key in enumerate(run.metrics):
                    yield b"," * bool(position) + encode(key) + b":{"
                    yield from self._series(run, key)
                    yield b"}"
                yield b"}}\n"

    def _series(self, run: Run, key: str) -> Iterator[bytes]:
        """A metric's columns, one after the other, so that a long one is never in memory whole."""
        count = run.metrics[key].count  # points that come meanwhile are left out of every column
        for column in ("steps", "values", "times"):
            yield encode(column) + b":["
            left = count
            for piece in self._metrics.pieces(run.id, [key]):
                values = getattr(piece, column)[:left]
                if values:
                    yield b"," * (left < count) + encode(values)[1:-1]
                left -= len(values)
            yield b"],"
        yield b'"count":' + encode(count)
