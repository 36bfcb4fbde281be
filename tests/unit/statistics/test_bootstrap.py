from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from flasklab.statistics.bootstrap import difference_interval, mean_difference_interval
from flasklab.statistics.mean_tests import welch
from flasklab.statistics.summaries import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

DRAWN = np.random.default_rng(3)
FIRST = DRAWN.lognormal(size=20).tolist()
SECOND = (DRAWN.lognormal(size=30) + 0.5).tolist()
MANY = 100_000


def test_the_plain_interval_of_two_samples_is_scipy_s() -> None:
    found = difference_interval(FIRST, SECOND, draws=MANY, expanded=False)

    expected = stats.bootstrap(
        (FIRST, SECOND),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        n_resamples=MANY,
        vectorized=True,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert [found.low, found.high] == pytest.approx(list(expected), rel=0.02)


def test_the_plain_interval_of_one_sample_is_scipy_s() -> None:
    found = mean_difference_interval(FIRST, draws=MANY, expanded=False)

    expected = stats.bootstrap(
        (FIRST,), lambda a, axis: a.mean(axis), n_resamples=MANY, rng=np.random.default_rng(1)
    ).confidence_interval
    assert [found.low, found.high] == pytest.approx(list(expected), rel=0.02)


def test_of_many_even_values_it_is_welch_s_interval() -> None:
    values = stats.norm.ppf((np.arange(400) + 0.5) / 400)
    one, other = (values + 3.0).tolist(), (2.0 * values).tolist()

    found, expected = difference_interval(one, other, draws=MANY), welch(one, other).interval

    assert [found.low, found.high] == pytest.approx([expected.low, expected.high], abs=0.02)


def test_few_values_make_it_wider_than_the_plain_one() -> None:
    one, other = FIRST[:5], SECOND[:5]
    plain, wide = difference_interval(one, other, expanded=False), difference_interval(one, other)

    assert wide.low < plain.low
    assert wide.high > plain.high


@pytest.mark.parametrize("count", [5, 10])
def test_nine_in_ten_intervals_at_least_hold_the_truth_of_few_normal_values(count: int) -> None:
    drawn = np.random.default_rng(5).normal(size=(400, 2, count))
    found = [difference_interval(one, 2.0 * other, draws=999) for one, other in drawn]

    assert np.mean([one.low <= 0.0 <= one.high for one in found]) > 0.91


def test_the_same_seed_gives_the_same_interval_and_another_nearly_so() -> None:
    found = difference_interval(FIRST, SECOND, seed=1)

    assert difference_interval(FIRST, SECOND, seed=1) == found
    other = difference_interval(FIRST, SECOND, seed=2)
    assert other != found
    assert other.low == pytest.approx(found.low, rel=0.1)


def test_shift_and_scale_go_through() -> None:
    plain = difference_interval(FIRST, SECOND)
    moved = difference_interval([4.0 * x + 8.0 for x in FIRST], [4.0 * x for x in SECOND])

    assert [moved.low, moved.high] == pytest.approx([4 * plain.low + 8, 4 * plain.high + 8], rel=1e-9)


def test_swapped_groups_swap_the_ends() -> None:
    found, swapped = difference_interval(FIRST, SECOND, draws=MANY), difference_interval(SECOND, FIRST, draws=MANY)

    assert [-swapped.high, -swapped.low] == pytest.approx([found.low, found.high], rel=0.03)


def test_steps_of_drawing_are_no_matter_of_size() -> None:
    long = np.random.default_rng(8).normal(size=5000).tolist()
    found = mean_difference_interval(long, draws=999)
    assert (found.low + found.high) / 2 == pytest.approx(np.mean(long), abs=0.01)


def test_values_that_do_not_vary_leave_one_point() -> None:
    assert difference_interval([3.0, 3.0], [1.0, 1.0]) == Interval(low=2.0, high=2.0)
    assert mean_difference_interval([0.5] * 4) == Interval(low=0.5, high=0.5)


def test_one_far_value_among_equal_ones_keeps_the_ends_within_the_draws() -> None:
    found = mean_difference_interval([0.0] * 9 + [1.0])
    assert 0.0 <= found.low < 0.1 < found.high <= 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: difference_interval([1.0], [1.0, 2.0]),
        lambda: difference_interval([1.0, math.nan], [1.0, 2.0]),
        lambda: mean_difference_interval([]),
        lambda: mean_difference_interval([1.0, 2.0], level=1.0),
        lambda: mean_difference_interval([1.0, 2.0], draws=0),
    ],
)
def test_what_cannot_be_drawn_from_is_refused(wrong: Callable[[], Interval]) -> None:
    with pytest.raises(ValueError, match=r"a bootstrap needs|a level must be"):
        wrong()
