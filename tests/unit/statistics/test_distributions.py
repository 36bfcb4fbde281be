from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from flasklab.statistics.distributions import beta_share, normal_cdf, normal_quantile, t_beyond, t_quantile

if TYPE_CHECKING:
    from collections.abc import Callable

DEGREES = [0.5, 1, 1.7, 2, 3, 9, 29.3, 100, 1e4]


@pytest.mark.parametrize("x", [-38.0, -10.0, -1.96, -1e-9, 0.0, 0.5, 3.0, 9.0])
def test_the_normal_distribution_is_scipy_s_far_out_too(x: float) -> None:
    assert normal_cdf(x) == pytest.approx(stats.norm.cdf(x), rel=1e-13)


@pytest.mark.parametrize("share", [1e-300, 1e-9, 0.025, 0.5, 0.975, 1 - 1e-12])
def test_normal_quantiles_are_scipy_s(share: float) -> None:
    assert normal_quantile(share) == pytest.approx(stats.norm.ppf(share), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("a", [0.3, 0.5, 1, 2.5, 10, 14.9, 15, 100, 5000])
@pytest.mark.parametrize("b", [0.5, 1, 3, 40, 700])
def test_the_incomplete_beta_function_is_scipy_s(a: float, b: float) -> None:
    for x in (0.0, 1e-12, 1e-3, 0.1, 0.3, 0.5, 0.77, 0.9, 0.999, 1 - 1e-9, 1.0):
        assert beta_share(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-11, abs=1e-300)


@given(st.floats(0.2, 200), st.floats(0.2, 200), st.integers(0, 1024))
def test_the_incomplete_beta_function_and_its_mirror_make_one(a: float, b: float, parts: int) -> None:
    x = parts / 1024  # 1 - x is exact
    assert beta_share(a, b, x) + beta_share(b, a, 1 - x) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("degrees", DEGREES)
def test_p_values_of_t_are_scipy_s(degrees: float) -> None:
    for t in (0.0, 1e-3, 0.1, 1.0, 2.0, 5.0, 30.0, 200.0):
        expected = 2 * stats.t.sf(t, degrees)
        assert t_beyond(t, degrees) == pytest.approx(expected, rel=1e-10)
        assert t_beyond(-t, degrees) == t_beyond(t, degrees)


def test_p_values_of_t_near_its_middle_keep_their_digits() -> None:
    # With one degree of freedom it is Cauchy's distribution: 1 - 2/pi * atan(t).
    assert 1 - t_beyond(1e-6, 1) == pytest.approx(2 / math.pi * 1e-6, rel=1e-9)


def test_p_values_of_t_at_the_ends() -> None:
    assert t_beyond(math.inf, 3) == 0.0
    assert t_beyond(1e200, 3) == 0.0
    assert t_beyond(2.0, math.inf) == pytest.approx(2 * stats.norm.sf(2.0), rel=1e-13)
    assert t_beyond(2.0, 1e9) == pytest.approx(2 * stats.t.sf(2.0, 1e9), rel=1e-10)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("level", [0.5, 0.8, 0.95, 0.99, 0.999])
def test_quantiles_of_t_are_scipy_s(degrees: float, level: float) -> None:
    assert t_quantile(level, degrees) == pytest.approx(stats.t.ppf((1 + level) / 2, degrees), rel=1e-10)


def test_the_quantile_of_the_tables_for_ten_values() -> None:
    assert round(t_quantile(0.95, 9), 3) == 2.262


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: normal_quantile(1.0),
        lambda: normal_quantile(math.nan),
        lambda: beta_share(0, 1, 0.5),
        lambda: beta_share(1, 1, 1.5),
        lambda: t_beyond(math.nan, 3),
        lambda: t_beyond(1.0, 0),
        lambda: t_quantile(1.0, 3),
        lambda: t_quantile(0.95, math.nan),
    ],
)
def test_arguments_outside_their_range_are_refused(wrong: Callable[[], float]) -> None:
    with pytest.raises(ValueError, match=r"must be within|is not defined"):
        wrong()
