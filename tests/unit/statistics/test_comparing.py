from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from flasklab.statistics.comparing import Comparison, Method, Verdict, compare, compare_all
from flasklab.statistics.corrections import benjamini_hochberg
from flasklab.statistics.samples import Sample

VALUES = st.lists(st.integers(-60, 60).map(float), min_size=2, max_size=12)
EVEN = [0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97]
LOWER = [0.80, 0.82, 0.83, 0.81, 0.84, 0.86, 0.85, 0.83]


def sample(values: list[float], seeds: list[int] | None = None, name: str = "a") -> Sample:
    return Sample(name=name, values=values, seeds=seeds)


def compared(first: list[float], second: list[float], **options: object) -> Comparison:
    return compare(sample(first), sample(second, name="b"), draws=499, **options)  # type: ignore[arg-type]


def test_independent_groups_are_compared_by_welch_s_test() -> None:
    found = compared(EVEN, LOWER)

    expected = stats.ttest_ind(EVEN, LOWER, equal_var=False)
    assert (found.method, found.verdict, found.pairs) == (Method.WELCH, Verdict.FIRST, None)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.degrees == pytest.approx(expected.df)
    assert found.difference == pytest.approx(np.mean(EVEN) - np.mean(LOWER))
    assert found.interval is not None
    assert found.interval.low < np.mean(EVEN) - np.mean(LOWER) < found.interval.high
    assert found.cliffs_delta == 1.0


def test_groups_with_the_same_seeds_are_compared_within_pairs() -> None:
    seeds = list(range(8))
    found = compare(sample(EVEN, seeds), sample(LOWER[::-1], seeds[::-1], "b"))

    expected = stats.ttest_rel(EVEN, LOWER)
    assert (found.method, found.pairs) == (Method.PAIRED_T, 8)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.degrees == 7


def test_pairs_find_what_independent_groups_hide() -> None:
    drawn = np.random.default_rng(4)
    first = drawn.normal(0.9, 0.05, 10)
    second = first - 0.01 + drawn.normal(0, 0.003, 10)
    seeds = list(range(10))

    assert compared(first.tolist(), second.tolist()).verdict is Verdict.UNCLEAR
    paired = compare(sample(first.tolist(), seeds), sample(second.tolist(), seeds, "b"))
    assert paired.verdict is Verdict.FIRST


def test_a_value_far_outside_makes_it_a_test_by_ranks() -> None:
    first, second = [*EVEN, 40.0], [*LOWER, 0.87]
    found = compared(first, second, higher_is_better=False)

    assert (found.method, found.verdict) == (Method.MANN_WHITNEY, Verdict.SECOND)
    assert found.p == pytest.approx(stats.mannwhitneyu(first, second, method="exact").pvalue)
    seeds = list(range(9))
    within = compare(sample(first, seeds), sample(second, seeds, "b"))
    assert (within.method, within.verdict) == (Method.SIGNED_RANK, Verdict.FIRST)


def test_an_outlier_does_not_turn_the_verdict_around() -> None:
    # The mean of the first is the lower one because of one run alone.
    found = compared([*EVEN, 0.98, -9.0], [*LOWER, 0.82, 0.83])

    assert found.difference is not None
    assert found.difference < 0
    assert found.verdict is Verdict.FIRST


@pytest.mark.parametrize(("higher", "verdict"), [(True, Verdict.FIRST), (False, Verdict.SECOND)])
def test_the_direction_decides_who_is_better(higher: bool, verdict: Verdict) -> None:
    assert compared(EVEN, LOWER, higher_is_better=higher).verdict is verdict
    swapped = Verdict.SECOND if verdict is Verdict.FIRST else Verdict.FIRST
    assert compared(LOWER, EVEN, higher_is_better=higher).verdict is swapped


@pytest.mark.parametrize("counts", [(0, 0), (1, 8), (4, 8), (8, 4), (2, 3)])
def test_fewer_than_five_runs_say_nothing(counts: tuple[int, int]) -> None:
    found = compared(EVEN[: counts[0]], LOWER[: counts[1]])
    assert (found.verdict, found.needed) == (Verdict.TOO_FEW, 5)


def test_a_group_without_a_spread_still_has_a_difference() -> None:
    assert compared([1.0], [3.0, 4.0]).difference == -2.5
    assert compared([], [3.0, 4.0]).difference is None
    assert compared([1.0], [3.0]).p is None


def test_five_pairs_are_too_few_for_signed_ranks() -> None:
    seeds = list(range(6))
    few = compare(sample([2.0] * 5, seeds[:5]), sample([1.0] * 5, seeds[:5], "b"))
    enough = compare(sample([2.0] * 6, seeds), sample([1.0] * 6, seeds, "b"))

    assert (few.method, few.needed, few.verdict) == (Method.SIGNED_RANK, 6, Verdict.TOO_FEW)
    assert enough.verdict is Verdict.FIRST
    assert enough.p == pytest.approx(2 / 64)


def test_a_stricter_level_needs_more_runs_by_ranks() -> None:
    found = compared([2.0] * 5, [1.0] * 5, level=0.999)
    assert (found.needed, found.verdict) == (7, Verdict.TOO_FEW)


def test_values_that_never_vary_are_no_proof_by_t() -> None:
    found = compared([0.9] * 5, [0.8] * 5)

    assert (found.method, found.verdict, found.hedges_g) == (Method.MANN_WHITNEY, Verdict.FIRST, None)
    assert found.p == pytest.approx(2 / 252)
    assert compared([0.9] * 5, [0.9] * 5).verdict is Verdict.EQUAL


def test_a_test_and_an_interval_that_disagree_are_on_the_edge() -> None:
    found = compared(EVEN, LOWER)
    assert found.interval is not None
    across = replace(found, interval=replace(found.interval, low=-0.01))

    assert across.verdict is Verdict.EDGE
    assert replace(found, p=0.06).verdict is Verdict.EDGE
    assert replace(across, p=0.06).verdict is Verdict.UNCLEAR


def test_a_method_of_one_s_own_is_taken() -> None:
    seeds = list(range(8))
    one, other = sample(EVEN, seeds), sample(LOWER, seeds, "b")

    assert compare(one, other, method=Method.WELCH).p == pytest.approx(
        stats.ttest_ind(EVEN, LOWER, equal_var=False).pvalue
    )
    assert compare(one, other, method=Method.SIGNED_RANK).p == pytest.approx(stats.wilcoxon(EVEN, LOWER).pvalue)
    with pytest.raises(ValueError, match="same seeds"):
        compared(EVEN, LOWER, method=Method.PAIRED_T)


@settings(max_examples=40)
@given(VALUES, VALUES)
def test_swapped_groups_say_the_same_the_other_way_around(first: list[float], second: list[float]) -> None:
    found, swapped = compared(first, second), compared(second, first)

    assert swapped.method is found.method
    assert (swapped.p, swapped.difference) == pytest.approx((found.p, -(found.difference or 0.0)))
    assert swapped.cliffs_delta == -(found.cliffs_delta or 0.0)


@settings(max_examples=40)
@given(VALUES, VALUES, st.sampled_from([0.25, 8.0]), st.sampled_from([-32.0, 0.0, 64.0]))
def test_a_unit_and_an_offset_change_no_verdict(
    first: list[float], second: list[float], factor: float, offset: float
) -> None:
    found = compared(first, second)
    moved = compared([factor * x + offset for x in first], [factor * x + offset for x in second])

    assert (moved.method, moved.verdict) == (found.method, found.verdict)
    assert moved.p == pytest.approx(found.p)
    assert moved.hedges_g == (None if found.hedges_g is None else pytest.approx(found.hedges_g, abs=1e-9))


def test_the_same_seed_gives_the_same_comparison() -> None:
    assert compare(sample(EVEN), sample(LOWER)) == compare(sample(EVEN), sample(LOWER))


def test_values_that_are_not_finite_count_for_nothing_and_are_counted() -> None:
    found = compared([*EVEN, math.nan, math.inf], LOWER)

    assert found.p == compared(EVEN, LOWER).p
    assert (found.first.n, found.first.left_out) == (8, 2)


def test_one_false_find_at_most_in_about_twenty_comparisons_of_equal_groups() -> None:
    drawn = np.random.default_rng(7).normal(size=(600, 2, 8)).tolist()
    found = [compared(one, other).verdict in (Verdict.FIRST, Verdict.SECOND) for one, other in drawn]
    assert np.mean(found) < 0.08


def test_several_groups_are_compared_with_a_baseline_and_p_values_adjusted() -> None:
    groups = [sample(LOWER, name="base"), sample(EVEN, name="up"), sample([x + 0.002 for x in LOWER], name="same")]
    found = compare_all(groups, baseline=0, draws=499)

    assert [(one.first_name, one.second_name) for one in found] == [("up", "base"), ("same", "base")]
    assert found[0].p is not None
    assert found[0].adjusted_p == pytest.approx(2 * found[0].p)
    assert found[1].adjusted_p == found[1].p
    assert [one.comparisons for one in found] == [2, 2]
    assert [one.verdict for one in found] == [Verdict.FIRST, Verdict.UNCLEAR]


def test_several_groups_are_compared_each_with_each() -> None:
    groups = [sample(EVEN, name=name) for name in "abc"]
    found = compare_all(groups, correct=benjamini_hochberg, draws=99)
    assert [(one.first_name, one.second_name) for one in found] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_groups_of_too_few_runs_cost_the_others_nothing() -> None:
    groups = [sample(LOWER, name="base"), sample(EVEN, name="up"), sample(EVEN[:2], name="few")]
    found = compare_all(groups, baseline=0, draws=99)

    assert [one.adjusted_p for one in found] == [None, None]
    assert found[1].verdict is Verdict.TOO_FEW


def test_a_find_alone_is_none_among_many() -> None:
    found = compared(EVEN, LOWER)
    among = replace(found, p=0.01, adjusted_p=0.2, comparisons=20)
    assert among.verdict is Verdict.EDGE
