"""Tests of whether two means differ, for values that are about normally distributed around them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.statistics.distributions import t_beyond, t_quantile
from flasklab.statistics.summaries import LEVEL, Interval, moments

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanTest:
    """A t test and the interval that belongs to it."""

    difference: float  # mean of the first less mean of the second, in the values' unit
    t: float  # the difference in its standard errors; infinite where the values do not vary
    degrees: float  # of freedom
    p: float  # two-sided
    interval: Interval  # of the difference


def welch(first: Sequence[float], second: Sequence[float], *, level: float = LEVEL) -> MeanTest:
    """Welch's t test of two independent samples whose spreads may differ.

    Degrees of freedom by Satterthwaite 1946 (Biometrics Bulletin 2, 110) and Welch 1947 (Biometrika 34, 28).
    Where neither sample varies, the p value is 1 for equal means and 0 for different ones.

    Args:
        first: finite values, at least two
        second: finite values in the same unit, at least two
        level: of the interval

    Raises:
        ValueError: a sample has fewer than two values, or `level` is not within (0, 1).
    """
    one, other = _at_least_two(first), _at_least_two(second)
    (mean, deviation), (mean_2, deviation_2) = moments(one), moments(other)
    error, error_2 = deviation / math.sqrt(len(one)), deviation_2 / math.sqrt(len(other))
    whole = math.hypot(error, error_2)
    if whole == 0.0:
        return _tested(mean - mean_2, 0.0, len(one) + len(other) - 2.0, level)
    share, share_2 = (error / whole) ** 2, (error_2 / whole) ** 2  # of the variance, so that no fourth power vanishes
    degrees = 1.0 / (share**2 / (len(one) - 1) + share_2**2 / (len(other) - 1))
    return _tested(mean - mean_2, whole, degrees, level)


def paired_t(differences: Sequence[float], *, level: float = LEVEL) -> MeanTest:
    """Student's t test of whether the mean of paired differences is 0 (Student 1908, Biometrika 6, 1).

    Args:
        differences: of the pairs, finite, at least two
        level: of the interval

    Raises:
        ValueError: there are fewer than two, or `level` is not within (0, 1).
    """
    values = _at_least_two(differences)
    mean, deviation = moments(values)
    return _tested(mean, deviation / math.sqrt(len(values)), len(values) - 1.0, level)


def _at_least_two(values: Sequence[float]) -> Sequence[float]:
    if len(values) < 2:
        raise ValueError(f"a t test needs at least two values, not {len(values)}")
    return values


def _tested(difference: float, error: float, degrees: float, level: float) -> MeanTest:
    t = difference / error if error > 0.0 else math.copysign(math.inf, difference) if difference else 0.0
    half = t_quantile(level, degrees) * error
    return MeanTest(
        difference=difference,
        t=t,
        degrees=degrees,
        p=t_beyond(t, degrees),
        interval=Interval(low=difference - half, high=difference + half),
    )
