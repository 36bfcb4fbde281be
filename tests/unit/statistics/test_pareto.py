from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flasklab.statistics.pareto import pareto_front

NUMBER = st.integers(-4, 4).map(float) | st.sampled_from([math.nan, math.inf, -math.inf])


def front(points: list[tuple[float, float]], first: bool = True, second: bool = False) -> list[int]:
    found = pareto_front(
        [x for x, _ in points],
        [y for _, y in points],
        first_higher_is_better=first,
        second_higher_is_better=second,
    )
    return [int(at) for at in found]


def test_accurate_and_fast_runs() -> None:
    # accuracy is to be high, seconds are to be few
    assert front([(0.9, 10.0), (0.8, 5.0), (0.8, 6.0), (0.95, 60.0), (0.7, 5.0), (0.5, 1.0)]) == [3, 0, 1, 5]


@given(st.lists(st.tuples(NUMBER, NUMBER), max_size=12), st.booleans(), st.booleans())
def test_the_front_is_what_nothing_beats(points: list[tuple[float, float]], first: bool, second: bool) -> None:
    def as_good(a: tuple[float, float], b: tuple[float, float]) -> bool:
        return (a[0] >= b[0] if first else a[0] <= b[0]) and (a[1] >= b[1] if second else a[1] <= b[1])

    known = [at for at, point in enumerate(points) if not any(map(math.isnan, point))]
    unbeaten = {
        at
        for at in known
        if not any(as_good(points[other], points[at]) and points[other] != points[at] for other in known)
    }

    found = front(points, first, second)
    assert set(found) == unbeaten
    assert len(found) == len(unbeaten)


def test_both_metrics_must_be_known() -> None:
    with pytest.raises(ValueError, match="2 and 1"):
        pareto_front([1, 2], [1], first_higher_is_better=True, second_higher_is_better=True)
