"""Why a queued run waits, told to the person who started it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flasklab.runs.admission import Limits, Wanted
from flasklab.runs.run import Run
from flasklab.runs.state import RunState
from flasklab.services.waiting import Situation

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RUN = Run(id="a", number=9, experiment="train", state=RunState.QUEUED, params={}, queue_position=1, created_at=AT)


def situation(*under_way: Wanted, supervised: bool = True, described: bool = True, workers: int = 2) -> Situation:
    return Situation(
        at=AT,
        supervised=supervised,
        described=described,
        limits=Limits(workers=workers, pools={"gpu": 1}, concurrency={"train": 1}),
        under_way=under_way,
        heads=((0, Wanted(9, "train", {})),),
        next_release=None,
    )


def running(number: int, experiment: str = "other", **resources: int) -> Wanted:
    return Wanted(number, experiment, resources)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (situation(supervised=False), "start `flasklab serve`"),
        (situation(described=False), "still being imported"),
        (situation(running(1), running(2)), "All 2 workers are busy; raise FLASKLAB_WORKERS"),
        (situation(running(1), workers=1), "The one worker is busy"),
        (situation(running(1, "train")), "A run of train is under way, and it allows one at once"),
        (situation(), "in a moment"),
    ],
)
def test_a_waiting_run_is_told_why_it_waits_and_what_helps(found: Situation, expected: str) -> None:
    assert expected in found.why(RUN)
    assert found.of_queue().endswith(found.why(RUN))


def test_a_run_waits_for_code_that_is_broken_and_others_go_on() -> None:
    broken = {"train": "experiments/train.py: SyntaxError: invalid syntax"}
    found = situation()
    found = replace(found, limits=replace(found.limits, broken=lambda name: broken.get(name, "")))
    assert found.why(RUN) == f"train cannot be run until its code is mended: {broken['train']}"
    assert found.of_start("other", {}, 0) == ""


def test_a_run_that_waits_for_nothing_is_told_nothing() -> None:
    assert situation().why(replace(RUN, state=RunState.RUNNING)) == ""


def test_a_held_run_says_until_when() -> None:
    held = replace(RUN, not_before=datetime(2026, 11, 25, 14, 0, tzinfo=UTC), queue_position=None)
    assert situation().why(held) == "It begins at 2026-11-25 14:00 UTC at the earliest."
    again = replace(held, not_before=AT + timedelta(seconds=39.2), attempt=1, begun=1, retries=2)
    assert situation().why(again) == "It is tried again in 40 s: attempt 2 of 3."
    late = replace(held, not_before=AT - timedelta(seconds=1))
    assert "in a moment" in situation().why(late)


def test_a_run_behind_one_that_waits_for_the_same_units_is_told_so() -> None:
    first = Wanted(5, "small", {"gpu": 1})
    found = replace(situation(running(1, gpu=1)), heads=((0, first),))
    assert "#5 waits for it too" not in found.why(replace(RUN, experiment="large", resources={"gpu": 1}, number=4))
    assert found.why(replace(RUN, experiment="large", resources={"gpu": 1})).startswith("It waits for 1 gpu: 1 of 1")
    free = replace(situation(running(1)), heads=((0, Wanted(5, "small", {"gpu": 2})), (0, first)))
    assert "in a moment" in free.why(replace(RUN, experiment="large", number=4, resources={"gpu": 1}))


def test_an_urgent_run_does_not_wait_for_those_behind_it() -> None:
    first = Wanted(5, "train", {})
    found = replace(situation(), heads=((0, first),))
    assert "concurrency" in found.why(RUN)
    assert "in a moment" in found.why(replace(RUN, priority=1))


def test_a_queue_in_which_all_are_held_says_when_the_next_begins() -> None:
    found = replace(situation(), heads=(), next_release=AT + timedelta(hours=2))
    assert found.of_queue() == "The next run begins at 2026-11-24 14:00 UTC at the earliest."


def test_a_form_tells_only_of_what_a_run_started_now_would_wait_for() -> None:
    assert situation().of_start("other", {}, 0) == ""
    assert "All 2 workers are busy" in situation(running(1), running(2)).of_start("other", {}, 0)
    behind = situation(running(1, "train"))  # and #9 of train waits for it
    assert behind.of_start("other", {}, 0) == ""
    assert "allows one at once" in behind.of_start("train", {}, 0)
    needy = replace(situation(running(1, gpu=1)), heads=((0, Wanted(9, "train", {"gpu": 1})),))
    assert "taken by #1" in needy.of_start("other", {"gpu": 1}, 0)
    freed = replace(needy, under_way=())
    assert freed.of_start("other", {"gpu": 1}, 0).endswith("1 of 1 is taken by #9.")
    assert freed.of_start("other", {"gpu": 1}, priority=1) == ""
    assert "start `flasklab serve`" in situation(supervised=False).of_start("other", {}, 0)
