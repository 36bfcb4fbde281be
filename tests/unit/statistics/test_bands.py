from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from flasklab.statistics.bands import bands
from flasklab.statistics.summaries import summarize

CURVE = st.lists(
    st.tuples(st.integers(0, 12), st.integers(-50, 50).map(float) | st.sampled_from([math.nan, math.inf])), max_size=8
).map(sorted)


def test_two_curves_worked_out_by_hand() -> None:
    found = bands([([0, 2, 4], [1.0, 3.0, 5.0]), ([1, 2], [7.0, 9.0])])

    assert found.steps.tolist() == [0, 1, 2, 4]
    assert found.n.tolist() == [1, 2, 2, 1]
    assert found.mean.tolist() == [1.0, 4.0, 6.0, 5.0]
    assert found.least.tolist() == [1.0, 1.0, 3.0, 5.0]
    assert found.greatest.tolist() == [1.0, 7.0, 9.0, 5.0]
    assert found.deviation.tolist() == pytest.approx([math.nan, math.sqrt(18), math.sqrt(18), math.nan], nan_ok=True)


def test_intervals_are_scipy_s_at_each_step() -> None:
    values = np.random.default_rng(1).normal(size=(6, 40))
    found = bands([(range(40), row) for row in values])

    expected = stats.ttest_1samp(values, 0.0, axis=0).confidence_interval(0.95)
    assert found.low == pytest.approx(expected.low)
    assert found.high == pytest.approx(expected.high)
    assert found.mean == pytest.approx(values.mean(axis=0))


@given(st.lists(CURVE, max_size=5))
def test_each_step_is_the_summary_of_what_the_runs_had_by_then(curves: list[list[tuple[int, float]]]) -> None:
    found = bands([([x for x, _ in curve], [y for _, y in curve]) for curve in curves])

    assert found.steps.tolist() == sorted({x for curve in curves for x, _ in curve})
    for at, step in enumerate(found.steps.tolist()):
        reached = [curve for curve in curves if curve and curve[0][0] <= step <= curve[-1][0]]
        expected = summarize([[y for x, y in curve if x <= step][-1] for curve in reached])
        assert found.n[at] == expected.n
        for mine, theirs in (
            (found.mean, expected.mean),
            (found.deviation, expected.deviation),
            (found.least, expected.least),
            (found.greatest, expected.greatest),
            (found.low, expected.interval and expected.interval.low),
        ):
            assert mine[at] == pytest.approx(math.nan if theirs is None else theirs, nan_ok=True, abs=1e-9)


def test_no_run_says_anything_after_its_last_step() -> None:
    found = bands([([0, 10], [1.0, 1.0]), ([0, 5], [3.0, 3.0])], steps=[-1, 0, 5, 6, 10, 11])

    assert found.n.tolist() == [0, 2, 2, 1, 1, 0]
    assert found.mean.tolist() == pytest.approx([math.nan, 2.0, 2.0, 1.0, 1.0, math.nan], nan_ok=True)


def test_steps_that_go_back_are_put_in_order_and_the_last_value_of_a_step_counts() -> None:
    found = bands([([3, 1, 1, 2], [30.0, 10.0, 11.0, 20.0])])
    assert (found.steps.tolist(), found.mean.tolist()) == ([1, 2, 3], [11.0, 20.0, 30.0])


@pytest.mark.parametrize("same", [True, False])
def test_many_steps_become_so_many_points_with_both_ends(same: bool) -> None:
    curves = [(np.arange(10_000) * 3, np.zeros(10_000)), (np.arange(10_000) * 3 + (0 if same else 1), np.ones(10_000))]
    found = bands(curves, points=500)

    assert 450 <= len(found.steps) <= 500
    assert (found.steps[0], found.steps[-1]) == (0, 29_997 if same else 29_998)
    assert len(bands(curves, points=None).steps) == (10_000 if same else 20_000)


def test_times_may_be_fractions() -> None:
    found = bands([([0.0, 0.5, 1.0], [1.0, 2.0, 3.0]), ([0.25], [9.0])])
    assert found.steps.tolist() == [0.0, 0.25, 0.5, 1.0]
    assert found.n.tolist() == [1, 2, 1, 1]


def test_values_near_the_end_of_the_doubles_have_a_spread() -> None:
    found = bands([([0], [1e307]), ([0], [3e307])])
    assert found.mean.tolist() == [2e307]
    assert found.deviation == pytest.approx([math.sqrt(2) * 1e307])


def test_no_curves_make_no_band() -> None:
    assert len(bands([]).steps) == 0
    assert len(bands([([], [])]).mean) == 0


def test_what_is_no_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="2 steps has 1 values"):
        bands([([0, 1], [1.0])])
    with pytest.raises(ValueError, match="a level"):
        bands([], level=95)
