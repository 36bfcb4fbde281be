"""How an attempt's end is told."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from flasklab.execution.endings import Intent, Seen, given_up, judge, lost
from flasklab.runs.state import RunState

_SUCCEEDED: dict[str, Any] = {"state": "succeeded", "output": {"x": 1}, "error": None}
_FAILED: dict[str, Any] = {
    "state": "failed",
    "output": None,
    "error": {"type": "ValueError", "message": "no", "traceback": "Traceback ..."},
}


def test_a_function_that_returned_has_succeeded_with_its_output() -> None:
    verdict = judge(Seen(exit_code=0, outcome=_SUCCEEDED))
    assert (verdict.state, verdict.output, verdict.error) == (RunState.SUCCEEDED, {"x": 1}, None)


def test_an_exception_is_told_with_its_traceback() -> None:
    verdict = judge(Seen(exit_code=1, outcome=_FAILED))
    assert verdict.state is RunState.FAILED
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.traceback) == ("ValueError", "Traceback ...")


@pytest.mark.parametrize(
    ("signum", "word"),
    [(signal.SIGSEGV, "segmentation fault"), (signal.SIGKILL, "out of memory"), (signal.SIGUSR1, "SIGUSR1")],
)
def test_a_signal_is_told_by_name_and_meaning(signum: signal.Signals, word: str) -> None:
    verdict = judge(Seen(signal=signum))
    assert verdict.state is RunState.FAILED
    assert verdict.error is not None
    assert signum.name in verdict.error.message
    assert word in verdict.error.message


def test_a_real_time_signal_without_a_name_is_told_by_number() -> None:
    error = judge(Seen(signal=50)).error
    assert error is not None
    assert "signal 50" in error.message


def test_an_exit_without_a_last_word_is_a_failure_even_with_status_zero() -> None:
    verdict = judge(Seen(exit_code=0))
    assert verdict.state is RunState.FAILED
    assert verdict.error is not None
    assert "status 0" in verdict.error.message


@pytest.mark.parametrize(
    ("intent", "state"),
    [
        (Intent.CANCEL, RunState.CANCELED),
        (Intent.TIMEOUT, RunState.TIMED_OUT),
        (Intent.MEMORY, RunState.FAILED),
        (Intent.SHUTDOWN, RunState.LOST),
    ],
)
def test_an_attempt_that_the_lab_ended_says_why(intent: Intent, state: RunState) -> None:
    verdict = judge(Seen(signal=signal.SIGTERM, intent=intent, canceled_by="ada", limit="2 minutes"))
    assert verdict.state is state
    assert verdict.error is not None
    assert verdict.error.type != "Signal"


def test_a_run_that_had_succeeded_before_the_cancel_reached_it_has_succeeded() -> None:
    assert judge(Seen(exit_code=0, outcome=_SUCCEEDED, intent=Intent.CANCEL)).state is RunState.SUCCEEDED


def test_an_exception_after_the_cancel_is_still_a_cancel() -> None:
    assert judge(Seen(exit_code=1, outcome=_FAILED, intent=Intent.CANCEL)).state is RunState.CANCELED


@pytest.mark.parametrize(
    ("intent", "state"),
    [(Intent.CANCEL, RunState.CANCELED), (Intent.TIMEOUT, RunState.TIMED_OUT), (Intent.NONE, RunState.FAILED)],
)
def test_a_function_that_returned_early_because_it_was_asked_keeps_its_output(intent: Intent, state: RunState) -> None:
    verdict = judge(Seen(exit_code=0, outcome={**_SUCCEEDED, "asked": True}, intent=intent, limit="2 minutes"))
    assert (verdict.state, verdict.output) == (state, {"x": 1})


def test_work_that_stopped_early_for_the_labs_sake_is_not_taken_for_done() -> None:
    assert judge(Seen(outcome={**_SUCCEEDED, "asked": True}, intent=Intent.SHUTDOWN)).state is RunState.LOST


def test_a_kill_for_lack_of_memory_is_told_as_such() -> None:
    error = judge(Seen(signal=signal.SIGKILL, out_of_memory="The machine ran out of memory.")).error
    assert error is not None
    assert (error.type, error.message) == ("OutOfMemory", "The machine ran out of memory.")


@pytest.mark.parametrize(("retries", "word"), [(0, "retries=1"), (2, "retries=2")])
def test_a_lost_run_says_what_would_have_let_it_go_on(retries: int, word: str) -> None:
    verdict = given_up(lost("The machine was restarted."), retries)
    assert verdict.error is not None
    assert verdict.error.message.startswith("The machine was restarted. ")
    assert word in verdict.error.message
