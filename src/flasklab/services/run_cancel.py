"""Canceling a run: a queued one at once, a running one by asking its supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.errors import WrongStateError
from flasklab.runs.times import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from flasklab.runs.run import Run
    from flasklab.store.store import Store


class RunCancel:
    """Ends runs on request.

    Args:
        store: where runs are kept
        wake: tells the supervisor that a running run is to end; called after the commit
    """

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake

    def __call__(self, run_id: str, by: str) -> Run:
        """Cancel a run; the returned one is canceled already if it was queued, else about to end.

        Args:
            run_id: which run
            by: who asks; "" when nobody is known by name

        Raises:
            RunNotFoundError: there is no such run.
            WrongStateError: it has ended already.
        """
        at = now()
        with self._store.write() as unit:
            run = unit.runs.get(run_id)
            if unit.runs.cancel_queued(run_id, by, at):
                run = unit.runs.get(run_id)
                unit.events.add(run.number, run.seq, run.state.value, {"by": by}, at)
                return run
            if not unit.runs.request_cancel(run_id, by, at):
                state = unit.runs.state(run_id)
                raise WrongStateError(
                    f"Run #{run.number} of {run.experiment} has ended already "
                    f"({state.value.replace('_', ' ')}); there is nothing to cancel."
                )
            if run.cancel_requested_at is None:
                unit.events.add(run.number, run.seq, "cancel", {"by": by}, at)
            run = unit.runs.get(run_id)
        self._wake()
        return run
