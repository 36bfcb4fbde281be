from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from flasklab.statistics.summaries import Interval, Summary, summarize

if TYPE_CHECKING:
    from random import Random

FINITE = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))


def known(value: float | None) -> float:
    assert value is not None
    return value


def interval(summary: Summary) -> Interval:
    assert summary.interval is not None
    return summary.interval


def test_four_values_worked_out_by_hand() -> None:
    found = summarize([2.0, 4.0, 4.0, 6.0])

    assert (found.n, found.mean, found.median) == (4, 4.0, 4.0)
    assert (found.lower_quartile, found.upper_quartile) == (3.5, 4.5)
    assert (found.least, found.greatest) == (2.0, 6.0)
    assert found.deviation == pytest.approx(math.sqrt(8 / 3), rel=1e-15)
    # 3.182446 is in every table of Student's t for 3 degrees of freedom and 95 %.
    assert interval(found).high - 4.0 == pytest.approx(3.182446 * math.sqrt(8 / 3) / 2, rel=1e-6)
    assert found.remark == ""


@given(st.lists(FINITE, min_size=2, max_size=40))
def test_every_number_is_numpy_s_and_scipy_s(values: list[float]) -> None:
    found = summarize(values)

    scale = max(map(abs, values)) or 1.0
    assert found.mean == pytest.approx(np.mean(values), rel=1e-12, abs=1e-12 * scale)
    assert found.deviation == pytest.approx(np.std(values, ddof=1), rel=1e-9, abs=1e-12 * scale)
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    assert [found.lower_quartile, found.median, found.upper_quartile] == pytest.approx(quartiles, abs=1e-9 * scale)
    if known(found.deviation) > 1e-6 * scale:
        expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
        assert [interval(found).low, interval(found).high] == pytest.approx(list(expected), rel=1e-9, abs=1e-9 * scale)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=20), st.sampled_from([-8.0, -1.0, 0.5, 1024.0]))
def test_shift_and_scale_go_through(values: list[int], factor: float) -> None:
    plain = summarize(values)
    moved = summarize([factor * value + 64.0 for value in values])

    assert moved.mean == pytest.approx(factor * known(plain.mean) + 64.0, rel=1e-12, abs=1e-9)
    assert moved.deviation == pytest.approx(abs(factor) * known(plain.deviation), rel=1e-12)
    width, wide = interval(plain), interval(moved)
    assert wide.high - wide.low == pytest.approx(abs(factor) * (width.high - width.low), rel=1e-9, abs=1e-9)


@given(st.lists(FINITE, min_size=1, max_size=20), st.randoms())
def test_the_order_of_the_values_does_not_matter(values: list[float], random: Random) -> None:
    mixed = list(values)
    random.shuffle(mixed)
    assert summarize(mixed) == summarize(values)


def test_a_large_offset_costs_no_digits() -> None:
    found = summarize([1e9 + 1, 1e9 + 2, 1e9 + 3])
    assert (found.mean, found.deviation) == (1e9 + 2, 1.0)


@pytest.mark.parametrize("factor", [1e-310, 1e-200, 1e200, 1e308])
def test_values_near_the_ends_of_the_doubles_have_a_spread(factor: float) -> None:
    found = summarize([0.5 * factor, 1.0 * factor, 1.5 * factor])
    assert known(found.mean) == pytest.approx(factor, rel=1e-9)
    assert known(found.deviation) == pytest.approx(0.5 * factor, rel=1e-9)


def test_the_median_of_opposite_extremes_is_finite() -> None:
    assert summarize([-1.7e308, 1.7e308]).median == 0.0


def test_no_value_says_nothing() -> None:
    assert summarize([]) == Summary(n=0)
    assert summarize([]).remark == "There are no values."


def test_one_value_has_no_spread() -> None:
    found = summarize([0.1])

    assert (found.mean, found.median, found.deviation, found.interval) == (0.1, 0.1, None, None)
    assert found.remark == "One value alone says nothing about the spread."


def test_equal_values_are_told_without_rounding() -> None:
    found = summarize([0.1] * 7)

    assert (found.mean, found.deviation, found.interval) == (0.1, 0.0, Interval(low=0.1, high=0.1))
    assert found.remark == "All 7 values are equal."


@pytest.mark.parametrize(
    ("values", "n", "nan", "infinite", "remark"),
    [
        ([1.0, math.nan, 2.0], 2, 1, 0, "1 of 3 values is not a finite number and left out."),
        ([1.0, math.inf, -math.inf, 2.0], 2, 0, 2, "2 of 4 values are not finite numbers and left out."),
        ([math.nan], 0, 1, 0, "No value is a finite number."),
        (
            [3.0, math.nan],
            1,
            1,
            0,
            "1 of 2 values is not a finite number and left out. One value alone says nothing about the spread.",
        ),
        ([10**400, -(10**400), 1.0, 2.0], 2, 0, 2, "2 of 4 values are not finite numbers and left out."),
    ],
)
def test_values_that_are_not_finite_are_counted_and_left_out(
    values: list[float], n: int, nan: int, infinite: int, remark: str
) -> None:
    found = summarize(values)

    assert (found.n, found.nan, found.infinite, found.remark) == (n, nan, infinite, remark)
    if n == 2:
        assert found.mean == 1.5


def test_a_higher_level_makes_a_wider_interval() -> None:
    assert interval(summarize([1, 2, 3], 0.99)).high > interval(summarize([1, 2, 3], 0.9)).high


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
def test_a_level_is_a_share(level: float) -> None:
    with pytest.raises(ValueError, match="a level must be within"):
        summarize([1.0, 2.0], level)
