from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.runs import system_metrics
from flasklab.runs.metrics import Points
from flasklab.store.metric_chunks import CHUNK_POINTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flasklab.store.store import Store


def points(values: Sequence[float], start: int = 0) -> Points:
    steps = list(range(start, start + len(values)))
    return Points(
        steps=steps, values=list(values), times=[1e9 + step / 7 for step in steps], seqs=[step + 1 for step in steps]
    )


@pytest.mark.parametrize(
    "batches",
    [
        [1],
        [1, 1, 1],
        [CHUNK_POINTS],
        [CHUNK_POINTS - 1, 1, 1],
        [CHUNK_POINTS - 1, 2],
        [999, 1, 1000, 1],
        [1, 2 * CHUNK_POINTS, 500, 2499],
        [5 * CHUNK_POINTS + 3],
    ],
)
def test_points_come_back_whole_however_they_were_batched(store: Store, queue: Any, batches: list[int]) -> None:
    number = queue().number
    total = 0
    for length in batches:
        with store.write() as unit:
            assert unit.metrics.count(number, "loss") == total
            unit.metrics.append(number, "loss", points([math.sin(total + i) for i in range(length)], total))
        total += length
    with store.read() as unit:
        series = unit.metrics.series(number, "loss")
        summary = unit.metrics.summaries([number])[number]["loss"]

    values = [math.sin(step) for step in range(total)]
    assert list(series.steps) == list(range(total))
    assert list(series.values) == values
    assert list(series.times) == [1e9 + step / 7 for step in range(total)]
    assert series.count == summary.count == total
    assert (summary.last, summary.min, summary.max, summary.step) == (values[-1], min(values), max(values), total - 1)
    assert summary.mean == pytest.approx(math.fsum(values) / total, abs=1e-12)


def test_few_rows_hold_many_points(store: Store, queue: Any) -> None:
    number = queue().number
    for start in range(0, 3000, 50):
        with store.write() as unit:
            unit.metrics.append(number, "loss", points([0.5] * 50, start))
    with store.read() as unit:
        connection = unit.metrics._connection
        rows = connection.exec_driver_sql("SELECT length, packed, steps FROM metric_chunks ORDER BY start").all()
    assert [(row.length, row.packed) for row in rows] == [(1000, 1)] * 3
    assert len(rows[0].steps) < 8 * 1000  # a full chunk is deflated


def test_nan_is_counted_but_left_out_of_least_greatest_and_mean(store: Store, queue: Any) -> None:
    number = queue().number
    with store.write() as unit:
        unit.metrics.append(number, "loss", points([math.nan]))
    with store.read() as unit:
        only_nan = unit.metrics.summaries([number])[number]["loss"]
    with store.write() as unit:
        unit.metrics.append(number, "loss", points([2.0, math.nan, 4.0], 1))
        unit.metrics.append(number, "loss", points([math.nan], 4))
    with store.read() as unit:
        both = unit.metrics.summaries([number])[number]["loss"]
        series = unit.metrics.series(number, "loss")

    assert all(math.isnan(value) for value in (only_nan.last, only_nan.min, only_nan.max, only_nan.mean))
    assert only_nan.count == 1
    assert math.isnan(both.last)
    assert (both.min, both.max, both.mean, both.count, both.step) == (2.0, 4.0, 3.0, 5, 4)
    assert [math.isnan(value) for value in series.values] == [True, False, True, False, True]


def test_infinities_are_kept(store: Store, queue: Any) -> None:
    number = queue().number
    with store.write() as unit:
        unit.metrics.append(number, "up", points([1.0, math.inf]))
        unit.metrics.append(number, "up", points([2.0], 2))
        unit.metrics.append(number, "both", points([math.inf, -math.inf]))
        unit.metrics.append(number, "huge", points([1.7e308, 1.7e308, 1.7e308]))
        found = unit.metrics.summaries([number])[number]
        values = list(unit.metrics.series(number, "up").values)
    assert values == [1.0, math.inf, 2.0]
    assert (found["up"].min, found["up"].max, found["up"].mean) == (1.0, math.inf, math.inf)
    assert (found["both"].min, found["both"].max) == (-math.inf, math.inf)
    assert math.isnan(found["both"].mean)
    assert found["huge"].mean == pytest.approx(1.7e308)


def test_only_points_after_a_cursor_are_asked_for(store: Store, queue: Any) -> None:
    number, other = queue().number, queue().number
    with store.write() as unit:
        unit.metrics.append(number, "a", points([float(i) for i in range(2500)]))
        unit.metrics.append(number, "b", points([1.0, 2.0]))
        unit.metrics.append(other, "a", points([9.0] * 3000))
    with store.read() as unit:
        new = unit.metrics.new_points(number, 2498)
        tail = unit.metrics.series(number, "a", after_seq=2498)
        everything = unit.metrics.new_points(number, 0)
        nothing = unit.metrics.new_points(number, 2500)

    assert {key: list(series.values) for key, series in new.items()} == {"a": [2498.0, 2499.0]}
    assert new["a"] == tail
    assert new["a"].count == 2500
    assert {key: len(series.values) for key, series in everything.items()} == {"a": 2500, "b": 2}
    assert nothing == {}


def test_steps_need_not_ascend_and_may_be_negative(store: Store, queue: Any) -> None:
    number = queue().number
    given = Points(steps=[5, -3, 2**62], values=[1.0, 2.0, 3.0], times=[0.0, 0.0, 0.0], seqs=[1, 1, 1])
    with store.write() as unit:
        unit.metrics.append(number, "loss", given)
        assert list(unit.metrics.series(number, "loss").steps) == [5, -3, 2**62]
        assert unit.metrics.summaries([number])[number]["loss"].step == 2**62


def test_unknown_metrics_and_no_points_are_nothing(store: Store, queue: Any) -> None:
    number = queue().number
    with store.write() as unit:
        unit.metrics.append(number, "empty", points([]))
        assert unit.metrics.keys(number) == []
        assert list(unit.metrics.series(number, "empty").values) == []
        assert unit.metrics.count(number, "empty") == 0
        assert unit.metrics.summaries([number]) == {}


def test_names_of_metrics_may_be_any_text(store: Store, queue: Any) -> None:
    number = queue().number
    names = ["train/loss", "größe", "a b", "%s", "'; DROP TABLE runs; --", "x" * 1000]
    with store.write() as unit:
        for name in names:
            unit.metrics.append(number, name, points([1.0]))
        assert sorted(unit.metrics.keys(number)) == sorted(names)
        assert set(unit.metrics.summaries([number])[number]) == set(names)


def test_system_metrics_are_kept_and_not_listed_among_those_that_were_logged(store: Store, queue: Any) -> None:
    number = queue().number
    one = Points(steps=[1], values=[0.5], times=[1.0], seqs=[1])
    with store.write() as unit:
        for key in (system_metrics.CPU, "loss", "system/mine"):
            unit.metrics.append(number, key, one)
        assert set(unit.metrics.summaries([number])[number]) == {"loss", "system/mine"}
        assert unit.metrics.system_keys(number) == [system_metrics.CPU]
        assert list(unit.metrics.series(number, system_metrics.CPU).values) == [0.5]
