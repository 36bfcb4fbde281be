"""Writing down how an attempt ended, or that its run is to be tried again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flasklab.execution.endings import Intent, Verdict, given_up, judge, lost, why_ended
from flasklab.runs.state import RunState
from flasklab.runs.times import now

if TYPE_CHECKING:
    from flasklab.execution.attempt import Attempt
    from flasklab.store.hot_writes import Change
    from flasklab.store.unit import Unit


def settle(unit: Unit, attempt: Attempt, change: Change) -> str:
    """Settle the attempt's run with its last change, or say why it is to be queued again.

    Args:
        unit: the transaction
        attempt: is over
        change: what it still has to say of its run; becomes its end, unless the run is to be queued again

    Returns:
        Why it is queued again; "" when it is settled.
    """
    verdict = verdict_on(attempt)
    spec, recorded = attempt.spec, attempt.recorded
    recorded.seq += 1
    change.seq = recorded.seq
    at = now()
    reason = why_ended(verdict)
    status = attempt.status
    again = verdict.state is RunState.LOST and may_begin_again(
        begun_before=attempt.begun_before, begun=recorded.has_begun, retries=attempt.limits.retries
    )
    if not again:
        verdict = given_up(verdict, attempt.limits.retries)
    unit.hot.close_attempt(
        spec.number,
        spec.attempt,
        at,
        state=RunState.QUEUED if again else verdict.state,
        exit_code=os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
        signal=os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
        reason=reason,
    )
    state = RunState.QUEUED if again else verdict.state
    unit.hot.event(spec.number, recorded.seq, state, {"attempt": spec.attempt, "reason": reason}, at)
    if again:
        return reason
    change.state, change.output, change.error, change.finished_at = verdict.state, verdict.output, verdict.error, at
    if recorded.has_points:
        unit.metrics.finish(spec.number)
    return ""


def verdict_on(attempt: Attempt) -> Verdict:
    """How the attempt ended; `why_lost` only counts where the attempt itself did not say."""
    seen = attempt.seen()
    if attempt.why_lost and seen.outcome is None and seen.intent in {Intent.NONE, Intent.SHUTDOWN}:
        return lost(attempt.why_lost)
    return judge(seen)


def may_begin_again(*, begun_before: int, begun: bool, retries: int) -> bool:
    """Whether a lost run is tried again.

    One whose code never began always is, at no cost; otherwise its code may begin `retries` times more than once.

    Args:
        begun_before: earlier attempts whose code began
        begun: whether this attempt's code began
        retries: what the experiment allows
    """
    return not begun or begun_before + 1 <= retries
