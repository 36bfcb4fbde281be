"""Curves of several runs, read by a few questions, are what each of them is when it is read alone."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import event

from flasklab.runs.metrics import Points, Window
from flasklab.store.metric_chunks import CLOSED_POINTS

if TYPE_CHECKING:
    from flasklab.store.metric_reads import Part, Stretch
    from flasklab.store.store import Store

LENGTHS = (0, 1, 900, CLOSED_POINTS, CLOSED_POINTS + 5_000, 2 * CLOSED_POINTS)
WINDOWS = [
    None,
    Window(low=100, high=300),
    Window(low=60_000, high=70_000),
    Window(low=-5, high=-1),
    Window(low=1e9, high=1e9 + 2_000, over="times"),
]


@pytest.fixture
def numbers(store: Store, queue: Any) -> list[int]:
    found = []
    for length in LENGTHS:
        number = queue().number
        found.append(number)
        for first in range(0, length, 30_000):
            steps = range(first, min(first + 30_000, length))
            points = Points(
                steps=steps,
                values=[math.sin(step / 50) for step in steps],
                times=[1e9 + step / 7 for step in steps],
                seqs=range(first + 1, first + 1 + len(steps)),
            )
            with store.write() as unit:
                unit.metrics.append(number, {"loss": points})
    return found


def _columns(part: Part) -> list[Any]:
    return [getattr(part, name) for name in part.__slots__]


def _same(one: Stretch, other: Stretch) -> bool:
    whole = [(found.count, found.low_step, found.high_step, found.low_time, found.high_time) for found in (one, other)]
    parts = zip(one.parts, other.parts, strict=True)
    return whole[0] == whole[1] and all(
        type(here) is type(there) and all(map(np.array_equal, _columns(here), _columns(there))) for here, there in parts
    )


def test_several_curves_are_what_each_is_alone(store: Store, numbers: list[int]) -> None:
    wanted = [(number, "loss") for number in numbers]
    with store.read() as unit:
        for window, points in itertools.product(WINDOWS, (100, 1_000, 100_000)):
            windows = {} if window is None else dict.fromkeys(numbers, window)
            found = unit.points.stretches(wanted, points, windows)
            for number, key in wanted:
                alone = unit.points.stretch(number, key, points, window)
                together = found[number, key]
                if alone.parts and together.parts and type(alone.parts[-1]) is not type(together.parts[-1]):
                    continue  # alone, the last point of all may be in a bucket
                assert _same(together, alone), (number, window, points)


def test_the_last_point_of_all_is_there_as_it_is(store: Store, numbers: list[int]) -> None:
    with store.read() as unit:
        found = unit.points.stretches([(number, "loss") for number in numbers[1:]], 100)
    for (number, _), stretch in found.items():
        length = LENGTHS[numbers.index(number)]
        last: Any = stretch.parts[-1]
        assert (last.steps[-1], last.values[-1]) == (length - 1, math.sin((length - 1) / 50))


def test_unknown_metrics_and_runs_have_no_points(store: Store, numbers: list[int]) -> None:
    with store.read() as unit:
        found = unit.points.stretches([(numbers[1], "none"), (9999, "loss")], 100)
    assert [(stretch.count, stretch.parts) for stretch in found.values()] == [(0, ()), (0, ())]


def test_windows_are_each_runs_own(store: Store, numbers: list[int]) -> None:
    windows = {numbers[3]: Window(low=10, high=20), numbers[4]: Window(low=500, high=600)}
    with store.read() as unit:
        found = unit.points.stretches([(number, "loss") for number in numbers[3:5]], 50_000, windows)
        for number, window in windows.items():
            assert _same(found[number, "loss"], unit.points.stretch(number, "loss", 50_000, window))


def test_many_runs_take_no_more_questions_than_few(store: Store, numbers: list[int]) -> None:
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        asked.append(statement)

    event.listen(store._engine, "before_cursor_execute", note)
    counts = []
    for several in (numbers[4:5], numbers):
        asked.clear()
        with store.read() as unit:
            unit.points.stretches([(number, "loss") for number in several], 100)
        counts.append(sum(statement.startswith("SELECT") for statement in asked))
    event.remove(store._engine, "before_cursor_execute", note)
    assert counts[0] == counts[1] <= 5
