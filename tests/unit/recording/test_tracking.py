from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.recording.memory import MemoryRecorder
from flasklab.recording.proxy import record_locally, recording_to, run

if TYPE_CHECKING:
    from collections.abc import Iterator


class Steps(MemoryRecorder):
    """Remembers every progress."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[float, float | None, str, bool]] = []

    def progress(self, done: float, total: float | None, message: str, *, last: bool = False) -> None:
        self.all.append((done, total, message, last))


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
    assert (1.75, 2, "epoch · batch", False) in steps.all
    assert {entry[1] for entry in steps.all} == {2}
    assert [entry[3] for entry in steps.all].count(True) == 1


def test_loops_in_other_threads_are_no_inner_loops(steps: Steps) -> None:
    for _ in run.track(range(1), message="outer"):
        worker = threading.Thread(target=lambda: list(run.track(range(3), message="other")))
        worker.start()
        worker.join()
    assert (3, 3, "other", True) in steps.all


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
