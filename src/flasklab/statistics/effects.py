"""How large a difference is, apart from how sure it is: effect sizes without a unit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from flasklab.statistics.summaries import moments

if TYPE_CHECKING:
    from collections.abc import Sequence

# Upper bounds of |delta| (Romano, Kromrey, Coraggio and Skowronek 2006, Florida Association of Institutional Research).
_WORDS = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))


def hedges_g(first: Sequence[float], second: Sequence[float], *, degrees: int | None = None) -> float | None:
    """The difference of two means in standard deviations, corrected for few values.

    g = J(m) · (mean of the first - mean of the second) / s, with the pooled standard deviation s and the exact
    correction J(m) = Γ(m / 2) / (√(m / 2) · Γ((m - 1) / 2)) (Hedges 1981, Journal of Educational Statistics 6, 107).

    Args:
        first: finite values, at least two
        second: finite values in the same unit, at least two
        degrees: m, of freedom of s; n1 + n2 - 2 unless given, n - 1 for n pairs (Cumming 2012, Understanding the New
            Statistics, chapter 11)

    Returns:
        g, or None where neither sample varies, which leaves no unit for the difference.

    Raises:
        ValueError: a sample has fewer than two values.
    """
    n, m = len(first), len(second)
    if n < 2 or m < 2:
        raise ValueError("an effect size in standard deviations needs at least two values of each group")
    (mean, deviation), (mean_2, deviation_2) = moments(first), moments(second)
    pooled = math.hypot(math.sqrt(n - 1) * deviation, math.sqrt(m - 1) * deviation_2) / math.sqrt(n + m - 2)
    if pooled == 0.0:
        return None
    return _correction(degrees or n + m - 2) * ((mean - mean_2) / pooled)


def _correction(degrees: int) -> float:
    if degrees < 2:
        return 0.0  # Γ(0) is infinite
    half = degrees / 2.0
    return math.exp(math.lgamma(half) - math.lgamma(half - 0.5)) / math.sqrt(half)


def cliffs_delta(first: Sequence[float], second: Sequence[float]) -> float:
    """How much more often a value of the first group is the greater one than the lesser, in [-1, 1].

    P(x > y) - P(x < y) over all pairs (Cliff 1993, Psychological Bulletin 114, 494), which is 2U / (nm) - 1 of Mann and
    Whitney's U; by sorting, O(n log n).

    Args:
        first: finite values, at least one
        second: finite values in the same unit, at least one

    Raises:
        ValueError: a sample is empty.
    """
    if not len(first) or not len(second):
        raise ValueError("Cliff's delta needs at least one value of each group")
    ordered = np.sort(np.asarray(second, np.float64))
    values = np.asarray(first, np.float64)
    below = np.searchsorted(ordered, values, "left").sum()
    above = len(values) * len(ordered) - np.searchsorted(ordered, values, "right").sum()
    return float(below - above) / (len(values) * len(ordered))


def delta_in_words(delta: float) -> str:
    """Cliff's delta as "negligible", "small", "medium" or "large" (Romano et al. 2006, see above)."""
    return next((word for bound, word in _WORDS if abs(delta) < bound), "large")
