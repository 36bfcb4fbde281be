"""Tails and quantiles of the normal and of Student's t distribution, to about 12 digits, without SciPy.

SciPy would cost every installation 100 MB for these five functions.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_NORMAL = NormalDist()
_TINY = 1e-300  # stands for 0 in denominators
_ENOUGH = 1e-15  # relative change at which a continued fraction is told
_MOST_TERMS = 100_000
_MANY = 1e7  # degrees of freedom from which on the difference to a normal distribution has a short form


def normal_cdf(x: float) -> float:
    """The share of a standard normal distribution below `x`, in [0, 1]; exact in the far left tail too."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def normal_quantile(share: float) -> float:
    """The value below which `share` of a standard normal distribution lies (algorithm AS 241: Wichura 1988).

    Raises:
        ValueError: `share` is not within (0, 1).
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"a share must be within (0, 1), not {share}")
    return _NORMAL.inv_cdf(share)


def beta_share(a: float, b: float, x: float) -> float:
    """The regularized incomplete beta function I_x(a, b), in [0, 1].

    By its continued fraction (Abramowitz and Stegun 1964, Handbook of Mathematical Functions, 26.5.8), evaluated
    from the front as Lentz 1976 (Applied Optics 15, 668) and Thompson and Barnett 1986 (J. Comput. Phys. 64, 490) do;
    on the side of its mean where the fraction converges fast (26.5.2).

    Args:
        a: above 0
        b: above 0
        x: within [0, 1]

    Raises:
        ValueError: an argument is outside its range.
    """
    if not (a > 0 and b > 0 and 0.0 <= x <= 1.0):
        raise ValueError(f"the incomplete beta function is not defined for a={a}, b={b}, x={x}")
    return _beta_share(a, b, x, 1.0 - x)


def _beta_share(a: float, b: float, x: float, rest: float) -> float:
    """I_x(a, b), `rest` being 1 - x with all its digits, which a subtraction would lose near x = 1."""
    if x == 0.0 or rest == 0.0:
        return x
    log_x = math.log(x) if x < 0.5 else math.log1p(-rest)
    log_rest = math.log(rest) if rest < 0.5 else math.log1p(-x)
    front = math.exp(a * log_x + b * log_rest - _log_beta(a, b))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _beta_fraction(a, b, x) / a
    return 1.0 - front * _beta_fraction(b, a, rest) / b


def _log_beta(a: float, b: float) -> float:
    """The logarithm of the beta function.

    Where the larger argument is large, logarithms of gamma functions cancel each other: the difference of their
    Stirling series (Abramowitz and Stegun 1964, 6.1.40) keeps the digits, as in algorithm 708 (DiDonato and Morris
    1992).
    """
    small, large = min(a, b), max(a, b)
    if large < 15.0:
        return math.lgamma(small) + math.lgamma(large) - math.lgamma(small + large)
    whole = small + large
    growth = (large - 0.5) * math.log1p(small / large) + small * (math.log(whole) - 1.0)
    return math.lgamma(small) - growth - _stirling_rest(whole) + _stirling_rest(large)


def _stirling_rest(x: float) -> float:
    """What the logarithm of the gamma function of `x` (15 and more) has beyond Stirling's formula."""
    square = 1.0 / (x * x)
    return (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / x


def _beta_fraction(a: float, b: float, x: float) -> float:
    """1 / (1 + d1 / (1 + d2 / (1 + ...))), the terms in pairs."""
    value = ratio = 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))  # d1 is in the first denominator already
    above = 1.0
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for term in (even, odd):
            ratio = 1.0 / _away_from_zero(1.0 + term * ratio)
            above = _away_from_zero(1.0 + term / above)
            change = ratio * above
            value *= change
        if abs(change - 1.0) < _ENOUGH:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def t_beyond(t: float, degrees: float) -> float:
    """The two-sided p value of Student's t: the share of the distribution farther from 0 than `t`.

    Abramowitz and Stegun 1964, 26.7.1 with 26.5.27; for millions of degrees 26.7.8.

    Args:
        t: of either sign; infinite ones have a p value of 0
        degrees: of freedom, above 0, whole or not; infinite ones make it the normal distribution

    Raises:
        ValueError: `degrees` is not above 0, or an argument is NaN.
    """
    if math.isnan(t) or not degrees > 0:
        raise ValueError(f"Student's t is not defined for t={t} with {degrees} degrees of freedom")
    if math.isinf(t):
        return 0.0
    if degrees > _MANY:
        return 2.0 * normal_cdf(-abs(t) * (1.0 - 0.25 / degrees) / math.sqrt(1.0 + t * t / (2.0 * degrees)))
    whole = degrees + t * t
    if math.isinf(whole):
        return 0.0
    return _beta_share(degrees / 2.0, 0.5, degrees / whole, t * t / whole)


@lru_cache(maxsize=4096)
def t_quantile(level: float, degrees: float) -> float:
    """The t within whose distance of 0 lies the share `level` of Student's distribution, such as 2.262 for 0.95 and 9.

    Found by halving the bracket in which `t_beyond` falls below 1 - `level`.

    Args:
        level: within (0, 1)
        degrees: of freedom, above 0, whole or not

    Raises:
        ValueError: an argument is outside its range.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"a level must be within (0, 1), not {level}")
    beyond = 1.0 - level
    low, high = 0.0, 1.0
    while t_beyond(high, degrees) > beyond:
        low, high = high, 2.0 * high
    while high - low > 1e-14 * high:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if t_beyond(middle, degrees) > beyond:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
