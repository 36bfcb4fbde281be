"""Metrics as they are read: whole series, what is new, and the part that a chart shows, in as few rows as draw it."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import func, select

from flasklab.runs.metrics import Series
from flasklab.runs.system_metrics import is_system
from flasklab.store import metric_columns as columns
from flasklab.store.metric_chunks import BUCKET_POINTS, FAN
from flasklab.store.tables import metric_chunks, metric_summaries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from flasklab.runs.buckets import Buckets, Raw
    from flasklab.runs.metrics import Window

    Part: TypeAlias = Raw | Buckets

_FINER = 4  # buckets that are read for each one that is asked for, so that their edges do not show
_MOST_KEYS = 500  # named in one question
_MOST_UNORDERED = 4_000_000  # points read for a window of a series whose x goes back
_chunks, _summaries = metric_chunks.c, metric_summaries.c
_PLACES = (_chunks.run_number, _chunks.key, _chunks.level, _chunks.start)
_EXTENTS = (_chunks.low_step, _chunks.high_step, _chunks.low_time, _chunks.high_time)
_SPANS = (_chunks.level, _chunks.start, _chunks.length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a series, from its first point to its last: points where they are few enough, else buckets."""

    count: int  # points of the whole series
    low_step: int  # the range of the whole series; all of them 0 without points
    high_step: int
    low_time: float
    high_time: float
    parts: tuple[Part, ...]  # in the order in which the points came


_NOTHING = Stretch(count=0, low_step=0, high_step=0, low_time=0.0, high_time=0.0, parts=())


class MetricReads:
    """The questions about metrics' points within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def series(self, run_number: int, key: str, after_seq: int | None = None) -> Series:
        """A metric's points in the order in which they came, or only those that came after event `after_seq`.

        An unknown metric has no points.
        """
        statement = self._points(run_number).where(_chunks.key == key)
        if after_seq is not None:
            statement = statement.where(_chunks.last_seq > after_seq)
        count = select(_summaries.total).where(_summaries.run_number == run_number, _summaries.key == key)
        total = self._connection.execute(count).scalar()
        return _joined(key, self._connection.execute(statement).all(), after_seq, int(total or 0))

    def piece(self, run_number: int, key: str, position: int) -> Series | None:
        """A metric's points from the one at `position` to the end of its chunk; None where there are none.

        A series is read piece by piece by those who cannot hold it; the chunks may be joined meanwhile.
        """
        statement = (
            select(metric_chunks)
            .where(_chunks.run_number == run_number, _chunks.key == key, _chunks.level == 0)
            .where(_chunks.start <= position)
            .order_by(_chunks.start.desc())
            .limit(1)
        )
        row = self._connection.execute(statement).first()
        if row is None or row.start + row.length <= position:
            return None
        whole = _joined(key, [row], None, int(row.length))
        first = position - int(row.start)
        return replace(whole, steps=whole.steps[first:], values=whole.values[first:], times=whole.times[first:])

    def new_points(self, run_number: int, after_seq: int, keys: Collection[str] | None = None) -> dict[str, Series]:
        """A run's points that came after event `after_seq`, by metric; metrics without any are left out.

        Args:
            run_number: which run
            after_seq: the last event that is known
            keys: only these metrics; all but system metrics when not given
        """
        wanted = None if keys is None else set(keys)
        statement = self._points(run_number).where(_chunks.last_seq > after_seq)
        if wanted is not None and len(wanted) <= _MOST_KEYS:
            statement = statement.where(_chunks.key.in_(wanted))
        by_key: dict[str, list[Row[Any]]] = {}
        for row in self._connection.execute(statement):
            if not is_system(row.key) if wanted is None else row.key in wanted:
                by_key.setdefault(row.key, []).append(row)
        if not by_key:
            return {}
        counted = self._connection.execute(
            select(_summaries.key, _summaries.total).where(_summaries.run_number == run_number)
        )
        counts = {row.key: int(row.total) for row in counted}
        return {key: _joined(key, rows, after_seq, counts.get(key, 0)) for key, rows in by_key.items()}

    def new_keys(self, run_number: int, after_seq: int) -> list[str]:
        """Names of the metrics whose first point came after event `after_seq`, in order of the alphabet."""
        statement = (
            select(_chunks.key)
            .where(_chunks.run_number == run_number, _chunks.last_seq > after_seq)
            .where(_chunks.level == 0, _chunks.start == 0, _chunks.first_seq > after_seq)
            .order_by(_chunks.key)
        )
        return [key for key in self._connection.execute(statement).scalars() if not is_system(key)]

    def stretch(self, run_number: int, key: str, points: int, window: Window | None, *, ends: bool = False) -> Stretch:
        """The part of a metric within `window`, a point on either side of it included, from as few rows as will do.

        Args:
            run_number: which run
            key: which metric; an unknown one has no points
            points: there are points in the parts if at most so many lie in the window, else at least so many rows
            window: all of the series without one
            ends: whether the first and the last point of all are wanted as they are
        """
        known = self._connection.execute(
            select(
                func.coalesce(func.sum(_chunks.length), 0).label("total"),
                func.coalesce(func.min(_chunks.low_step), 0).label("low_step"),
                func.coalesce(func.max(_chunks.high_step), 0).label("high_step"),
                func.coalesce(func.min(_chunks.low_time), 0.0).label("low_time"),
                func.coalesce(func.max(_chunks.high_time), 0.0).label("high_time"),
            ).where(_chunks.run_number == run_number, _chunks.key == key, _chunks.level == 0)
        ).one()
        count = int(known.total)
        spans = self._spans(run_number, key, window)
        total = sum(length for at, _, length in spans if at == 0)
        for level in range(_coarsest(total, points), -1, -1):
            kept = [
                (at, start, length)
                for at, start, length in spans
                if at <= level and not (ends and at > 0 and (start == 0 or start + length == count))
            ]
            parts = tuple(self._parts(run_number, key, _covering(kept)))
            if not level or window is None or _is_enough(parts, window, points, total):
                break
        return Stretch(
            count=count,
            low_step=int(known.low_step),
            high_step=int(known.high_step),
            low_time=float(known.low_time),
            high_time=float(known.high_time),
            parts=parts,
        )

    def stretches(
        self, wanted: Collection[tuple[int, str]], points: int, windows: Mapping[int, Window] | None = None
    ) -> dict[tuple[int, str], Stretch]:
        """As `stretch`, of metrics of several runs: a few questions about all of them, not a few about each.

        Args:
            wanted: numbers of runs, each with a metric; unknown ones have no points
            points: likewise
            windows: by the run's number; all of a series without one
        """
        windows = windows or {}
        ranges = self._ranges(wanted)
        spans: dict[tuple[int, str], list[tuple[int, int, int]]] = {}
        for row in self._connection.execute(select(*_PLACES, _chunks.length, *_EXTENTS).where(*_of(wanted))):
            which, window = (row.run_number, row.key), windows.get(row.run_number)
            if which in ranges and (window is None or _meets(row, window)):
                spans.setdefault(which, []).append((row.level, int(row.start), int(row.length)))
        totals = {which: sum(length for at, _, length in found if at == 0) for which, found in spans.items()}
        levels = {which: _coarsest(total, points) for which, total in totals.items()}
        done: dict[tuple[int, str], tuple[Part, ...]] = {}
        while levels:
            kept = {
                which: _covering([span for span in spans[which] if _may_stand(span, level, ranges[which].count)])
                for which, level in levels.items()
            }
            for which, parts in self._parts_of_several(kept).items():
                window = windows.get(which[0])
                if levels[which] and window is not None and not _is_enough(parts, window, points, totals[which]):
                    levels[which] -= 1
                else:
                    done[which] = parts
                    del levels[which]
        return {which: replace(found, parts=done.get(which, ())) for which, found in ranges.items()}

    def _ranges(self, wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Stretch]:
        """What each metric spans as a whole, without its parts."""
        which_one = (_chunks.run_number, _chunks.key)
        statement = (
            select(
                *which_one,
                func.sum(_chunks.length).label("total"),
                func.min(_chunks.low_step).label("low_step"),
                func.max(_chunks.high_step).label("high_step"),
                func.min(_chunks.low_time).label("low_time"),
                func.max(_chunks.high_time).label("high_time"),
            )
            .where(*_of(wanted), _chunks.level == 0)
            .group_by(*which_one)
        )
        found = {(row.run_number, row.key): row for row in self._connection.execute(statement)}
        return {
            which: _NOTHING
            if (row := found.get(which)) is None
            else Stretch(
                count=int(row.total),
                low_step=int(row.low_step),
                high_step=int(row.high_step),
                low_time=float(row.low_time),
                high_time=float(row.high_time),
                parts=(),
            )
            for which in wanted
        }

    def _parts_of_several(
        self, kept: Mapping[tuple[int, str], Sequence[tuple[int, int]]]
    ) -> dict[tuple[int, str], tuple[Part, ...]]:
        by_level: dict[int, set[tuple[tuple[int, str], int]]] = {}
        for which, spans in kept.items():
            for level, start in spans:
                by_level.setdefault(level, set()).add((which, start))
        found: dict[tuple[tuple[int, str], int, int], Part] = {}
        for level, places in by_level.items():
            statement = select(*_PLACES, _chunks.coding, _chunks.data).where(
                *_of({which for which, _ in places}),
                _chunks.level == level,
                _chunks.start.in_({start for _, start in places}),
            )
            for row in self._connection.execute(statement):
                which = row.run_number, row.key
                if (which, row.start) in places:
                    found[which, level, int(row.start)] = _part(row)
        return {which: tuple(found[which, *span] for span in spans) for which, spans in kept.items()}

    @staticmethod
    def _points(run_number: int) -> Any:
        of_run = (_chunks.run_number == run_number, _chunks.level == 0)
        return select(metric_chunks).where(*of_run).order_by(_chunks.key, _chunks.start)

    def _spans(self, run_number: int, key: str, window: Window | None) -> list[tuple[int, int, int]]:
        """Level, start and length of every chunk that meets the window."""
        statement = select(*_SPANS).where(_chunks.run_number == run_number, _chunks.key == key)
        if window is not None:
            low, high = (
                (_chunks.low_step, _chunks.high_step)
                if window.over == "steps"
                else (_chunks.low_time, _chunks.high_time)
            )
            statement = statement.where(high >= window.low, low <= window.high)
        return [(row.level, int(row.start), int(row.length)) for row in self._connection.execute(statement)]

    def _parts(self, run_number: int, key: str, spans: Sequence[tuple[int, int]]) -> Iterator[Part]:
        wanted: dict[int, list[int]] = {}
        for level, start in spans:
            wanted.setdefault(level, []).append(start)
        found: dict[tuple[int, int], Any] = {}
        for level, starts in wanted.items():
            statement = select(_chunks.start, _chunks.coding, _chunks.data).where(
                _chunks.run_number == run_number, _chunks.key == key, _chunks.level == level, _chunks.start.in_(starts)
            )
            found |= {(level, int(row.start)): row for row in self._connection.execute(statement)}
        for span in spans:
            yield _part(found[span])


def _part(row: Any) -> Part:
    """A chunk's points, or its buckets."""
    is_points = row.coding != columns.BUCKETS
    return columns.points_of(row.coding, row.data) if is_points else columns.buckets_of(row.data)


def _of(wanted: Collection[tuple[int, str]]) -> tuple[ColumnElement[bool], ...]:
    """The chunks of these runs' metrics, and of such metrics of theirs as only another one was asked for."""
    return _chunks.run_number.in_({number for number, _ in wanted}), _chunks.key.in_({key for _, key in wanted})


def _may_stand(span: tuple[int, int, int], level: int, count: int) -> bool:
    """Whether a chunk is fine enough; at a series' end only points are, as the last one of all is wanted as it is."""
    at, start, length = span
    return at <= level and not (at > 0 and start + length == count)


def _meets(row: Any, window: Window) -> bool:
    low, high = (row.low_step, row.high_step) if window.over == "steps" else (row.low_time, row.high_time)
    return bool(high >= window.low and low <= window.high)


def _coarsest(total: int, points: int) -> int:
    """The highest level of which enough rows lie among `total` points; 0 where the points themselves are few enough."""
    level, size = 0, BUCKET_POINTS
    while total > points and total // size >= _FINER * points:
        level, size = level + 1, size * FAN
    return level


def _is_enough(parts: Sequence[Part], window: Window, points: int, total: int) -> bool:
    """Whether coarse rows show a window as well as finer ones would.

    Where steps go back a bucket's first one does not tell which ones are in it: then only points do, if they are not
    too many.
    """
    import numpy as np  # rows are coarse in long series only

    x = np.concatenate([part.steps if window.over == "steps" else part.times for part in parts])
    if not np.all(x[1:] >= x[:-1]):
        return total > _MOST_UNORDERED
    return int(np.count_nonzero((x >= window.low) & (x <= window.high))) >= points


def _covering(spans: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Level and start of the chunks that together hold every point once, the coarser ones where there are any."""
    found = []
    covered = -math.inf
    for level, start, length in sorted(spans, key=lambda span: (span[1], -span[0])):
        if start >= covered:
            found.append((level, start))
            covered = start + length
    return found


def _joined(key: str, rows: Sequence[Row[Any]], after_seq: int | None, count: int) -> Series:
    """Rows of points as one series, without what came up to `after_seq`."""
    steps: list[int] = []
    values: list[float] = []
    times: list[float] = []
    for row in rows:
        of_row = columns.opened(row.data) if row.coding == columns.OPEN else columns.closed_arrays(row.data)
        first = 0 if after_seq is None else bisect_right(of_row[3], after_seq)
        steps += of_row[0][first:].tolist()
        values += of_row[1][first:].tolist()
        times += of_row[2][first:].tolist()
    return Series(key=key, steps=steps, values=values, times=times, count=count)
