from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from flasklab.statistics.corrections import benjamini_hochberg, holm

if TYPE_CHECKING:
    from collections.abc import Callable

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


def test_four_p_values_worked_out_by_hand() -> None:
    found = [0.01, 0.04, 0.03, 0.005]

    assert holm(found) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg(found) == pytest.approx([0.02, 0.04, 0.04, 0.02])


@given(P_VALUES)
def test_benjamini_and_hochberg_s_are_scipy_s(found: list[float]) -> None:
    assert benjamini_hochberg(found) == pytest.approx(stats.false_discovery_control(found).tolist())


@given(P_VALUES)
def test_holm_s_reject_what_stepping_down_rejects(found: list[float]) -> None:
    adjusted = holm(found)
    rejected = set()
    for place, at in enumerate(sorted(range(len(found)), key=lambda at: found[at])):
        if found[at] * (len(found) - place) > 0.05:
            break
        rejected.add(at)

    assert {at for at, p in enumerate(adjusted) if p <= 0.05} == rejected


@given(P_VALUES)
def test_adjusted_values_are_no_smaller_and_holm_s_the_larger_ones(found: list[float]) -> None:
    for p, strict, lenient in zip(found, holm(found), benjamini_hochberg(found), strict=True):
        assert p <= lenient * (1 + 1e-12)
        assert lenient <= strict * (1 + 1e-12) <= 1 + 1e-9


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_comparisons_without_a_test_count_for_none(adjust: Callable[[list[float]], list[float]]) -> None:
    found = adjust([0.02, math.nan, 0.04])

    assert math.isnan(found[1])
    assert [found[0], found[2]] == pytest.approx(adjust([0.02, 0.04]))
    assert adjust([]) == []


@pytest.mark.parametrize("wrong", [-0.1, 1.1])
def test_what_is_no_p_value_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="within"):
        holm([0.5, wrong])
