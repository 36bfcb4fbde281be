"""Tests of whether values of one group tend to be larger, by their ranks alone: no outlier can decide them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from flasklab.statistics.distributions import normal_cdf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Real: TypeAlias = NDArray[np.float64]
    Whole: TypeAlias = NDArray[np.int64]

_EXACT_VALUES = 40  # in both groups together: the choices of one group among them are counted exactly by doubles
_EXACT_PAIRS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """A test by ranks."""

    statistic: float  # Mann and Whitney's U of the first group, or Wilcoxon's sum of positive ranks
    p: float  # two-sided
    exact: bool  # by counting all arrangements, instead of a normal distribution
    least_p: float  # the smallest p value that so many values can reach


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> RankTest:
    """Mann and Whitney's U test of two independent samples (Mann and Whitney 1947, Ann. Math. Statist. 18, 50).

    Up to 40 values in all, the p value is exact, ties included: of all ways to choose the first group among the
    values' mid-ranks, the share that is as far out on the same side, doubled (the permutation distribution; counted as
    Streitberg and Röhmel 1986, Statistical Software Newsletter 12, 10, do). Beyond, normal approximation with tie and
    continuity correction (Hollander, Wolfe and Chicken 2014, Nonparametric Statistical Methods, 4.1).

    Args:
        first: finite values, at least one
        second: finite values in the same unit, at least one

    Raises:
        ValueError: a sample is empty.
    """
    n, m = len(first), len(second)
    if not n or not m:
        raise ValueError("Mann and Whitney's test needs at least one value of each group")
    ranks = _doubled_ranks(np.concatenate([np.asarray(first, np.float64), np.asarray(second, np.float64)]))
    doubled = int(ranks[:n].sum())
    u = (doubled - n * (n + 1)) / 2.0
    if n + m <= _EXACT_VALUES:
        shares = _choice_shares(ranks, n)
        return RankTest(statistic=u, p=_two_sided(shares, doubled), exact=True, least_p=_least(shares))
    ties = _tie_sum(ranks)
    total = n + m
    variance = n * m / 12.0 * (total + 1 - ties / (total * (total - 1)))
    p = _normal_p(u - n * m / 2.0, variance)
    return RankTest(statistic=u, p=p, exact=False, least_p=_normal_p(n * m / 2.0, variance))


def signed_rank(differences: Sequence[float]) -> RankTest:
    """Wilcoxon's signed-rank test of whether paired differences lie around 0 (Wilcoxon 1945, Biometrics Bull. 1, 80).

    Differences of exactly 0 are left out, as Wilcoxon does. Up to 50 others, the p value is exact, ties included: the
    share of all choices of signs that is as far out. Beyond, normal approximation with tie and continuity correction
    (Hollander, Wolfe and Chicken 2014, Nonparametric Statistical Methods, 3.1).

    Args:
        differences: of the pairs, finite, any number of them
    """
    values = np.asarray(differences, np.float64)
    values = values[values != 0.0]
    n = len(values)
    if not n:
        return RankTest(statistic=0.0, p=1.0, exact=True, least_p=1.0)
    ranks = _doubled_ranks(np.abs(values))
    doubled = int(ranks[values > 0.0].sum())
    if n <= _EXACT_PAIRS:
        shares = _sign_shares(ranks)
        return RankTest(statistic=doubled / 2.0, p=_two_sided(shares, doubled), exact=True, least_p=_least(shares))
    variance = n * (n + 1) * (2 * n + 1) / 24.0 - _tie_sum(ranks) / 48.0
    middle = n * (n + 1) / 4.0
    p = _normal_p(doubled / 2.0 - middle, variance)
    return RankTest(statistic=doubled / 2.0, p=p, exact=False, least_p=_normal_p(middle, variance))


def _doubled_ranks(values: Real) -> Whole:
    """Twice the rank of each value from 1 on, ties sharing the mean of their ranks: twice, so that all are whole."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    doubled: Whole = (2 * last - counts + 1)[places.reshape(-1)]
    return doubled


def _tie_sum(ranks: Whole) -> float:
    """The sum of t³ - t over groups of t equal values."""
    counts = np.unique(ranks, return_counts=True)[1].astype(np.float64)
    return float((counts**3 - counts).sum())


def _choice_shares(ranks: Whole, chosen: int) -> Real:
    """Of all choices of `chosen` values, the share whose ranks have each sum; of shape (sum of all ranks + 1,)."""
    ways = np.zeros((chosen + 1, int(ranks.sum()) + 1))
    ways[0, 0] = 1.0
    for rank in ranks.tolist():
        ways[1:, rank:] += ways[:-1, :-rank].copy()
    shares: Real = ways[chosen] / math.comb(len(ranks), chosen)
    return shares


def _sign_shares(ranks: Whole) -> Real:
    """Of all choices of signs, the share whose positive ranks have each sum; of shape (sum of all ranks + 1,)."""
    shares = np.zeros(int(ranks.sum()) + 1)
    shares[0] = 1.0
    for rank in ranks.tolist():
        shares[rank:] += shares[:-rank].copy()
        shares /= 2.0
    return shares


def _two_sided(shares: Real, at: int) -> float:
    return min(1.0, 2.0 * min(float(shares[: at + 1].sum()), float(shares[at:].sum())))


def _least(shares: Real) -> float:
    there = np.flatnonzero(shares)
    return min(1.0, 2.0 * min(float(shares[there[0]]), float(shares[there[-1]])))


def _normal_p(away: float, variance: float) -> float:
    if variance <= 0.0:  # all values are equal
        return 1.0
    z = max(0.0, abs(away) - 0.5) / math.sqrt(variance)
    return min(1.0, 2.0 * normal_cdf(-z))
