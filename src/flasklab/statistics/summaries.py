"""What some values of the same kind say together: how many, their mean and spread, and how sure the mean is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.statistics.distributions import t_quantile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEVEL = 0.95  # of an interval when nobody asks for another


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A closed interval, in the unit of the values."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Some values in a few numbers, all in the values' unit; those that are not finite are counted and left out."""

    n: int  # finite values: all below is about them
    nan: int = 0  # values that are no number
    infinite: int = 0
    mean: float | None = None  # None without values
    deviation: float | None = None  # sample standard deviation; None below two values
    interval: Interval | None = None  # of the mean, by Student's t; None below two values
    level: float = LEVEL  # of the interval
    median: float | None = None  # None without values, as those below
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    least: float | None = None
    greatest: float | None = None

    @property
    def left_out(self) -> int:
        """How many values are not finite."""
        return self.nan + self.infinite

    @property
    def remark(self) -> str:
        """What to know before trusting the numbers: one or two sentences, or ""."""
        sentences = []
        if self.n == 0:
            sentences.append("No value is a finite number." if self.left_out else "There are no values.")
        elif self.left_out:
            are = "is not a finite number and" if self.left_out == 1 else "are not finite numbers and"
            sentences.append(f"{self.left_out} of {self.n + self.left_out} values {are} left out.")
        if self.n == 1:
            sentences.append("One value alone says nothing about the spread.")
        elif self.n > 1 and self.least == self.greatest:
            sentences.append(f"All {self.n} values are equal.")
        return " ".join(sentences)


def summarize(values: Iterable[float], level: float = LEVEL) -> Summary:
    """The summary of some values.

    Mean and deviation are computed in two passes over exact sums (Chan, Golub and LeVeque 1983, The American
    Statistician 37, 242; Shewchuk 1997 for the sums), so neither an offset nor large values cost digits. The interval
    of the mean is mean ± t · s / √n with n - 1 degrees of freedom (Student 1908, Biometrika 6, 1). Quartiles lie on
    straight lines between the sorted values (type 7 of Hyndman and Fan 1996, The American Statistician 50, 361, as in
    NumPy).

    Args:
        values: any number of them, in any unit, NaN and infinities among them
        level: share of such intervals that hold the true mean, if the values are about normally distributed

    Raises:
        ValueError: `level` is not within (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"a level must be within (0, 1), not {level}")
    finite, nan, infinite = finite_part(values)
    if not finite:
        return Summary(n=0, nan=nan, infinite=infinite, level=level)
    finite.sort()
    mean, deviation = moments(finite) if len(finite) > 1 else (finite[0], None)
    return Summary(
        n=len(finite),
        nan=nan,
        infinite=infinite,
        mean=mean,
        deviation=deviation,
        interval=None if deviation is None else mean_interval(mean, deviation, len(finite), level),
        level=level,
        median=quantile(finite, 0.5),
        lower_quartile=quantile(finite, 0.25),
        upper_quartile=quantile(finite, 0.75),
        least=finite[0],
        greatest=finite[-1],
    )


def finite_part(values: Iterable[float]) -> tuple[list[float], int, int]:
    """The finite values as floats, in their order, and how many are NaN and how many infinite."""
    finite = []
    nan = infinite = 0
    for value in values:
        number = _as_float(value)
        if number - number == 0.0:
            finite.append(number)
        elif number != number:
            nan += 1
        else:
            infinite += 1
    return finite, nan, infinite


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number beyond the doubles
        return math.inf if value > 0 else -math.inf


def moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (n - 1) of at least two finite values.

    Values of any size: they are scaled by a power of two, so no sum is beyond the doubles and no square below them.
    """
    n = len(values)
    largest = max(abs(min(values)), abs(max(values)))
    exponent = math.frexp(largest)[1]
    scaled = [math.ldexp(value, -exponent) for value in values]
    mean = math.fsum(scaled) / n
    if min(values) == max(values):
        return values[0], 0.0
    offsets = [value - mean for value in scaled]
    spread = max(map(abs, offsets))
    shift = math.frexp(spread)[1]  # a second scale: the offsets may be far smaller than the values
    squares = math.fsum(math.ldexp(offset, -shift) ** 2 for offset in offsets)
    squares -= math.fsum(math.ldexp(offset, -shift) for offset in offsets) ** 2 / n  # what rounding the mean left
    deviation = math.sqrt(max(squares, 0.0) / (n - 1))
    return _back(mean, exponent), _back(deviation, shift + exponent)


def _back(value: float, exponent: int) -> float:
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.inf


def mean_interval(mean: float, deviation: float, n: int, level: float) -> Interval:
    """The interval of a mean by Student's t, of at least two values; see `summarize`."""
    half = t_quantile(level, n - 1) * (deviation / math.sqrt(n))
    return Interval(low=mean - half, high=mean + half)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of at least one ascending, finite values lie, on a line between two of them."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    part = place - below
    if part == 0.0:
        return ordered[below]
    low, high = ordered[below], ordered[below + 1]
    return low + part * (high - low) if high - low < math.inf else (1 - part) * low + part * high
