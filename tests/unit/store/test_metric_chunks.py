from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flasklab.store.metric_chunks import _mean

numbers = st.lists(st.floats(-1e100, 1e100), max_size=50)


@given(numbers, numbers)
def test_a_mean_made_in_two_steps_is_that_of_all(first: list[float], second: list[float]) -> None:
    everything = [*first, *second]
    if not everything:
        return
    before = math.fsum(first) / len(first) if first else 0.0
    expected = math.fsum(everything) / len(everything)
    scale = max(map(abs, everything))
    assert _mean(before, len(first), second) == pytest.approx(expected, rel=1e-9, abs=scale * 1e-12)


@pytest.mark.parametrize(
    ("mean", "count", "more", "expected"),
    [
        (0.0, 0, [math.inf], math.inf),
        (1.0, 5, [-math.inf], -math.inf),
        (math.inf, 5, [1.0], math.inf),
        (math.inf, 5, [-math.inf], math.nan),
        (math.nan, 5, [1.0], math.nan),
        (1.7e308, 3, [1.7e308], 1.7e308),
    ],
)
def test_infinities_add_as_they_do_everywhere(mean: float, count: int, more: list[float], expected: float) -> None:
    assert _mean(mean, count, more) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 1000])
def test_the_mean_of_the_largest_numbers_is_one_of_them(count: int) -> None:
    largest = sys.float_info.max
    assert _mean(0.0, 0, [largest] * count) == largest
    assert _mean(largest, 3, [largest] * count) == largest
    assert _mean(-largest, count, [-largest]) == -largest
