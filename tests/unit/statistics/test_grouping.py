from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flasklab.statistics.grouping import group

if TYPE_CHECKING:
    import random

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2).map(round) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("xy", min_size=1, max_size=1), inner, max_size=2)
    ),
    max_leaves=4,
)
RUNS = st.lists(st.dictionaries(st.sampled_from(["lr", "model", "seed", "opt"]), VALUES), max_size=8)


def members(runs: list[dict[str, Any]], **options: Any) -> list[tuple[int, ...]]:
    return [found.members for found in group(runs, **options).groups]


def test_runs_equal_in_all_but_the_seed_are_one_group() -> None:
    runs = [{"lr": 0.1, "seed": seed} for seed in range(3)] + [{"lr": 0.01, "seed": 0}]
    found = group(runs)

    assert [one.members for one in found.groups] == [(3,), (0, 1, 2)]
    assert [one.parameters for one in found.groups] == [{"lr": 0.01}, {"lr": 0.1}]
    assert found.differing == ("lr",)


def test_nested_parameters_have_dotted_names() -> None:
    runs = [{"opt": {"lr": 0.1, "seed": 1}, "depth": 3}, {"opt": {"lr": 0.2, "seed": 1}, "depth": 3}]

    assert group(runs).differing == ("opt.lr",)
    assert group(runs).groups[0].parameters == {"depth": 3, "opt.lr": 0.1, "opt.seed": 1}
    assert "opt.seed" not in group(runs, ignore=["opt.seed"]).groups[0].parameters
    assert members(runs, ignore=["opt"]) == [(0, 1)]


def test_nothing_is_left_out_unless_it_is_named() -> None:
    assert members([{"seed": 1}, {"seed": 2}], ignore=()) == [(0,), (1,)]
    assert members([{"a": {"seed": 1}}, {"a": {"seed": 2}}]) == [(0,), (1,)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (0.0, -0.0),
        (math.nan, float("nan")),
        ([1, True], [1.0, True]),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}),
        ([{"a": 1, "b": 2}], [{"b": 2, "a": 1}]),
    ],
)
def test_equal_values_are_one_group_with_one_key(one: Any, other: Any) -> None:
    assert members([{"x": one}, {"x": other}]) == [(0, 1)]
    assert group([{"x": one}]).groups[0].key == group([{"x": other}]).groups[0].key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": 1}, {"x": True}),
        ({"x": 0}, {"x": False}),
        ({"x": 1}, {"x": "1"}),
        ({"x": None}, {}),
        ({"x": {}}, {}),
        ({"x": []}, {"x": {}}),
        ({"x": [1, 2]}, {"x": [2, 1]}),
        ({"a.b": 1}, {"a": {"b": 1}}),
        ({"x": math.nan}, {"x": "NaN"}),
        ({"x": ["list", 1]}, {"x": [["list", 1]]}),
        ({"x": 2**53 + 1}, {"x": float(2**53)}),
    ],
)
def test_different_values_are_two_groups_with_two_keys(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert len(group([one, other]).groups) == 2
    assert group([one]).groups[0].key != group([other]).groups[0].key


def test_groups_stand_by_number_then_text_then_what_is_missing() -> None:
    runs: list[dict[str, Any]] = [{}, {"x": "b"}, {"x": 10}, {"x": None}, {"x": 9.5}, {"x": "a"}, {"x": 10**400}]
    assert [runs[one.members[0]].get("x", "-") for one in group(runs).groups] == [9.5, 10, 10**400, "a", "b", None, "-"]


@given(RUNS, st.randoms())
def test_the_order_of_runs_changes_no_group(runs: list[dict[str, Any]], shuffled: random.Random) -> None:
    order = list(range(len(runs)))
    shuffled.shuffle(order)
    found, mixed = group(runs), group([runs[at] for at in order])

    assert [one.key for one in mixed.groups] == [one.key for one in found.groups]
    assert mixed.differing == found.differing
    assert [sorted(order[at] for at in one.members) for one in mixed.groups] == [
        list(one.members) for one in found.groups
    ]


@given(RUNS)
def test_every_run_is_in_one_group(runs: list[dict[str, Any]]) -> None:
    found = group(runs)

    assert sorted(at for one in found.groups for at in one.members) == list(range(len(runs)))
    assert len({one.key for one in found.groups}) == len(found.groups)
    assert (len(found.groups) > 1) == bool(found.differing)


def test_no_runs_are_no_groups() -> None:
    assert group([]).groups == ()
    assert group([]).differing == ()
