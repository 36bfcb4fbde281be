from __future__ import annotations

import math
import random
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flasklab.runs.downsampling import reduced
from flasklab.runs.metrics import Series


def series(values: list[float]) -> Series:
    steps = range(len(values))
    times = array("d", [1e9 + step for step in steps])
    return Series(key="loss", steps=array("q", steps), values=array("d", values), times=times, count=len(values))


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=200), st.integers(1, 60))
def test_never_more_points_than_asked_and_every_extreme_kept(values: list[float], points: int) -> None:
    found = reduced(series(values), points)
    most = max(points, 2)

    assert len(found.values) == len(found.steps) == len(found.times) <= most
    assert found.count == len(values)
    assert list(found.steps) == sorted(set(found.steps))
    for step, value, time in zip(found.steps, found.values, found.times, strict=True):
        assert value == values[step] or (math.isnan(value) and math.isnan(values[step]))
        assert time == 1e9 + step
    if values:
        assert found.steps[0] == 0
        assert found.steps[-1] == len(values) - 1
    real = [value for value in values if not math.isnan(value)]
    if real and (points >= 4 or len(values) <= most) and all(map(math.isfinite, real)):
        kept = [value for value in found.values if not math.isnan(value)]
        assert (min(kept), max(kept)) == (min(real), max(real))


def test_a_single_spike_among_many_points_is_seen() -> None:
    draw = random.Random(0)
    values = [draw.gauss(0, 1) for _ in range(100_000)]
    values[54_321] = 1000.0
    values[12_345] = -1000.0
    found = reduced(series(values), 500)
    assert {1000.0, -1000.0} <= set(found.values)
    assert 400 < len(found.values) <= 500


def test_a_stretch_of_nan_stays_a_gap() -> None:
    values = [1.0] * 400 + [math.nan] * 400 + [2.0] * 400
    found = reduced(series(values), 40)
    assert any(math.isnan(value) for value in found.values)
    assert {1.0, 2.0} <= set(found.values)


@pytest.mark.parametrize("points", [None, 5, 100])
def test_a_short_series_stays_whole_and_comes_as_lists(points: int | None) -> None:
    found = reduced(series([3.0, 1.0, 2.0]), points)
    assert (found.steps, found.values, found.times) == ([0, 1, 2], [3.0, 1.0, 2.0], [1e9, 1e9 + 1, 1e9 + 2])
