from __future__ import annotations

import math

import pytest

from flasklab.statistics.samples import Matched, Sample, match


def sample(values: list[float], seeds: list[int | None] | None = None) -> Sample:
    return Sample(name="a", values=values, seeds=seeds)


def test_runs_with_the_same_seeds_are_pairs_in_any_order() -> None:
    found = match(sample([1, 2, 3, 4, 5], [0, 1, 2, 3, 4]), sample([50, 40, 30, 20, 10], [4, 3, 2, 1, 0]))
    assert found == Matched(pairs=((1, 10), (2, 20), (3, 30), (4, 40), (5, 50)), repeated=0)


def test_one_run_in_five_may_lack_its_partner() -> None:
    nine = sample(list(range(9)), list(range(9)))

    assert len(match(nine, sample(list(range(11)), list(range(11)))).pairs or ()) == 9
    assert match(nine, sample(list(range(12)), list(range(12)))).pairs is None


def test_a_pair_of_which_one_gave_no_number_is_none() -> None:
    seeds: list[int | None] = [0, 1, 2, 3, 4, 5]
    found = match(sample([1, 2, 3, 4, 5, math.nan], seeds), sample([1, 2, 3, 4, 5, 6], seeds))
    assert len(found.pairs or ()) == 5


@pytest.mark.parametrize("seeds", [None, [None] * 6, [10, 11, 12, 13, 14, 15]])
def test_runs_without_a_common_seed_are_independent(seeds: list[int | None] | None) -> None:
    assert match(sample([1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5]), sample([1, 2, 3, 4, 5, 6], seeds)).pairs is None


def test_four_common_seeds_are_too_few_for_pairs() -> None:
    assert match(sample([1, 2, 3, 4], [0, 1, 2, 3]), sample([1, 2, 3, 4], [0, 1, 2, 3])).pairs is None


def test_a_seed_that_a_group_has_twice_makes_no_pairs_and_is_counted() -> None:
    found = match(sample([1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 4]), sample([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 2, 3]))
    assert found == Matched(pairs=None, repeated=3)


def test_each_value_has_its_seed() -> None:
    with pytest.raises(ValueError, match="2 values and 1 seeds"):
        match(sample([1, 2], [0]), sample([1, 2]))
