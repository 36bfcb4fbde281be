"""How the page tells the end of a run: its steps, its attempts, its last checkpoint."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flasklab.runs.checkpoints import CheckpointFile
from flasklab.runs.history import Attempt, RunEvent
from flasklab.runs.state import RunState
from flasklab.web.presenters import ending


def attempt(make: Any, number: int, minutes: int, **more: Any) -> Attempt:
    at = make.now + timedelta(minutes=minutes)
    return Attempt(attempt=number, claimed_at=at, begun_at=at, ended_at=at + timedelta(seconds=30), **more)


def test_each_step_is_told_with_its_time_after_the_wish(make: Any) -> None:
    at = make.now
    events = [
        RunEvent(seq=3, kind="cancel", at=at, data={"by": "ada"}),
        RunEvent(seq=4, kind="ending", at=at + timedelta(seconds=0.2), data={"step": "asked", "told": "It looks."}),
        RunEvent(seq=5, kind="artifact", at=at),
        RunEvent(seq=6, kind="ending", at=at + timedelta(seconds=10.2), data={"step": "term", "told": "SIGTERM."}),
    ]
    found = ending.steps(make.run(state=RunState.RUNNING), events, [attempt(make, 1, -1)], at)
    assert [(step.text, step.after) for step in found] == [
        ("Cancel asked for by ada.", ""),
        ("It looks.", "+0.2 s"),
        ("SIGTERM.", "+10.2 s"),
    ]


def test_steps_of_an_attempt_before_it_and_of_a_wish_that_came_too_late_are_not_told(make: Any) -> None:
    old = RunEvent(seq=2, kind="ending", at=make.now - timedelta(minutes=5), data={"told": "SIGTERM."})
    wish = RunEvent(seq=3, kind="cancel", at=make.now, data={"by": ""})
    assert ending.steps(make.run(state=RunState.RUNNING), [old], [attempt(make, 2, -1)], make.now) == ()
    assert ending.steps(make.run(state=RunState.SUCCEEDED), [wish], [attempt(make, 1, -1)], make.now) == ()


def test_attempts_are_told_once_there_are_several_or_the_run_did_not_succeed(make: Any) -> None:
    good = attempt(make, 1, -5, state="succeeded")
    lost = attempt(make, 1, -10, state="lost", signal=9, pid=7, supervisor="host 6", reason="The lab was stopped.")
    assert ending.attempt_rows(make.run(state=RunState.SUCCEEDED), [good], make.now) == ()
    assert len(ending.attempt_rows(make.run(state=RunState.FAILED), [good], make.now)) == 1
    first, second = ending.attempt_rows(make.run(), [lost, attempt(make, 2, -5, exit_code=0)], make.now)
    assert (first.word, first.how, first.took, first.reason) == (
        "Lost",
        "SIGKILL",
        "30.0 s",
        "The lab was stopped.",
    )
    assert first.who == "process 7, supervisor 6, on host"
    assert (second.word, second.how) == ("Ended", "exit code 0")  # of an older lab, which did not note its state


@pytest.mark.parametrize("seconds", [12])
def test_the_last_checkpoint_is_told_with_size_and_age(make: Any, seconds: int) -> None:
    found = CheckpointFile(attempt=1, count=2, size=3_400_000, at=make.now.timestamp() - seconds)
    line = ending.checkpoint_line(found, make.now)
    assert line is not None
    assert (line.size, line.moment.ago) == ("3.4 MB", "12 s ago")
    assert ending.checkpoint_line(None, make.now) is None
