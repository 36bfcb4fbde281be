from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flasklab.errors import RunNotFoundError
from flasklab.runs.metrics import Points
from flasklab.runs.run import NewRun, Progress, Run
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services.run_follow import LOG_BYTES, LOG_LINES, Live, RunFollow
from flasklab.store.hot_writes import Change

if TYPE_CHECKING:
    from flasklab.services.waiting import Waiting
    from flasklab.store.store import Store


@pytest.fixture
def follow(store: Store, waiting: Waiting) -> RunFollow:
    return RunFollow(store, waiting, itertools.count().__next__)  # every look is later than the last


@pytest.fixture
def run(store: Store) -> Run:
    with store.write() as unit:
        run = unit.runs.add(NewRun(id="abc", experiment="e", params={}), now())
        unit.runs.claim("abc", now())
        return run


def log_points(store: Store, run: Run, values: list[float], seq: int) -> None:
    with store.write() as unit:
        start = unit.metrics.count(run.number, "loss")
        steps = list(range(start, start + len(values)))
        points = Points(steps=steps, values=values, times=[0.0] * len(values), seqs=[seq] * len(values))
        unit.metrics.append(run.number, {"loss": points})
        unit.hot.change(Change(id=run.id, number=run.number, attempt=1, seq=seq))
        assert unit.hot.flush() == set()


def log_text(store: Store, text: str) -> None:
    writer = store.logs.writer("abc", 10**9)
    writer.append("out", text.encode(), 1.0)
    writer.close()


def text(live: Live) -> str:
    return "".join(piece.text for piece in live.log.pieces)


def test_each_answer_brings_what_is_new_since_the_one_before(store: Store, follow: RunFollow, run: Run) -> None:
    log_points(store, run, [1.0, 2.0], 3)
    log_text(store, "one\n")
    first = follow("abc")
    nothing = follow("abc", first.cursor)
    log_points(store, run, [3.0], 4)
    log_text(store, "two\n")
    second = follow("abc", first.cursor)

    assert (first.points["loss"].values, text(first)) == ([1.0, 2.0], "one\n")
    assert (nothing.cursor, nothing.points, text(nothing)) == (first.cursor, {}, "")
    assert (second.points["loss"].steps, second.points["loss"].values, text(second)) == ([2], [3.0], "two\n")
    assert second.points["loss"].count == 3
    assert second.cursor != first.cursor


def test_opening_late_or_twice_shows_the_same(store: Store, follow: RunFollow, run: Run) -> None:
    cursor = None
    values: list[float] = []
    seen = ""
    for number in range(5):
        log_points(store, run, [float(number)], 10 + number)
        log_text(store, f"line {number}\n")
        live = follow("abc", cursor)
        cursor = live.cursor
        values += live.points["loss"].values
        seen += text(live)
    late = follow("abc")
    assert list(late.points["loss"].values) == values
    assert text(late) == seen
    assert late.cursor == cursor


def test_a_place_in_the_queue_and_an_asked_cancel_are_news_too(store: Store, follow: RunFollow, run: Run) -> None:
    with store.write() as unit:
        for run_id in ("next", "after"):
            unit.runs.add(NewRun(id=run_id, experiment="e", params={}), now())
    waiting = follow("after")
    with store.write() as unit:
        unit.runs.claim("next", now())
    moved = follow("after", waiting.cursor)
    assert (waiting.run.queue_position, moved.run.queue_position) == (2, 1)
    assert moved.cursor != waiting.cursor

    before = follow("abc")
    with store.write() as unit:
        unit.runs.request_cancel("abc", "ada", now())
    assert follow("abc", before.cursor).cursor != before.cursor


@pytest.mark.parametrize(
    "cursor", ["", "x", "1", "-1.0", "1.2.3.4", "999.0.", "3.99999", "9" * 30 + ".0", "1.2\n", "\u0661.\u0662"]
)
def test_a_cursor_that_means_nothing_shows_everything(store: Store, follow: RunFollow, run: Run, cursor: str) -> None:
    log_points(store, run, [1.0], 3)
    log_text(store, "one\n")
    live = follow("abc", cursor)
    assert text(live) == "one\n"
    assert live.cursor == follow("abc").cursor
    assert list(live.points) == ([] if cursor == "3.99999" else ["loss"])


def test_a_long_log_is_opened_at_its_end(store: Store, follow: RunFollow, run: Run) -> None:
    log_text(store, "".join(f"line {number}\n" for number in range(2000)))
    live = follow("abc")
    lines = text(live).splitlines()
    assert len(lines) == LOG_LINES
    assert lines[-1] == "line 1999"
    assert live.log.end == live.log.size
    assert live.log.start > 0


def test_a_flood_is_passed_over_and_the_gap_can_be_seen(store: Store, follow: RunFollow, run: Run) -> None:
    log_text(store, "first\n")
    before = follow("abc")
    log_text(store, ("x" * 999 + "\n") * 1000)
    after = follow("abc", before.cursor)
    assert after.log.start > before.log.end
    assert len(text(after)) <= LOG_BYTES
    assert len(after.log.pieces) >= 1
    assert after.log.end == after.log.size


def test_many_points_are_reduced_but_counted(store: Store, follow: RunFollow, run: Run) -> None:
    log_points(store, run, [float(number) for number in range(5000)], 3)
    live = follow("abc", None, points=100)
    assert len(live.points["loss"].values) <= 100
    assert live.points["loss"].count == 5000
    assert len(follow("abc").points["loss"].values) <= 2000


def test_a_page_asks_often_at_first_less_when_nothing_happens_and_rarely_at_the_end(
    store: Store, follow: RunFollow, run: Run
) -> None:
    with store.write() as unit:
        unit.runs.begin("abc", 1, now())
    fresh = follow("abc")
    with store.write() as unit:
        unit.runs.requeue("abc", 1, seq=5)
        unit.runs.claim("abc", now())
        unit.runs.begin("abc", 2, now() - timedelta(minutes=5))
        unit.hot.change(Change(id="abc", number=run.number, attempt=2, seq=8, progress=Progress(done=1)))
        assert unit.hot.flush() == set()
    usual = follow("abc", fresh.cursor)
    idle = follow("abc", usual.cursor)
    with store.write() as unit:
        unit.runs.settle("abc", 2, state=RunState.SUCCEEDED, output=None, error=None, at=now(), seq=9)
    final = follow("abc", idle.cursor)
    assert fresh.poll_ms < usual.poll_ms < idle.poll_ms < final.poll_ms
    assert usual.poll_ms == 800
    assert final.run.state is RunState.SUCCEEDED
    assert final.cursor != idle.cursor


def test_an_unknown_run_is_an_error(follow: RunFollow) -> None:
    with pytest.raises(RunNotFoundError):
        follow("nope")
