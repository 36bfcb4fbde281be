"""Metrics as they are written: chunks of points, coarser levels of long series, one summary per run and key.

Lists and searches touch summaries only. Each transaction adds one open chunk per key; when there are many, those at the
end are joined so that the rest at least doubles in size towards the beginning (Bentley and Saxe 1980,
https://doi.org/10.1016/0196-6774(80)90015-2), and each point is rewritten a few times at most. Every 65,536 points
become a closed chunk, which is packed and never touched again, together with its buckets of 64 points; 16 such chunks
of buckets become one of the next level, and so on: any part of any series is drawn from a few rows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from flasklab.runs.run import MetricSummary
from flasklab.runs.system_metrics import is_system
from flasklab.store import metric_columns as columns
from flasklab.store.tables import metric_chunks, metric_summaries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from flasklab.runs.metrics import Points

CLOSED_POINTS: Final = 65_536  # of a closed chunk
BUCKET_POINTS: Final = 64  # points of a bucket of the first level
FAN: Final = 16  # buckets that one of the next level stands for, and chunks that one of the next level stands for
_MOST_OPEN = 32  # chunks per key, before those at the end are joined
_MOST_KEYS = 500  # of one question
_MOST_TIDIED = 200  # metrics whose chunks are joined in one transaction, so that none takes long
_LARGE_POINTS = 4_096  # chunks of so many points on average are few enough as they are
_MOST_FINISHED = 1_000  # likewise at a run's end; the chunks of the others stay as they are

_chunks, _summaries = metric_chunks.c, metric_summaries.c
_ADD_CHUNK = insert(metric_chunks)
_ADD_SUMMARY = insert(metric_summaries)
_CHANGED = ("last", "min", "max", "mean", "total", "numbers", "step", "closed", "open_chunks")
_CHANGE_SUMMARY = (
    update(metric_summaries)
    .where(_summaries.run_number == bindparam("the_number"), _summaries.key == bindparam("the_key"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
_OF_KEY = (
    _chunks.run_number == bindparam("the_number"),
    _chunks.key == bindparam("the_key"),
    _chunks.level == bindparam("the_level"),
    _chunks.start >= bindparam("the_start"),
)
_LENGTHS = select(_chunks.start, _chunks.length).where(*_OF_KEY).order_by(_chunks.start)
_FROM = select(metric_chunks).where(*_OF_KEY).order_by(_chunks.start)
_DROP_FROM = delete(metric_chunks).where(*_OF_KEY)


class MetricChunks:
    """The metrics' tables within one transaction; one writer per run."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, run_number: int, points: Mapping[str, Points]) -> None:
        """Add points to a run's metrics, and bring their summaries up to date.

        Args:
            run_number: whose they are
            points: by metric; those without points are left out
        """
        points = {key: given for key, given in points.items() if given.steps}
        before = self._summary_rows(run_number, list(points))
        chunks: list[dict[str, Any]] = []
        fresh: list[tuple[str, dict[str, Any]]] = []
        changed: list[tuple[str, dict[str, Any]]] = []
        for key, given in points.items():
            known = before.get(key)
            summary = _summary(given, known)
            start = 0 if known is None else int(known.total)
            added = _open_chunks(run_number, key, given, start)
            chunks += added
            summary["open_chunks"] = (0 if known is None else known.open_chunks) + len(added)
            (fresh if known is None else changed).append((key, summary))
        if chunks:
            self._connection.execute(_ADD_CHUNK, chunks)
        crowded = [
            (key, summary)
            for key, summary in (*fresh, *changed)
            if summary["open_chunks"] > _MOST_OPEN or summary["total"] - summary["closed"] >= CLOSED_POINTS
        ]
        for key, summary in crowded[:_MOST_TIDIED]:  # the others in the transactions to come
            self._tidy(run_number, key, summary)
        if fresh:
            rows = [{"run_number": run_number, "key": key, **summary} for key, summary in fresh]
            self._connection.execute(_ADD_SUMMARY, rows)
        if changed:
            self._change(run_number, changed)

    def finish(self, run_number: int) -> None:
        """Join the open chunks of each of a run's metrics into one, where they are small; nothing is added any more."""
        rows = self._connection.execute(
            select(metric_summaries)
            .where(_summaries.run_number == run_number, _summaries.open_chunks > 1)
            .where(_summaries.total - _summaries.closed < _summaries.open_chunks * _LARGE_POINTS)
            .limit(_MOST_FINISHED)
        ).all()
        changed = []
        for row in rows:
            summary = {name: getattr(row, name) for name in _CHANGED}
            self._join(run_number, row.key, int(row.closed))
            summary["open_chunks"] = 1
            changed.append((row.key, summary))
        if changed:
            self._change(run_number, changed)

    def count(self, run_number: int, key: str) -> int:
        """How many points a metric has."""
        row = self._summary_rows(run_number, [key]).get(key)
        return 0 if row is None else int(row.total)

    def keys(self, run_number: int) -> list[str]:
        """Names of a run's metrics, system metrics among them, in order of the alphabet."""
        statement = select(_summaries.key).where(_summaries.run_number == run_number).order_by(_summaries.key)
        return list(self._connection.execute(statement).scalars())

    def system_keys(self, run_number: int) -> list[str]:
        """Names of a run's system metrics, in order of the alphabet."""
        return [key for key in self.keys(run_number) if is_system(key)]

    def summaries(self, run_numbers: Iterable[int]) -> dict[int, dict[str, MetricSummary]]:
        """The summaries of several runs, by number and key, without system metrics; runs without any are left out."""
        numbers = list(run_numbers)
        if not numbers:
            return {}
        statement = (
            select(metric_summaries)
            .where(_summaries.run_number.in_(numbers))
            .order_by(_summaries.run_number, _summaries.key)
        )
        found: dict[int, dict[str, MetricSummary]] = {}
        for row in self._connection.execute(statement):
            if not is_system(row.key):
                found.setdefault(row.run_number, {})[row.key] = summary_of(row)
        return found

    def some_summaries(self, run_number: int, keys: Iterable[str], first: int) -> dict[str, MetricSummary]:
        """The summaries of these metrics of a run, and of the first few that are no system metrics."""
        known = [key for key in self.keys(run_number) if not is_system(key)][:first]
        found = self._summary_rows(run_number, known)
        found |= self._summary_rows(run_number, [key for key in keys if key not in found])
        return {key: summary_of(row) for key, row in found.items()}

    def _summary_rows(self, run_number: int, keys: Sequence[str]) -> dict[str, Row[Any]]:
        found: dict[str, Row[Any]] = {}
        for first in range(0, len(keys), _MOST_KEYS):
            statement = select(metric_summaries).where(
                _summaries.run_number == run_number, _summaries.key.in_(keys[first : first + _MOST_KEYS])
            )
            found |= {row.key: row for row in self._connection.execute(statement)}
        return found

    def _change(self, run_number: int, changed: Iterable[tuple[str, dict[str, Any]]]) -> None:
        rows = [
            {"the_number": run_number, "the_key": key, **{f"new_{name}": value for name, value in summary.items()}}
            for key, summary in changed
        ]
        self._connection.execute(_CHANGE_SUMMARY, rows)

    def _tidy(self, run_number: int, key: str, summary: dict[str, Any]) -> None:
        """Close what can be closed, else join the open chunks at the end; `summary` is told."""
        which = {"the_number": run_number, "the_key": key, "the_level": 0, "the_start": summary["closed"]}
        if summary["total"] - summary["closed"] < CLOSED_POINTS:
            lengths = self._connection.execute(_LENGTHS, which).all()
            first = _first_to_join([int(row.length) for row in lengths])
            self._join(run_number, key, int(lengths[first].start))
            summary["open_chunks"] = first + 1
            return
        rows = self._connection.execute(_FROM, which).all()
        self._connection.execute(_DROP_FROM, which)
        data = columns.joined([row.data for row in rows])
        start, end = int(summary["closed"]), int(summary["total"])
        position = 0
        while end - start >= CLOSED_POINTS:
            self._close(run_number, key, start, columns.cut(data, position, position + CLOSED_POINTS))
            start, position = start + CLOSED_POINTS, position + CLOSED_POINTS
        summary["closed"], summary["open_chunks"] = start, int(end > start)
        if end > start:
            rest = columns.cut(data, position, position + end - start)
            self._connection.execute(_ADD_CHUNK, _row(run_number, key, 0, start, columns.OPEN, rest))

    def _join(self, run_number: int, key: str, start: int) -> None:
        """Make one open chunk of those from `start` on."""
        which = {"the_number": run_number, "the_key": key, "the_level": 0, "the_start": start}
        rows = self._connection.execute(_FROM, which).all()
        self._connection.execute(_DROP_FROM, which)
        self._connection.execute(
            _ADD_CHUNK,
            {
                "run_number": run_number,
                "key": key,
                "level": 0,
                "start": start,
                "length": sum(row.length for row in rows),
                "first_seq": rows[0].first_seq,
                "last_seq": rows[-1].last_seq,
                "low_step": min(row.low_step for row in rows),
                "high_step": max(row.high_step for row in rows),
                "low_time": min(row.low_time for row in rows),
                "high_time": max(row.high_time for row in rows),
                "coding": columns.OPEN,
                "data": columns.joined([row.data for row in rows]),
            },
        )

    def _close(self, run_number: int, key: str, start: int, data: bytes) -> None:
        """Add a closed chunk, its buckets, and those of every level that is complete with it."""
        from flasklab.runs import buckets  # NumPy, for long series only

        closed = _row(run_number, key, 0, start, columns.OPEN, data)
        closed |= {"coding": columns.CLOSED, "data": columns.closed_bytes(data)}
        points = columns.points_of(columns.OPEN, data)
        level, length = 1, CLOSED_POINTS
        found = buckets.coarser(buckets.single(points), buckets.even_starts(CLOSED_POINTS, BUCKET_POINTS))
        rows = [closed, {**closed, **_bucket_row(level, start, length, columns.bucket_bytes(found))}]
        self._connection.execute(_ADD_CHUNK, rows)
        while (start + length) % (FAN * length) == 0:
            start, length = start + length - FAN * length, FAN * length
            which = {"the_number": run_number, "the_key": key, "the_level": level, "the_start": start}
            below = self._connection.execute(_FROM, which).all()
            joined = buckets.joined(columns.buckets_of(row.data) for row in below)
            found = buckets.coarser(joined, buckets.even_starts(len(joined), FAN))
            level += 1
            span = {
                "low_step": min(row.low_step for row in below),
                "high_step": max(row.high_step for row in below),
                "low_time": min(row.low_time for row in below),
                "high_time": max(row.high_time for row in below),
            }
            row = {**closed, **span, **_bucket_row(level, start, length, columns.bucket_bytes(found))}
            self._connection.execute(_ADD_CHUNK, row)


def summary_of(row: Row[Any]) -> MetricSummary:
    """A row of the summaries as a value."""
    return MetricSummary(
        last=_number(row.last),
        min=_number(row.min),
        max=_number(row.max),
        mean=_number(row.mean),
        count=row.total,
        step=row.step,
    )


def _open_chunks(run_number: int, key: str, points: Points, start: int) -> list[dict[str, Any]]:
    chunks = []
    for first in range(0, len(points.steps), CLOSED_POINTS):
        last = min(first + CLOSED_POINTS, len(points.steps))
        steps, times = points.steps[first:last], points.times[first:last]
        chunks.append(
            {
                "run_number": run_number,
                "key": key,
                "level": 0,
                "start": start + first,
                "length": last - first,
                "first_seq": points.seqs[first],
                "last_seq": points.seqs[last - 1],
                "low_step": min(steps),
                "high_step": max(steps),
                "low_time": min(times),
                "high_time": max(times),
                "coding": columns.OPEN,
                "data": columns.open_bytes(points, first, last),
            }
        )
    return chunks


def _row(run_number: int, key: str, level: int, start: int, coding: int, data: bytes) -> dict[str, Any]:
    """The row of an open chunk whose range is not known yet."""
    steps, _, times, seqs = columns.open_arrays(data)
    return {
        "run_number": run_number,
        "key": key,
        "level": level,
        "start": start,
        "length": len(steps),
        "first_seq": int(seqs[0]),
        "last_seq": int(seqs[-1]),
        "low_step": int(steps.min()),
        "high_step": int(steps.max()),
        "low_time": float(times.min()),
        "high_time": float(times.max()),
        "coding": coding,
        "data": data,
    }


def _bucket_row(level: int, start: int, length: int, data: bytes) -> dict[str, Any]:
    """What is different in a row of buckets."""
    return {
        "level": level,
        "start": start,
        "length": length,
        "first_seq": 0,
        "last_seq": 0,
        "coding": columns.BUCKETS,
        "data": data,
    }


def _first_to_join(lengths: Sequence[int]) -> int:
    """The first chunk that is not longer than twice all that follow it: it and they become one."""
    after = 0
    found = len(lengths) - 1
    for at in range(len(lengths) - 1, -1, -1):
        if lengths[at] <= 2 * after:
            found = at
        after += lengths[at]
    return found


def _summary(points: Points, before: Row[Any] | None) -> dict[str, Any]:
    values = points.values
    total = sum(values)
    numbers = [value for value in values if not math.isnan(value)] if math.isnan(total) else values
    summary: dict[str, Any] = {
        "last": _kept(values[-1]),
        "min": min(numbers, default=None),
        "max": max(numbers, default=None),
        "mean": _kept(_mean(0.0, 0, numbers)) if numbers else None,
        "total": len(values),
        "numbers": len(numbers),
        "step": points.steps[-1],
        "closed": 0,
    }
    if before is None:
        return summary
    summary["total"] = before.total + len(values)
    summary["numbers"] = before.numbers + len(numbers)
    summary["closed"] = before.closed
    if before.numbers:
        summary["min"] = min(before.min, min(numbers, default=before.min))
        summary["max"] = max(before.max, max(numbers, default=before.max))
        summary["mean"] = _kept(_mean(_number(before.mean), before.numbers, numbers))
    return summary


def _mean(mean: float, count: int, more: Sequence[float]) -> float:
    """The mean of `count` numbers whose mean is `mean` and of `more`; infinities as IEEE 754 adds them."""
    if not more:
        return mean
    total = count + len(more)
    try:
        added = math.fsum(more) / len(more)
    except (OverflowError, ValueError):  # beyond the largest double, or infinities of both signs
        added = math.nan
    if math.isfinite(added - mean):
        return mean + (added - mean) * (len(more) / total)
    if math.isfinite(mean) and all(math.isfinite(value) for value in more):
        # Halved, since the largest doubles round up beyond what a sum can hold; a mean lies between its numbers.
        half = mean / 2 * (count / total) + math.fsum(value / 2 / total for value in more)
        known = [mean, *more] if count else more
        return max(min(known), min(max(known), 2 * half))
    return mean * count + sum(more) if count else sum(more)


def _kept(value: float) -> float | None:
    return None if math.isnan(value) else value


def _number(value: float | None) -> float:
    return math.nan if value is None else value
