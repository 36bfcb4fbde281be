"""Long series in buckets: of the points in each, the least, the greatest and the mean, so that no peak is ever lost.

A bucket keeps where its extremes stand, so buckets can be joined into coarser ones again and again, and drawn as points
("MinMax" of Jugel et al., VLDB 2014, https://doi.org/10.14778/2732951.2732953): a chart with a bucket per pixel
looks as if it had all points. NaN counts for nothing; a bucket of nothing else has NaN as its extremes and mean.

Imports NumPy, which costs a process 15 MB: to be imported only where a series is long.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Whole: TypeAlias = NDArray[np.int64]
    Real: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Points as arrays, in the order in which they came."""

    steps: Whole
    values: Real
    times: Real  # Unix seconds

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """Stretches of a series, a row each, in the order in which their points came."""

    steps: Whole  # of the first point
    times: Real  # of the first point, Unix seconds
    low: Real  # least number
    low_steps: Whole  # where it stands
    low_times: Real
    high: Real  # greatest number
    high_steps: Whole
    high_times: Real
    means: Real  # of the numbers
    numbers: Whole  # how many points are numbers

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, rows: Any) -> Buckets:
        return Buckets(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})


def raw(steps: Sequence[int], values: Sequence[float], times: Sequence[float]) -> Raw:
    """Columns of any kind as arrays; those that are arrays already are not copied."""
    return Raw(
        steps=np.asarray(steps, np.int64), values=np.asarray(values, np.float64), times=np.asarray(times, np.float64)
    )


def single(points: Raw) -> Buckets:
    """Each point as a bucket of its own."""
    number = ~np.isnan(points.values)
    return Buckets(
        steps=points.steps,
        times=points.times,
        low=points.values,
        low_steps=points.steps,
        low_times=points.times,
        high=points.values,
        high_steps=points.steps,
        high_times=points.times,
        means=points.values,
        numbers=number.astype(np.int64),
    )


def joined(parts: Iterable[Buckets]) -> Buckets:
    """Buckets one after the other, those of each part in their order."""
    known = [part for part in parts if len(part)] or [single(raw([], [], []))]
    if len(known) == 1:
        return known[0]
    return Buckets(**{one.name: np.concatenate([getattr(part, one.name) for part in known]) for one in fields(Buckets)})


def coarser(buckets: Buckets, starts: Whole) -> Buckets:
    """Neighbouring buckets joined into one each.

    Args:
        buckets: at least one
        starts: the row at which each new bucket begins, ascending, the first one 0
    """
    lows = _first_extremes(np.minimum, buckets.low, starts, np.inf)
    highs = _first_extremes(np.maximum, buckets.high, starts, -np.inf)
    numbers = np.add.reduceat(buckets.numbers, starts)
    with np.errstate(invalid="ignore", over="ignore"):  # infinities of both signs have no mean
        # Each mean has its share before the sum, since the sum of large doubles may be beyond them.
        shares = np.repeat(np.maximum(numbers, 1), np.diff(np.append(starts, len(buckets))))
        weighed = np.where(buckets.numbers > 0, buckets.means * (buckets.numbers / shares), 0.0)
        means = np.add.reduceat(weighed, starts)
    return Buckets(
        steps=buckets.steps[starts],
        times=buckets.times[starts],
        low=buckets.low[lows],
        low_steps=buckets.low_steps[lows],
        low_times=buckets.low_times[lows],
        high=buckets.high[highs],
        high_steps=buckets.high_steps[highs],
        high_times=buckets.high_times[highs],
        means=np.clip(np.where(numbers > 0, means, np.nan), buckets.low[lows], buckets.high[highs]),  # rounded sums
        numbers=numbers,
    )


def even_starts(total: int, size: int) -> Whole:
    """Where buckets of `size` rows begin."""
    return np.arange(0, total, size, dtype=np.int64)


def starts_on_axis(x: Real, count: int) -> Whole:
    """Where each of at most `count` buckets of equal width on the x axis begins; of equal length where x goes back.

    Args:
        x: where the rows stand, at least one
        count: at least 1
    """
    if len(x) <= count:
        return np.arange(len(x), dtype=np.int64)
    if not np.all(x[1:] >= x[:-1]) or not x[-1] > x[0]:
        return np.unique(np.linspace(0, len(x), count, endpoint=False).astype(np.int64))
    edges = np.linspace(x[0], x[-1], count + 1)[:-1]
    return np.unique(np.searchsorted(x, edges, side="left"))


def extreme_points(buckets: Buckets) -> Raw:
    """The least and the greatest point of each bucket, in order of time; one where they are the same."""
    order = (buckets.high_times < buckets.low_times) | (
        (buckets.high_times == buckets.low_times) & (buckets.high_steps < buckets.low_steps)
    )
    steps = _paired(buckets.low_steps, buckets.high_steps, order)
    values = _paired(buckets.low, buckets.high, order)
    times = _paired(buckets.low_times, buckets.high_times, order)
    kept = np.ones(len(steps), bool)
    same = (values[1::2] == values[::2]) | np.isnan(values[1::2])
    kept[1::2] = (steps[1::2] != steps[::2]) | (times[1::2] != times[::2]) | ~same
    return Raw(steps=steps[kept], values=values[kept], times=times[kept])


def _paired(low: NDArray[Any], high: NDArray[Any], order: NDArray[np.bool_]) -> NDArray[Any]:
    paired = np.empty(2 * len(low), low.dtype)
    paired[::2] = np.where(order, high, low)
    paired[1::2] = np.where(order, low, high)
    return paired


def _first_extremes(extreme: np.ufunc, values: Real, starts: Whole, worst: float) -> Whole:
    """The row of each stretch's first extreme; its first row where all are NaN."""
    hidden = np.isnan(values)
    shown = np.where(hidden, worst, values) if hidden.any() else values
    best = np.repeat(extreme.reduceat(shown, starts), np.diff(np.append(starts, len(values))))
    hits = np.flatnonzero((shown == best) & ~hidden)
    stretch = np.searchsorted(starts, hits, side="right") - 1
    found = starts.copy()
    stretches, first = np.unique(stretch, return_index=True)
    found[stretches] = hits[first]
    return found
