"""Curves of several runs as one: mean, spread and interval at each step, over the runs that have come so far."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from flasklab.statistics.distributions import t_quantile
from flasklab.statistics.summaries import LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Real: TypeAlias = NDArray[np.float64]

_AT_ONCE = 4096  # steps: their values of fifty curves stay in a processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Curves brought together: arrays of one length, values in the curves' unit, NaN where there is nothing to say."""

    steps: NDArray[Any]  # ascending
    n: NDArray[np.int64]  # curves with a finite value there
    mean: Real
    deviation: Real  # sample standard deviation; NaN below two curves
    low: Real  # of the mean's interval, by Student's t; NaN below two curves
    high: Real
    least: Real
    greatest: Real


def bands(
    curves: Sequence[tuple[ArrayLike, ArrayLike]],
    *,
    steps: ArrayLike | None = None,
    points: int | None = 2000,
    level: float = LEVEL,
) -> Bands:
    """Bring curves to common steps, and tell their mean and spread there.

    Between two of its steps a curve keeps the value of the earlier one; before its first and after its last it has
    none, so the mean is over fewer curves there, which `n` tells. NaN and infinite values count for none. The interval
    is mean ± t · s / √n with n - 1 degrees of freedom (Student 1908, Biometrika 6, 1), of each step for itself: it is
    no band that would hold the whole true curve.

    Args:
        curves: steps and values of each one, of equal length; in any order, the last value of a step counts
        steps: the common steps, ascending; without them all steps of all curves
        points: at most so many common steps, chosen evenly where there are more; None for all, which for many curves
            of different steps takes memory of curves times steps
        level: of the interval, within (0, 1)

    Raises:
        ValueError: a curve has not as many steps as values, or `level` is not within (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"a level must be within (0, 1), not {level}")
    known = [_ordered(np.asarray(x), np.asarray(y, np.float64)) for x, y in curves]
    known = [(x, y) for x, y in known if len(x)]
    common = _common_steps([x for x, _ in known], points) if steps is None else np.asarray(steps)
    table = np.full((len(known), len(common)), np.nan)
    for row, (x, y) in zip(table, known, strict=True):
        _keep(row, common, x, y)
    starts = range(0, len(common), _AT_ONCE) or range(1)
    parts = [_told(common[at : at + _AT_ONCE], table[:, at : at + _AT_ONCE], level) for at in starts]
    return Bands(**{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Bands)})


def _ordered(steps: NDArray[Any], values: Real) -> tuple[NDArray[Any], Real]:
    if steps.shape != values.shape or steps.ndim != 1:
        raise ValueError(f"a curve of {steps.size} steps has {values.size} values")
    if (steps[1:] >= steps[:-1]).all():
        return steps, values
    order = np.argsort(steps, kind="stable")
    return steps[order], values[order]


def _common_steps(all_steps: Sequence[NDArray[Any]], points: int | None) -> NDArray[Any]:
    if not all_steps:
        return np.empty(0, np.int64)
    first = all_steps[0]
    same = all(len(one) == len(first) and (one is first or np.array_equal(one, first)) for one in all_steps[1:])
    longest = max(map(len, all_steps))
    if points is None or longest <= points:
        found = _different(first if same else np.sort(np.concatenate(all_steps), kind="stable"))
        if points is None or len(found) <= points:
            return found
    count = max(points, 2)
    if same:  # steps that were logged are better than steps between them
        return np.unique(first[np.linspace(0, len(first) - 1, count).astype(np.int64)])
    low, high = min(one[0] for one in all_steps), max(one[-1] for one in all_steps)
    spread = np.linspace(low, high, count)
    return np.unique(spread.astype(first.dtype)) if np.issubdtype(first.dtype, np.integer) else spread


def _different(ordered: NDArray[Any]) -> NDArray[Any]:
    """The different ones of ascending steps; NumPy's `unique` is ten times slower on what is sorted."""
    found: NDArray[Any] = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return found


def _keep(row: Real, common: NDArray[Any], steps: NDArray[Any], values: Real) -> None:
    """Write a curve's values at the common steps into `row`, which holds NaN."""
    if len(common) == len(steps) and np.array_equal(common, steps):
        row[:] = values
        return
    begin, end = np.searchsorted(common, steps[0], "left"), np.searchsorted(common, steps[-1], "right")
    row[begin:end] = values[np.searchsorted(steps, common[begin:end], "right") - 1]


def _told(steps: NDArray[Any], table: Real, level: float) -> Bands:
    finite = np.isfinite(table)
    n = finite.sum(axis=0)
    some = n > 0
    counts = np.where(some, n, 1)
    whole = bool(finite.all())
    # Scaled by a power of two at each step, as sums of squares of large doubles would be beyond them.
    sizes = np.abs(table if whole else np.where(finite, table, 0.0)).max(axis=0, initial=0.0)
    exponents = np.frexp(sizes)[1]
    scaled = np.ldexp(table if whole else np.where(finite, table, 0.0), -exponents)
    mean = scaled.sum(axis=0) / counts
    offsets = scaled - mean
    if not whole:
        offsets[~finite] = 0.0
    rest = offsets.sum(axis=0)  # what rounding the mean left
    squares = np.maximum(np.einsum("ij,ij->j", offsets, offsets) - rest**2 / counts, 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = np.where(n > 1, np.ldexp(np.sqrt(squares / np.maximum(n - 1, 1)), exponents), np.nan)
        mean = np.where(some, np.ldexp(mean, exponents), np.nan)
        half = _quantiles(table.shape[0], level)[n] * deviation / np.sqrt(counts)
        low, high = mean - half, mean + half
    return Bands(
        steps=steps,
        n=n,
        mean=mean,
        deviation=deviation,
        low=low,
        high=high,
        least=np.where(some, _extreme(table, finite, whole, np.inf, np.min), np.nan),
        greatest=np.where(some, _extreme(table, finite, whole, -np.inf, np.max), np.nan),
    )


def _extreme(table: Real, finite: NDArray[np.bool_], whole: bool, worst: float, extreme: Any) -> Real:
    found: Real = extreme(table if whole else np.where(finite, table, worst), axis=0, initial=worst)
    return found


def _quantiles(most: int, level: float) -> Real:
    """Student's t for each n from 0 to `most`; NaN below two."""
    return np.array([np.nan if n < 2 else t_quantile(level, n - 1) for n in range(most + 1)])
