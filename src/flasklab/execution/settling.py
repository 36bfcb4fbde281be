"""Writing down how an attempt ended, or that its run is to be tried again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flasklab.execution.endings import Intent, Verdict, given_up, judge, lost, why_ended
from flasklab.runs.state import RunState
from flasklab.runs.times import now

if TYPE_CHECKING:
    from flasklab.execution.attempt import Attempt
    from flasklab.runs.json import Json
    from flasklab.store.unit import Unit


def settle(unit: Unit, attempt: Attempt) -> str:
    """Settle the attempt's run, or hand it back to the queue where it may begin again.

    Returns:
        Why it is queued again; "" when it is settled.
    """
    verdict = verdict_on(attempt)
    spec, recorded = attempt.spec, attempt.recorded
    recorded.seq += 1
    at = now()
    reason = why_ended(verdict)
    status = attempt.status
    again = verdict.state is RunState.LOST and may_begin_again(
        begun_before=attempt.begun_before, begun=recorded.has_begun, retries=attempt.limits.retries
    )
    unit.attempts.close(
        spec.number,
        spec.attempt,
        at=at,
        exit_code=os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
        signal=os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
        reason=reason,
        state=RunState.QUEUED if again else verdict.state,
    )
    told: dict[str, Json] = {"attempt": spec.attempt, "reason": reason}
    if again:
        if unit.runs.requeue(spec.id, spec.attempt, seq=recorded.seq):
            unit.events.add(spec.number, recorded.seq, RunState.QUEUED, told, at)
        return reason
    verdict = given_up(verdict, attempt.limits.retries)
    settled = unit.runs.settle(
        spec.id,
        spec.attempt,
        state=verdict.state,
        output=verdict.output,
        error=verdict.error,
        at=at,
        seq=recorded.seq,
    )
    if settled:  # else it was before, by a transaction whose answer was lost
        unit.metrics.finish(spec.number)
        unit.events.add(spec.number, recorded.seq, verdict.state, told, at)
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
