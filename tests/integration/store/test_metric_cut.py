"""What a run goes on from: its metrics up to a checkpoint, none after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flasklab.runs import system_metrics
from flasklab.runs.metrics import Points
from flasklab.store.metric_chunks import CLOSED_POINTS

if TYPE_CHECKING:
    from flasklab.store.store import Store


def points(first: int, count: int) -> Points:
    steps = list(range(first, first + count))
    return Points(steps=steps, values=[float(step) for step in steps], times=[1e9 + s for s in steps], seqs=steps)


@pytest.mark.parametrize("batches", [[10, 10, 10], [CLOSED_POINTS + 20, 30], [1] * 80])
@pytest.mark.parametrize("back", [1, 15, 45])
def test_a_cut_metric_is_as_if_nothing_had_come_after(store: Store, queue: Any, batches: list[int], back: int) -> None:
    number, total = queue().number, sum(batches)
    last = max(1, total - back)
    with store.write() as unit:
        at = 1
        for count in batches:
            unit.metrics.append(number, {"loss": points(at, count)})
            at += count
        unit.metrics.append(number, {"early": points(1, 1), system_metrics.CPU: points(1, 2)})
        assert unit.cut(number, last) == {"loss": last, "early": 1}
        unit.metrics.append(number, {"loss": points(last + 1, 5)})
    with store.read() as unit:
        series = unit.points.series(number, "loss")
        assert list(series.steps) == list(range(1, last + 6))
        summary = unit.metrics.summaries([number])[number]["loss"]
        assert (summary.count, summary.max, summary.min) == (last + 5, float(last + 5), 1.0)


def test_with_no_event_to_keep_everything_goes(store: Store, queue: Any) -> None:
    number = queue().number
    with store.write() as unit:
        unit.metrics.append(number, {"loss": points(1, 10)})
        assert unit.cut(number, 0) == {}
    with store.read() as unit:
        assert unit.metrics.keys(number) == []
