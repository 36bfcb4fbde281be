"""Whether a run whose attempt has ended is tried again, and when: one table for every kind of end."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from flasklab.execution.endings import Intent
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from flasklab.execution.attempt import Limits
    from flasklab.execution.endings import Seen, Verdict

LONGEST_WAIT_SECONDS = 3600.0
_JITTER = 0.2  # share by which a wait is longer or shorter, so that runs that failed together do not come back together


def wait_to_begin_again(verdict: Verdict, seen: Seen, limits: Limits, begun_before: int) -> float | None:
    """Seconds until an ended attempt's run is tried again; None when it is not.

    A lost run whose code never began always is, at no cost. Otherwise its code may begin `limits.retries` times more:
    after a loss, after an exception for which the experiment allows it, and after too much memory if it allows that.

    Args:
        verdict: how the attempt ended
        seen: all that is known of that end
        limits: what the experiment allows
        begun_before: earlier attempts whose code began
    """
    if verdict.state is RunState.LOST:
        interrupted = seen.intent is Intent.SHUTDOWN
        wait = wait_after_loss(begun_before, begun=seen.begun, retries=limits.retries, retry_wait=limits.retry_wait)
        return 0.0 if interrupted and wait is not None else wait
    retry = begun_before + 1
    if verdict.state is not RunState.FAILED or verdict.error is None or not seen.begun or retry > limits.retries:
        return None
    if verdict.error.type == "OutOfMemory":
        allowed = limits.retries_memory
    else:
        allowed = seen.intent is Intent.NONE and seen.outcome is not None and seen.outcome.get("retry") is True
    return _wait(limits.retry_wait, retry) if allowed else None


def wait_after_loss(begun_before: int, *, begun: bool, retries: int, retry_wait: float) -> float | None:
    """Seconds until a lost run is tried again; None when it is not.

    The first time it is at once, for mostly the lab was to blame; a run that is lost again and again may be itself.

    Args:
        begun_before: earlier attempts whose code began
        begun: whether the lost attempt's code began
        retries: how often the code may begin again
        retry_wait: seconds before the first retry
    """
    if not begun:
        return 0.0
    return _wait(retry_wait, begun_before) if begun_before + 1 <= retries else None


def _wait(first: float, retry: int) -> float:
    """Seconds before a retry, numbered from 1: the first wait, doubled with each, with jitter; none before number 0."""
    if retry == 0:
        return 0.0
    grown: float = first * 2.0 ** min(retry - 1, 60)
    return min(grown * random.uniform(1 - _JITTER, 1 + _JITTER), LONGEST_WAIT_SECONDS)
