from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from flasklab.statistics.mean_tests import paired_t, welch
from flasklab.statistics.summaries import Interval

VALUES = st.lists(st.integers(-1000, 1000).map(float), min_size=2, max_size=15)


@given(VALUES, VALUES)
def test_welch_s_test_is_scipy_s(first: list[float], second: list[float]) -> None:
    assume(len(set(first)) > 1 and len(set(second)) > 1)  # of equal values, SciPy warns
    found = welch(first, second)

    expected = stats.ttest_ind(first, second, equal_var=False)
    assert (found.t, found.p, found.degrees) == pytest.approx(
        (expected.statistic, expected.pvalue, expected.df), rel=1e-9, abs=1e-12
    )
    ends = expected.confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(ends), rel=1e-9, abs=1e-9)


@given(VALUES)
def test_the_paired_test_is_scipy_s(differences: list[float]) -> None:
    assume(len(set(differences)) > 1)
    found = paired_t(differences)

    expected = stats.ttest_1samp(differences, 0.0)
    assert (found.t, found.p, found.degrees) == pytest.approx(
        (expected.statistic, expected.pvalue, expected.df), rel=1e-9, abs=1e-12
    )


@given(VALUES, VALUES, st.sampled_from([0.5, 4.0, 1e-200, 1e200]))
def test_welch_s_p_knows_no_unit_and_no_order(first: list[float], second: list[float], factor: float) -> None:
    found = welch(first, second)

    assert welch([factor * x for x in first], [factor * x for x in second]).p == pytest.approx(found.p, rel=1e-9)
    assert welch([x + 16.0 for x in first], [x + 16.0 for x in second]).p == pytest.approx(found.p, rel=1e-9)
    swapped = welch(second, first)
    assert (swapped.p, swapped.difference) == pytest.approx((found.p, -found.difference))


def test_the_weights_that_student_measured() -> None:
    # Hours of additional sleep by two drugs for ten patients (Student 1908): t = 4.06 of paired differences.
    differences = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    found = paired_t(differences)

    assert round(found.t, 2) == 4.06
    assert round(found.p, 4) == 0.0028


@pytest.mark.parametrize(("second", "t", "p"), [(2.0, 0.0, 1.0), (1.0, math.inf, 0.0), (3.0, -math.inf, 0.0)])
def test_values_that_do_not_vary(second: float, t: float, p: float) -> None:
    found = welch([2.0, 2.0], [second, second, second])

    assert (found.t, found.p) == (t, p)
    assert found.interval == Interval(low=2.0 - second, high=2.0 - second)


def test_one_value_is_too_few() -> None:
    with pytest.raises(ValueError, match="at least two values"):
        welch([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="at least two values"):
        paired_t([1.0])
