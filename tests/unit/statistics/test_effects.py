from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from flasklab.statistics.effects import cliffs_delta, delta_in_words, hedges_g

VALUES = st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=12)


def test_hedges_g_worked_out_by_hand() -> None:
    # Means 3 and 5, both variances 2.5, so d = -2 / sqrt(2.5); 8 degrees of freedom correct by 0.9027.
    found = hedges_g([1, 2, 3, 4, 5], [3, 4, 5, 6, 7])

    correction = special.gamma(4) / (math.sqrt(4) * special.gamma(3.5))
    assert correction == pytest.approx(0.9027, abs=1e-4)
    assert found == pytest.approx(-2 / math.sqrt(2.5) * correction, rel=1e-12)


def test_the_correction_is_near_its_well_known_approximation() -> None:
    plain = -2 / math.sqrt(2.5)
    found = hedges_g([1, 2, 3, 4, 5], [3, 4, 5, 6, 7], degrees=100)
    assert found == pytest.approx(plain * (1 - 3 / (4 * 100 - 1)), rel=1e-4)


def test_two_values_of_each_have_an_effect_size_and_one_pair_s_degree_none() -> None:
    assert hedges_g([0.0, 1.0], [5.0, 6.0]) is not None
    assert hedges_g([0.0, 1.0], [5.0, 6.0], degrees=1) == 0.0


def test_values_that_do_not_vary_give_no_unit() -> None:
    assert hedges_g([1.0, 1.0], [2.0, 2.0]) is None


@given(VALUES, VALUES, st.sampled_from([-4.0, 0.25, 1e-200, 1e200]))
def test_effect_sizes_know_no_unit(first: list[float], second: list[float], factor: float) -> None:
    sign = math.copysign(1.0, factor)
    moved = [factor * x for x in first], [factor * x for x in second]
    g = hedges_g(first, second)

    assert hedges_g(*moved) == (None if g is None else pytest.approx(sign * g, rel=1e-9, abs=1e-12))
    assert cliffs_delta(*moved) == sign * cliffs_delta(first, second)


@given(VALUES, VALUES)
def test_cliff_s_delta_counts_all_pairs(first: list[float], second: list[float]) -> None:
    counted = sum((x > y) - (x < y) for x in first for y in second) / (len(first) * len(second))

    assert cliffs_delta(first, second) == pytest.approx(counted)
    assert cliffs_delta(second, first) == -cliffs_delta(first, second)


@pytest.mark.parametrize(
    ("delta", "word"), [(0.0, "negligible"), (-0.147, "small"), (0.4, "medium"), (0.474, "large"), (-1.0, "large")]
)
def test_deltas_have_words(delta: float, word: str) -> None:
    assert delta_in_words(delta) == word


def test_too_few_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least two values"):
        hedges_g([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="at least one value"):
        cliffs_delta([], [1.0])
