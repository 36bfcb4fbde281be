"""Which ends lead to another attempt, and after how long."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from flasklab.execution.attempt import Limits
from flasklab.execution.endings import Intent, Seen, judge, lost
from flasklab.execution.retrying import LONGEST_WAIT_SECONDS, wait_after_loss, wait_to_begin_again


def limits(retries: int = 2, *, wait: float = 10.0, memory: bool = False) -> Limits:
    return Limits(timeout_seconds=None, memory_bytes=None, retries=retries, retry_wait=wait, retries_memory=memory)


def failed(*, retry: bool) -> Seen:
    error = {"type": "ConnectionError", "message": "no", "traceback": ""}
    outcome: dict[str, Any] = {"state": "failed", "output": None, "error": error, "retry": retry}
    return Seen(exit_code=1, outcome=outcome)


def wait(seen: Seen, limits: Limits, begun_before: int = 0) -> float | None:
    return wait_to_begin_again(judge(seen), seen, limits, begun_before)


@pytest.mark.parametrize(
    ("begun_before", "begun", "retries", "again"),
    [
        (0, False, 0, True),  # the code never began: free
        (3, False, 0, True),
        (0, True, 0, False),
        (0, True, 1, True),
        (1, True, 1, False),
    ],
)
def test_lost_code_begins_again_only_as_often_as_allowed(
    begun_before: int, begun: bool, retries: int, again: bool
) -> None:
    found = wait_after_loss(begun_before, begun=begun, retries=retries, retry_wait=10.0)
    assert (found is not None) is again


def test_a_lost_run_is_tried_again_at_once_and_after_a_wait_when_it_is_lost_again() -> None:
    seen = Seen()
    first, second = (wait_to_begin_again(lost("gone"), seen, limits(), before) for before in (0, 1))
    assert first == 0.0
    assert second == pytest.approx(10.0, rel=0.2)


def test_a_run_that_was_interrupted_with_the_lab_never_waits() -> None:
    seen = Seen(signal=signal.SIGTERM, intent=Intent.SHUTDOWN)
    assert wait(seen, limits(), begun_before=1) == 0.0
    assert wait(seen, limits(), begun_before=2) is None


def test_an_exception_leads_to_another_attempt_only_where_the_experiment_allows_it() -> None:
    assert wait(failed(retry=True), limits()) == pytest.approx(10.0, rel=0.2)
    assert wait(failed(retry=False), limits()) is None
    assert wait(failed(retry=True), limits(retries=0)) is None
    assert wait(failed(retry=True), limits(), begun_before=2) is None


def test_waits_double_up_to_an_hour() -> None:
    assert wait(failed(retry=True), limits(100), begun_before=3) == pytest.approx(80.0, rel=0.2)
    assert wait(failed(retry=True), limits(100), begun_before=99) == LONGEST_WAIT_SECONDS
    assert wait(failed(retry=True), limits(wait=0.0), begun_before=1) == 0.0


def test_runs_that_failed_together_do_not_come_back_together() -> None:
    assert len({wait(failed(retry=True), limits()) for _ in range(10)}) > 1


def test_too_much_memory_leads_to_another_attempt_only_where_the_experiment_allows_it() -> None:
    seen = Seen(signal=signal.SIGKILL, intent=Intent.MEMORY, limit="2 GiB")
    assert wait(seen, limits(memory=True)) is not None
    assert wait(seen, limits(memory=False)) is None


@pytest.mark.parametrize("intent", [Intent.CANCEL, Intent.TIMEOUT])
def test_a_cancel_and_a_timeout_are_final_whatever_the_code_said_last(intent: Intent) -> None:
    outcome = failed(retry=True).outcome
    assert wait(Seen(exit_code=1, outcome=outcome, intent=intent), limits()) is None


def test_a_crash_is_final() -> None:
    assert wait(Seen(signal=signal.SIGSEGV), limits(memory=True)) is None
