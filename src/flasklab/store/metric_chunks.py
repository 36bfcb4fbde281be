"""Metrics: column chunks of up to 1,000 points, and one summary per run and key.

Lists and searches touch summaries only; charts read chunks. The last chunk of a key is raw, so that new
points are appended to its columns; a full one is deflated and never touched again.
"""

from __future__ import annotations

import math
import sys
import zlib
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

from flasklab.runs.metrics import Points, Series
from flasklab.runs.run import MetricSummary
from flasklab.runs.system_metrics import is_system
from flasklab.store.tables import metric_chunks, metric_summaries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

CHUNK_POINTS = 1000
_SWAP = sys.byteorder == "big"  # the columns are little-endian everywhere
_COLUMNS = (("steps", "q"), ("points", "d"), ("times", "d"), ("seqs", "q"))

_chunks, _summaries = metric_chunks.c, metric_summaries.c
_TAIL = select(metric_chunks).where(
    _chunks.run_number == bindparam("the_number"),
    _chunks.key == bindparam("the_key"),
    _chunks.start > bindparam("the_total") - CHUNK_POINTS,  # the only chunk that can have room
    _chunks.packed == 0,
)
_ADD_CHUNK = insert(metric_chunks)
_CHANGE_CHUNK = (
    update(metric_chunks)
    .where(
        _chunks.run_number == bindparam("the_number"),
        _chunks.key == bindparam("the_key"),
        _chunks.start == bindparam("the_start"),
    )
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("length", "last_seq", "packed", "steps", "points", "times", "seqs")
        }
    )
)
_SUMMARY = select(metric_summaries).where(
    _summaries.run_number == bindparam("the_number"), _summaries.key == bindparam("the_key")
)
_ADD_SUMMARY = insert(metric_summaries)
_CHANGE_SUMMARY = (
    update(metric_summaries)
    .where(_summaries.run_number == bindparam("the_number"), _summaries.key == bindparam("the_key"))
    .values({name: bindparam(f"new_{name}") for name in ("last", "min", "max", "mean", "total", "numbers", "step")})
)


class MetricChunks:
    """The metrics' tables within one transaction; one writer per run."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, run_number: int, key: str, points: Points) -> None:
        """Add points to a metric and bring its summary up to date."""
        if not points.steps:
            return
        before = self._connection.execute(_SUMMARY, {"the_number": run_number, "the_key": key}).first()
        self._add_points(run_number, key, points, 0 if before is None else int(before.total))
        self._summarize(run_number, key, points, before)

    def count(self, run_number: int, key: str) -> int:
        """How many points a metric has."""
        row = self._connection.execute(_SUMMARY, {"the_number": run_number, "the_key": key}).first()
        return 0 if row is None else int(row.total)

    def keys(self, run_number: int) -> list[str]:
        """Names of a run's metrics, in order of the alphabet."""
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
            if is_system(row.key):
                continue
            found.setdefault(row.run_number, {})[row.key] = MetricSummary(
                last=_number(row.last),
                min=_number(row.min),
                max=_number(row.max),
                mean=_number(row.mean),
                count=row.total,
                step=row.step,
            )
        return found

    def series(self, run_number: int, key: str, after_seq: int | None = None) -> Series:
        """A metric's points in the order in which they came, or only those that came after event `after_seq`.

        An unknown metric has no points.
        """
        statement = (
            select(metric_chunks).where(_chunks.run_number == run_number, _chunks.key == key).order_by(_chunks.start)
        )
        if after_seq is not None:
            statement = statement.where(_chunks.last_seq > after_seq)
        rows = self._connection.execute(statement).all()
        return _joined(key, rows, after_seq, self.count(run_number, key))

    def new_points(self, run_number: int, after_seq: int) -> dict[str, Series]:
        """A run's points that came after event `after_seq`, by metric; metrics without any are left out."""
        statement = (
            select(metric_chunks)
            .where(_chunks.run_number == run_number, _chunks.last_seq > after_seq)
            .order_by(_chunks.key, _chunks.start)
        )
        by_key: dict[str, list[Row[Any]]] = {}
        for row in self._connection.execute(statement):
            by_key.setdefault(row.key, []).append(row)
        if not by_key:
            return {}
        counted = self._connection.execute(
            select(_summaries.key, _summaries.total).where(_summaries.run_number == run_number)
        )
        counts = {row.key: int(row.total) for row in counted}
        return {
            key: _joined(key, rows, after_seq, counts.get(key, 0)) for key, rows in by_key.items() if not is_system(key)
        }

    def _add_points(self, run_number: int, key: str, points: Points, start: int) -> None:
        columns = [_column(points.steps, "q"), _column(points.values, "d")]
        columns += [_column(points.times, "d"), _column(points.seqs, "q")]
        which = {"the_number": run_number, "the_key": key, "the_total": start}
        tail = self._connection.execute(_TAIL, which).first() if start else None
        taken = 0
        if tail is not None:
            taken = min(CHUNK_POINTS - tail.length, len(points.steps))
            self._extend(run_number, key, tail, [column[:taken] for column in columns], points.seqs[taken - 1])
        for first in range(taken, len(points.steps), CHUNK_POINTS):
            last = min(first + CHUNK_POINTS, len(points.steps))
            packed = last - first == CHUNK_POINTS
            values = {
                "run_number": run_number,
                "key": key,
                "start": start + first,
                "length": last - first,
                "first_seq": points.seqs[first],
                "last_seq": points.seqs[last - 1],
                "packed": int(packed),
            }
            for (name, _), column in zip(_COLUMNS, columns, strict=True):
                values[name] = _written(_bytes(column[first:last]), packed=packed)
            self._connection.execute(_ADD_CHUNK, values)

    def _extend(self, run_number: int, key: str, tail: Row[Any], columns: list[array[Any]], last_seq: int) -> None:
        count = tail.length + len(columns[0])
        packed = count >= CHUNK_POINTS
        values = {
            "the_number": run_number,
            "the_key": key,
            "the_start": tail.start,
            "new_length": count,
            "new_last_seq": last_seq,
            "new_packed": int(packed),
        }
        for (name, _), column in zip(_COLUMNS, columns, strict=True):
            values[f"new_{name}"] = _written(getattr(tail, name) + _bytes(column), packed=packed)
        self._connection.execute(_CHANGE_CHUNK, values)

    def _summarize(self, run_number: int, key: str, points: Points, before: Row[Any] | None) -> None:
        numbers = [value for value in points.values if not math.isnan(value)]
        summary: dict[str, float | int | None] = {
            "last": _kept(points.values[-1]),
            "min": min(numbers, default=None),
            "max": max(numbers, default=None),
            "mean": _kept(_mean(0.0, 0, numbers)) if numbers else None,
            "total": len(points.values),
            "numbers": len(numbers),
            "step": points.steps[-1],
        }
        if before is None:
            self._connection.execute(_ADD_SUMMARY, {"run_number": run_number, "key": key, **summary})
            return
        summary["total"] = before.total + len(points.values)
        summary["numbers"] = before.numbers + len(numbers)
        if before.numbers:
            summary["min"] = min([before.min, *numbers])
            summary["max"] = max([before.max, *numbers])
            summary["mean"] = _kept(_mean(_number(before.mean), before.numbers, numbers))
        changes = {f"new_{name}": value for name, value in summary.items()}
        self._connection.execute(_CHANGE_SUMMARY, {"the_number": run_number, "the_key": key, **changes})


def _mean(mean: float, count: int, more: Sequence[float]) -> float:
    """The mean of `count` numbers whose mean is `mean` and of `more`; infinities as IEEE 754 adds them."""
    if not more:
        return mean
    total = count + len(more)
    if math.isfinite(mean) and all(math.isfinite(value) for value in more):
        # Halved, since the largest doubles round up beyond what a sum can hold; a mean lies between its numbers.
        half = mean / 2 * (count / total) + math.fsum(value / 2 / total for value in more)
        known = [mean, *more] if count else more
        return max(min(known), min(max(known), 2 * half))
    return mean * count + sum(more) if count else sum(more)


def _column(values: Sequence[float], code: str) -> array[Any]:
    return array(code, values)


def _bytes(column: array[Any]) -> bytes:
    if _SWAP:
        column.byteswap()
    return column.tobytes()


def _written(raw: bytes, *, packed: bool) -> bytes:
    return zlib.compress(raw, 1) if packed else raw


def _joined(key: str, rows: Sequence[Row[Any]], after_seq: int | None, count: int) -> Series:
    columns = {name: array(code) for name, code in _COLUMNS}
    for row in rows:
        for name, column in columns.items():
            raw = getattr(row, name)
            column.frombytes(zlib.decompress(raw) if row.packed else raw)
    if _SWAP:
        for column in columns.values():
            column.byteswap()
    first = 0 if after_seq is None else bisect_right(columns["seqs"], after_seq)
    return Series(
        key=key,
        steps=columns["steps"][first:],
        values=columns["points"][first:],
        times=columns["times"][first:],
        count=count,
    )


def _kept(value: float) -> float | None:
    return None if math.isnan(value) else value


def _number(value: float | None) -> float:
    return math.nan if value is None else value
