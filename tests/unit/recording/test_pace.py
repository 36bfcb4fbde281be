from __future__ import annotations

import random

import pytest

from flasklab.recording.pace import Pace


def paced(*steps: tuple[float, float], total: float | None = None) -> tuple[Pace, float]:
    """A pace after steps of (units, seconds), and the time it is then."""
    pace, done, now = Pace(0.0, 0.0), 0.0, 0.0
    for units, seconds in steps:
        done, now = done + units, now + seconds
        pace.take(done, total, now)
    return pace, now


def test_a_steady_loop_has_the_pace_that_it_has_however_often_it_is_looked_at() -> None:
    for seconds in (0.01, 0.5, 60.0):
        pace, _ = paced(*[(1, seconds)] * 100)
        assert pace.rate() == pytest.approx(1 / seconds)


def test_nothing_is_told_of_the_first_moments() -> None:
    pace, now = paced((1, 0.1), (1, 0.1), total=100)
    assert (pace.rate(), pace.left(now)) == (None, None)
    pace, now = paced((1, 1.0), total=100)
    assert (pace.rate(), pace.left(now)) == (1.0, None)


def test_a_pause_counts_as_one_step_and_is_forgotten() -> None:
    pace, _ = paced(*[(1, 0.1)] * 200, (1, 3600.0), *[(1, 0.1)] * 3000)
    assert pace.rate() == pytest.approx(10, rel=0.01)


def test_a_loop_that_becomes_slower_is_told_so_within_a_minute() -> None:
    pace, _ = paced(*[(1, 0.1)] * 1000, *[(1, 1.0)] * 60)
    assert pace.rate() == pytest.approx(1.0, rel=0.2)


def test_what_is_left_is_counted_down_and_does_not_grow_for_a_little() -> None:
    chance = random.Random(0)
    pace, done, now = Pace(0.0, 0.0), 0.0, 0.0
    growths = []
    before: float | None = None
    for _ in range(2000):
        now += chance.uniform(0.05, 0.15)
        done += 1
        pace.take(done, 5000, now)
        left = pace.left(now)
        if left is not None:
            if before is not None and left > before:
                growths.append((left, before))
            before = left
    assert before == pytest.approx(300, rel=0.15)
    assert all(left > 1.1 * told for left, told in growths)


def test_a_loop_that_begins_anew_is_a_new_loop_and_one_told_out_of_order_is_not() -> None:
    pace, now = paced(*[(1, 1.0)] * 10, total=20)
    pace.take(9, 20, now + 1)
    assert pace.rate() == pytest.approx(1.0)
    pace.take(0, 20, now + 2)
    assert pace.rate() is None
