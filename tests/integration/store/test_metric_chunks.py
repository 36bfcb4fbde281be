from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flasklab.runs import system_metrics
from flasklab.runs.buckets import Buckets, Raw
from flasklab.runs.metrics import Points, Window
from flasklab.store import metric_columns as columns
from flasklab.store.metric_chunks import CLOSED_POINTS

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
        [CLOSED_POINTS],
        [CLOSED_POINTS - 1, 1, 1],
        [CLOSED_POINTS - 1, 2],
        [1] * 70 + [999, 1, 1000, 1],
        [1, 2 * CLOSED_POINTS, 500, 2499],
    ],
)
def test_points_come_back_whole_however_they_were_batched(store: Store, queue: Any, batches: list[int]) -> None:
    number = queue().number
    total = 0
    for length in batches:
        with store.write() as unit:
            assert unit.metrics.count(number, "loss") == total
            unit.metrics.append(number, {"loss": points([math.sin(total + i) for i in range(length)], total)})
        total += length
    with store.read() as unit:
        series = unit.points.series(number, "loss")
        summary = unit.metrics.summaries([number])[number]["loss"]

    values = [math.sin(step) for step in range(total)]
    assert list(series.steps) == list(range(total))
    assert list(series.values) == values
    assert list(series.times) == [1e9 + step / 7 for step in range(total)]
    assert series.count == summary.count == total
    assert (summary.last, summary.min, summary.max, summary.step) == (values[-1], min(values), max(values), total - 1)
    assert summary.mean == pytest.approx(math.fsum(values) / total, abs=1e-12)


def rows_of(store: Store) -> list[Any]:
    with store.read() as unit:
        statement = "SELECT level, start, length, coding FROM metric_chunks ORDER BY level, start"
        return list(unit.metrics._connection.exec_driver_sql(statement))


def test_points_that_come_one_by_one_are_soon_in_few_rows(store: Store, queue: Any) -> None:
    number = queue().number
    for step in range(500):
        with store.write() as unit:
            unit.metrics.append(number, {"loss": points([step / 3], step)})
            assert len(rows_of_unit(unit)) <= 33
    with store.write() as unit:
        unit.metrics.finish(number)
    assert [(level, start, length) for level, start, length, _ in rows_of(store)] == [(0, 0, 500)]
    with store.read() as unit:
        assert list(unit.points.series(number, "loss").values) == [step / 3 for step in range(500)]
        assert list(unit.points.new_points(number, 490)["loss"].values) == [step / 3 for step in range(490, 500)]


def rows_of_unit(unit: Any) -> list[Any]:
    return list(unit.metrics._connection.exec_driver_sql("SELECT start FROM metric_chunks"))


def test_a_long_series_is_closed_and_has_coarser_levels(store: Store, queue: Any) -> None:
    number = queue().number
    total = 16 * CLOSED_POINTS + 10
    values = [math.sin(step / 1000) + (step == 777_777) * 50 for step in range(total)]
    with store.write() as unit:
        for start in range(0, total, 100_000):
            unit.metrics.append(number, {"loss": points(values[start : start + 100_000], start)})
    levels = [level for level, *_ in rows_of(store)]
    assert [levels.count(level) for level in (0, 1, 2)] == [17, 16, 1]
    with store.read() as unit:
        assert list(unit.points.series(number, "loss").values) == values
        whole = unit.points.stretch(number, "loss", 200, None)
        part = unit.points.stretch(number, "loss", 2_000, Window(low=500_000, high=500_100))
        assert list(unit.points.new_points(number, total - 1)["loss"].values) == values[-1:]
        pieces: list[float] = []
        while (piece := unit.points.piece(number, "loss", len(pieces))) is not None:
            pieces += piece.values
    assert sum(len(one) for one in whole.parts) < 3_000
    assert (whole.count, whole.low_step, whole.high_step) == (total, 0, total - 1)
    peaks = [one.high[one.high.argmax()] for one in whole.parts if isinstance(one, Buckets)]
    assert max(peaks) == max(values)
    assert [len(one) for one in part.parts] == [CLOSED_POINTS]
    assert pieces == values


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_columns_come_back_bit_by_bit(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 300))
    reals = st.floats(width=64)
    wholes = st.integers(-(2**63) + 1, 2**63 - 1)
    steps = data.draw(st.one_of(st.just(list(range(length))), st.lists(wholes, min_size=length, max_size=length)))
    values = data.draw(st.lists(reals, min_size=length, max_size=length))
    times = data.draw(
        st.one_of(
            st.lists(st.floats(1.7e9, 1.8e9), min_size=length, max_size=length),
            st.lists(reals, min_size=length, max_size=length),
        )
    )
    given_points = Points(steps=steps, values=values, times=times, seqs=sorted(abs(step) for step in steps))
    raw = columns.open_bytes(given_points, 0, length)
    closed = columns.closed_arrays(columns.closed_bytes(raw))
    for found, wanted in zip(closed, columns.open_arrays(raw), strict=True):
        assert (found == wanted).all() or found.tobytes() == wanted.tobytes() or _same(found, wanted)


def _same(found: Any, wanted: Any) -> bool:
    return bool(np.array_equal(found, wanted, equal_nan=True))


def test_nan_is_counted_but_left_out_of_least_greatest_and_mean(store: Store, queue: Any) -> None:
    number = queue().number
    with store.write() as unit:
        unit.metrics.append(number, {"loss": points([math.nan])})
    with store.read() as unit:
        only_nan = unit.metrics.summaries([number])[number]["loss"]
    with store.write() as unit:
        unit.metrics.append(number, {"loss": points([2.0, math.nan, 4.0], 1)})
        unit.metrics.append(number, {"loss": points([math.nan], 4)})
    with store.read() as unit:
        both = unit.metrics.summaries([number])[number]["loss"]
        series = unit.points.series(number, "loss")

    assert all(math.isnan(value) for value in (only_nan.last, only_nan.min, only_nan.max, only_nan.mean))
    assert only_nan.count == 1
    assert math.isnan(both.last)
    assert (both.min, both.max, both.mean, both.count, both.step) == (2.0, 4.0, 3.0, 5, 4)
    assert [math.isnan(value) for value in series.values] == [True, False, True, False, True]


def test_infinities_are_kept(store: Store, queue: Any) -> None:
    number = queue().number
    with store.write() as unit:
        unit.metrics.append(number, {"up": points([1.0, math.inf])})
        unit.metrics.append(number, {"up": points([2.0], 2)})
        unit.metrics.append(number, {"both": points([math.inf, -math.inf])})
        unit.metrics.append(number, {"huge": points([1.7e308, 1.7e308, 1.7e308])})
        found = unit.metrics.summaries([number])[number]
        values = list(unit.points.series(number, "up").values)
    assert values == [1.0, math.inf, 2.0]
    assert (found["up"].min, found["up"].max, found["up"].mean) == (1.0, math.inf, math.inf)
    assert (found["both"].min, found["both"].max) == (-math.inf, math.inf)
    assert math.isnan(found["both"].mean)
    assert found["huge"].mean == pytest.approx(1.7e308)


def test_only_points_after_a_cursor_are_asked_for(store: Store, queue: Any) -> None:
    number, other = queue().number, queue().number
    with store.write() as unit:
        unit.metrics.append(number, {"a": points([float(i) for i in range(2500)])})
        unit.metrics.append(number, {"b": points([1.0, 2.0])})
        unit.metrics.append(other, {"a": points([9.0] * 3000)})
    with store.read() as unit:
        new = unit.points.new_points(number, 2498)
        tail = unit.points.series(number, "a", after_seq=2498)
        everything = unit.points.new_points(number, 0)
        nothing = unit.points.new_points(number, 2500)

    assert {key: list(series.values) for key, series in new.items()} == {"a": [2498.0, 2499.0]}
    assert new["a"] == tail
    assert new["a"].count == 2500
    assert {key: len(series.values) for key, series in everything.items()} == {"a": 2500, "b": 2}
    assert nothing == {}


def test_steps_need_not_ascend_and_may_be_negative(store: Store, queue: Any) -> None:
    number = queue().number
    given = Points(steps=[5, -3, 2**62], values=[1.0, 2.0, 3.0], times=[0.0, 0.0, 0.0], seqs=[1, 1, 1])
    with store.write() as unit:
        unit.metrics.append(number, {"loss": given})
        assert list(unit.points.series(number, "loss").steps) == [5, -3, 2**62]
        assert unit.metrics.summaries([number])[number]["loss"].step == 2**62


def test_unknown_metrics_and_no_points_are_nothing(store: Store, queue: Any) -> None:
    number = queue().number
    with store.write() as unit:
        unit.metrics.append(number, {"empty": points([])})
        assert unit.metrics.keys(number) == []
        assert list(unit.points.series(number, "empty").values) == []
        assert unit.metrics.count(number, "empty") == 0
        assert unit.metrics.summaries([number]) == {}


def test_names_of_metrics_may_be_any_text(store: Store, queue: Any) -> None:
    number = queue().number
    names = ["train/loss", "größe", "a b", "%s", "'; DROP TABLE runs; --", "x" * 1000]
    with store.write() as unit:
        for name in names:
            unit.metrics.append(number, {name: points([1.0])})
        assert sorted(unit.metrics.keys(number)) == sorted(names)
        assert set(unit.metrics.summaries([number])[number]) == set(names)


def test_system_metrics_are_kept_and_not_listed_among_those_that_were_logged(store: Store, queue: Any) -> None:
    number = queue().number
    one = Points(steps=[1], values=[0.5], times=[1.0], seqs=[1])
    with store.write() as unit:
        for key in (system_metrics.CPU, "loss", "system/mine"):
            unit.metrics.append(number, {key: one})
        assert set(unit.metrics.summaries([number])[number]) == {"loss", "system/mine"}
        assert unit.metrics.system_keys(number) == [system_metrics.CPU]
        assert list(unit.points.series(number, system_metrics.CPU).values) == [0.5]


def test_a_window_far_into_a_long_series_shows_its_points_however_few_are_asked_for(store: Store, queue: Any) -> None:
    number = queue().number
    total = 8 * CLOSED_POINTS
    with store.write() as unit:
        unit.metrics.append(number, {"loss": points([float(step) for step in range(total)])})
    for low in (CLOSED_POINTS - 36, 200_001, 5 * CLOSED_POINTS - 10):
        with store.read() as unit:
            found = unit.points.stretch(number, "loss", 100, Window(low=low, high=low + 90))
        steps = [step for part in found.parts for step in part.steps.tolist() if low <= step <= low + 90]
        assert steps == list(range(low, low + 91))


def test_a_peak_is_found_where_steps_go_back(store: Store, queue: Any) -> None:
    number = queue().number
    total = 4 * CLOSED_POINTS
    steps = [step % 1000 for step in range(total)]
    values = [99.0 if at == 131_105 else 1.0 for at in range(total)]
    with store.write() as unit:
        unit.metrics.append(
            number, {"loss": Points(steps=steps, values=values, times=[1.0] * total, seqs=range(1, total + 1))}
        )
    with store.read() as unit:
        found = unit.points.stretch(number, "loss", 100, Window(low=100, high=110))
    assert max(part.values.max() for part in found.parts if isinstance(part, Raw)) == 99.0


def test_a_series_is_read_piece_by_piece_though_its_chunks_are_joined_meanwhile(store: Store, queue: Any) -> None:
    number = queue().number
    with store.write() as unit:
        for step in range(20):
            unit.metrics.append(number, {"loss": points([float(step)], step)})
        first = unit.points.piece(number, "loss", 0)
        assert first is not None
        unit.metrics.finish(number)
        rest = unit.points.piece(number, "loss", len(first.steps))
        assert rest is not None
        assert [*first.values, *rest.values] == [float(step) for step in range(20)]
        assert unit.points.piece(number, "loss", 20) is None
