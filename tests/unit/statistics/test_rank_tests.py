from __future__ import annotations

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from flasklab.statistics.rank_tests import mann_whitney, signed_rank

FEW = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=6)
APART = st.lists(st.integers(-(10**6), 10**6).map(float), min_size=4, max_size=24, unique=True)


@given(FEW, FEW)
def test_mann_whitney_counts_all_choices_ties_included(first: list[float], second: list[float]) -> None:
    ranks = stats.rankdata(first + second)
    sums = [sum(choice) for choice in combinations(ranks.tolist(), len(first))]
    mine = sum(ranks[: len(first)])
    below = sum(one <= mine for one in sums) / len(sums)
    above = sum(one >= mine for one in sums) / len(sums)

    found = mann_whitney(first, second)

    assert found.exact
    assert found.p == pytest.approx(min(1.0, 2 * min(below, above)))
    assert found.statistic == stats.mannwhitneyu(first, second).statistic


@given(APART, st.data())
def test_mann_whitney_without_ties_is_scipy_s_exact_test(values: list[float], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(values) - 1))
    found = mann_whitney(values[:cut], values[cut:])

    assert found.p == pytest.approx(stats.mannwhitneyu(values[:cut], values[cut:], method="exact").pvalue)
    assert found.least_p == pytest.approx(min(1.0, 2 / comb(len(values), cut)))


@settings(max_examples=30)
@given(st.integers(21, 60), st.integers(21, 60), st.integers(2, 1000), st.integers(0, 100))
def test_mann_whitney_of_many_values_is_scipy_s_approximation(n: int, m: int, levels: int, seed: int) -> None:
    drawn = np.random.default_rng(seed)
    first, second = drawn.integers(0, levels, n), drawn.integers(0, levels, m) + levels // 10
    found = mann_whitney(first.tolist(), second.tolist())

    assert not found.exact
    expected = stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=True)
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_the_exact_and_the_approximate_p_value_are_near_each_other() -> None:
    values = np.random.default_rng(1).normal(size=41)
    exact = mann_whitney(values[:20].tolist(), (values[20:40] + 0.5).tolist())
    near = mann_whitney(values[:20].tolist(), (values[20:] + 0.5).tolist())

    assert exact.exact
    assert not near.exact
    assert exact.p == pytest.approx(stats.mannwhitneyu(values[:20], values[20:40] + 0.5, method="exact").pvalue)


@given(FEW, FEW)
def test_swapped_groups_have_the_same_p_value(first: list[float], second: list[float]) -> None:
    found, swapped = mann_whitney(first, second), mann_whitney(second, first)

    assert swapped.p == pytest.approx(found.p)
    assert swapped.statistic == len(first) * len(second) - found.statistic


@given(FEW, FEW)
def test_only_the_order_counts(first: list[float], second: list[float]) -> None:
    found = mann_whitney(first, second)
    assert mann_whitney([x**3 + 7 for x in first], [x**3 + 7 for x in second]).p == found.p


@given(st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=8))
def test_the_signed_ranks_count_all_choices_of_signs_ties_included(differences: list[float]) -> None:
    other = [one for one in differences if one]
    ranks = stats.rankdata(np.abs(other)) if other else np.empty(0)
    sums = [sum(np.array(signs) * ranks) for signs in product((0, 1), repeat=len(other))]
    mine = sum(rank for rank, one in zip(ranks, other, strict=True) if one > 0)
    below = sum(one <= mine for one in sums) / len(sums)
    above = sum(one >= mine for one in sums) / len(sums)

    assert signed_rank(differences).p == pytest.approx(min(1.0, 2 * min(below, above)))


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=50, unique=True), st.data())
def test_signed_ranks_without_ties_are_scipy_s_exact_test(sizes: list[int], data: st.DataObject) -> None:
    signs = data.draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=len(sizes), max_size=len(sizes)))
    differences = [sign * size for sign, size in zip(signs, sizes, strict=True)]

    assert signed_rank(differences).p == pytest.approx(stats.wilcoxon(differences, method="exact").pvalue)


@settings(max_examples=30)
@given(st.integers(70, 200), st.integers(3, 1000), st.integers(0, 100))
def test_signed_ranks_of_many_pairs_are_scipy_s_approximation(n: int, levels: int, seed: int) -> None:
    differences = np.random.default_rng(seed).integers(-levels, levels + 2, n)
    found = signed_rank(differences.tolist())

    expected = stats.wilcoxon(differences, method="asymptotic", correction=True)
    assert found.exact == (np.count_nonzero(differences) <= 50)
    if not found.exact:
        assert found.p == pytest.approx(expected.pvalue)


def test_equal_values_show_nothing() -> None:
    assert mann_whitney([1.0] * 5, [1.0] * 5).p == 1.0
    assert mann_whitney([1.0] * 50, [1.0] * 50).p == 1.0
    assert signed_rank([0.0] * 60).p == 1.0
    assert signed_rank([]).p == 1.0


def test_five_against_five_can_reach_less_than_one_in_a_hundred() -> None:
    found = mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    assert found.p == pytest.approx(2 / 252)
    assert found.statistic == 0.0


def test_an_empty_group_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one value of each"):
        mann_whitney([], [1.0])
