"""Writing down how an attempt ended, or that its run is to be tried again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flasklab.execution.endings import Intent, Verdict, given_up, judge, lost, why_ended
from flasklab.execution.retrying import wait_to_begin_again
from flasklab.failpoints import failpoint
from flasklab.runs.state import RunState
from flasklab.runs.times import now, rfc3339, words_for_seconds

if TYPE_CHECKING:
    from datetime import datetime

    from flasklab.execution.attempt import Attempt
    from flasklab.runs.json import Json
    from flasklab.store.hot_writes import Change
    from flasklab.store.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A run is queued again."""

    reason: str  # why, in a sentence
    not_before: datetime | None  # when; None for at once

    def told(self, at: datetime) -> str:
        """What becomes of the run, in a sentence, as seen from `at`."""
        if self.not_before is None:
            return "It is queued again."
        return f"It is tried again in {words_for_seconds((self.not_before - at).total_seconds())}."


def settle(unit: Unit, attempt: Attempt, change: Change) -> Again | None:
    """Settle the attempt's run with its last change, or say why it is to be queued again.

    Args:
        unit: the transaction
        attempt: is over
        change: what it still has to say of its run; becomes its end, unless the run is to be queued again

    Returns:
        That it is queued again; None when it is settled.
    """
    failpoint("supervisor.before-settle")
    verdict = verdict_on(attempt)
    spec, recorded = attempt.spec, attempt.recorded
    recorded.seq += 1
    change.seq = recorded.seq
    at = now()
    reason = why_ended(verdict)
    status = attempt.status
    wait = wait_to_begin_again(verdict, attempt.seen(), attempt.limits, attempt.begun_before)
    if wait is None:
        verdict = given_up(verdict, attempt.limits.retries)
    unit.hot.close_attempt(
        spec.number,
        spec.attempt,
        at,
        state=verdict.state,
        exit_code=os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
        signal=os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
        reason=reason,
    )
    told: dict[str, Json] = {"attempt": spec.attempt, "reason": reason}
    if wait is not None:
        not_before = at + timedelta(seconds=wait) if wait else None
        told |= {"ended": verdict.state.value, "not_before": rfc3339(not_before) if not_before else None}
        unit.hot.event(spec.number, recorded.seq, RunState.QUEUED, told, at)
        return Again(reason=reason, not_before=not_before)
    unit.hot.event(spec.number, recorded.seq, verdict.state, told, at)
    change.state, change.output, change.error, change.finished_at = verdict.state, verdict.output, verdict.error, at
    if recorded.has_points:
        unit.metrics.finish(spec.number)
    return None


def verdict_on(attempt: Attempt) -> Verdict:
    """How the attempt ended; `why_lost` only counts where the attempt itself did not say."""
    seen = attempt.seen()
    if attempt.why_lost and seen.outcome is None and seen.intent in {Intent.NONE, Intent.SHUTDOWN}:
        return lost(attempt.why_lost)
    return judge(seen)
