from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.recording.floor import floor
from flasklab.recording.frames import Decoder
from flasklab.recording.memory import MemoryRecorder
from flasklab.recording.proxy import record_locally, recording_to, run
from flasklab.recording.recorder import PipeRecorder
from flasklab.runs.progress import Progress, position_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


class Steps(MemoryRecorder):
    """Remembers every progress."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[float, float | None, str, bool]] = []
        self.texts: list[str] = []

    def progress(self, made: Progress, *, last: bool = False) -> None:
        super().progress(made, last=last)
        self.all.append((made.done, made.total, made.message, last))
        self.texts.append(position_text(made))


@pytest.fixture
def steps() -> Iterator[Steps]:
    recorder = Steps()
    with recording_to(recorder):
        yield recorder


def test_a_tracked_loop_gives_its_items_and_tells_after_each(steps: Steps) -> None:
    assert list(run.track("ab", message="letters")) == ["a", "b"]
    assert steps.all == [
        (0, 2, "letters", False),
        (1, 2, "letters", False),
        (2, 2, "letters", False),
        (2, 2, "letters", True),
    ]


def test_a_generator_has_no_total_unless_it_is_given(steps: Steps) -> None:
    list(run.track(iter("ab")))
    assert steps.all[-1][:2] == (2, None)
    list(run.track(iter("ab"), total=5))
    assert steps.all[-1][:2] == (2, 5)


def test_a_loop_left_early_tells_how_far_it_came(steps: Steps) -> None:
    for item in run.track(range(10)):
        if item == 3:
            break
    assert steps.all[-1] == (3, 10, "", True)


def test_a_loop_that_raises_tells_how_far_it_came_and_raises(steps: Steps) -> None:
    def divide() -> None:
        for item in run.track([1, 0]):
            _ = 1 / item

    with pytest.raises(ZeroDivisionError):
        divide()
    assert steps.all[-1] == (1, 2, "", True)


def test_inner_loops_move_the_outer_one_by_fractions_and_never_back(steps: Steps) -> None:
    for _ in run.track(range(2), message="epoch"):
        for _ in run.track(range(4), message="batch"):
            pass
    done = [entry[0] for entry in steps.all]
    assert done == sorted(done)
    assert (1.75, 2, "epoch", False) in steps.all
    assert "epoch 2 of 2 · batch 3 of 4" in steps.texts
    assert {entry[1] for entry in steps.all} == {2}
    assert [entry[3] for entry in steps.all].count(True) == 1


def test_several_loops_within_a_step_share_it_as_long_as_they_took_the_time_before(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    for _ in run.track(range(3)):
        for _ in run.track(range(10), message="train"):
            clock.now += 9
        for _ in run.track(range(10), message="test"):
            clock.now += 1
    done = [entry[0] for entry in steps.all]
    assert done == sorted(done)
    seen = dict(zip(steps.texts, done, strict=True))
    assert seen["2 of 3 · train 5 of 10"] == pytest.approx(1.45)
    assert seen["2 of 3 · test 5 of 10"] == pytest.approx(1.95)


def test_one_of_several_threads_speaks_for_the_run_and_the_next_when_it_has_ended(steps: Steps) -> None:
    for _ in run.track(range(1), message="outer"):
        worker = threading.Thread(target=lambda: list(run.track(range(3), message="other")))
        worker.start()
        worker.join()
    assert {entry[2] for entry in steps.all} == {"outer"}
    worker = threading.Thread(target=lambda: list(run.track(range(3), message="other")))
    worker.start()
    worker.join()
    assert steps.all[-1] == (3, 3, "other", True)


def test_a_forked_worker_is_silent_while_its_run_tracks_a_loop_and_heard_otherwise(tmp_path: Path) -> None:
    reading, writing = os.pipe()

    def in_a_fork(message: str) -> None:
        worker = os.fork()
        if worker == 0:
            list(run.track(range(2), message=message))
            os._exit(0)
        os.waitpid(worker, 0)

    floor.share()
    with recording_to(PipeRecorder(writing, staging=tmp_path, workdir=tmp_path)):
        in_a_fork("alone")
        for _ in run.track(range(1), message="outer"):
            in_a_fork("within")
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = [event for event in Decoder().feed(pipe.read()) if isinstance(event, dict)]
    assert [(event["message"], event["done"]) for event in said] == [
        ("alone", 0),
        ("alone", 1),
        ("alone", 2),
        ("alone", 2),
        ("outer", 0),
        ("outer", 1),
        ("outer", 1),
    ]


def test_a_worker_that_was_forked_before_its_run_began_to_loop_is_silent_too(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    begun, begin = os.pipe()
    floor.share()
    with recording_to(PipeRecorder(writing, staging=tmp_path, workdir=tmp_path)):
        worker = os.fork()
        if worker == 0:
            os.read(begun, 1)
            list(run.track(range(2), message="worker"))
            os._exit(0)
        loop = run.track(range(1), message="outer")
        next(loop)
        os.write(begin, b".")
        os.waitpid(worker, 0)
        list(loop)
    for fd in (writing, begun, begin):
        os.close(fd)
    with os.fdopen(reading, "rb") as pipe:
        said = [event["message"] for event in Decoder().feed(pipe.read()) if isinstance(event, dict)]
    assert set(said) == {"outer"}


def test_the_pace_and_what_is_left_are_told(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    for item in run.track(range(100), unit="image"):
        clock.now += 0.5
        if item == 50:
            break
    made = steps.latest_progress
    assert made is not None
    assert made.unit == "image"
    assert made.rate == pytest.approx(2.0)
    assert made.left_seconds == pytest.approx(24.5)


def test_an_inner_loop_keeps_the_pace_it_had_in_the_step_before(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    for _ in run.track(range(2), message="epoch"):
        clock.now += 30
        for _ in run.track(range(5), message="batch"):
            clock.now += 0.25
            assert steps.latest_progress is not None
            if steps.latest_progress.done > 1:
                assert steps.latest_progress.inner[0].rate == pytest.approx(4.0)


def test_what_is_said_with_run_progress_is_the_progress_and_bars_are_loops_within(steps: Steps) -> None:
    run.progress(3, 20, "epoch")
    list(run.track(range(2), message="batch"))
    assert "epoch 4 of 20 · batch 1 of 2" in steps.texts
    run.progress(20, 20, "epoch")
    list(run.track(range(2), message="after"))
    assert steps.all[-1] == (2, 2, "after", True)


def test_within_a_tracked_loop_run_progress_is_one_of_its_inner_loops(steps: Steps) -> None:
    for _ in run.track(range(2), message="file"):
        for line in range(1, 5):
            run.progress(line, 4, "line")
    assert "file 2 of 2 · line 3 of 4" in steps.texts
    assert steps.all[-1] == (2, 2, "file", True)


def test_run_progress_may_come_from_any_thread_of_a_pool(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    for done in range(1, 40):
        worker = threading.Thread(target=run.progress, args=(done, 100))
        worker.start()
        worker.join()
        clock.now += 1
    made = steps.latest_progress
    assert made is not None
    assert made.done == 39
    assert made.rate == pytest.approx(1.0)


def test_a_loop_that_was_forgotten_half_way_does_not_disturb_the_next(steps: Steps) -> None:
    forgotten = run.track(range(5))
    next(forgotten)
    forgotten.close()  # type: ignore[attr-defined]  # an Iterator by its signature, so that it may change
    assert list(run.track("ab")) == ["a", "b"]
    assert steps.all[-1] == (2, 2, "", True)


def test_a_length_that_raises_is_no_total() -> None:
    class Odd:
        def __len__(self) -> int:
            raise RuntimeError("no")

        def __iter__(self) -> Iterator[Any]:
            return iter([1])

    with record_locally() as recorded:
        assert list(run.track(Odd())) == [1]
    assert recorded.latest_progress is not None
    assert recorded.latest_progress.total is None


def test_outside_of_a_run_a_tracked_loop_is_a_loop() -> None:
    assert list(run.track([1, 2])) == [1, 2]
