"""Reading runs: one, a page of them, what happened to one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flasklab.errors import RunNotFoundError, WrongStateError

if TYPE_CHECKING:
    from flasklab.runs.history import Attempt, RunEvent
    from flasklab.runs.run import Run
    from flasklab.runs.state import RunState
    from flasklab.store.store import Store


class RunRead:
    """Answers questions about runs.

    Args:
        store: where runs are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, run_id: str) -> Run:
        """The run of this id.

        Raises:
            RunNotFoundError: there is none.
        """
        with self._store.read() as unit:
            return unit.runs.get(run_id)

    def newest(self, limit: int, state: RunState | None = None) -> tuple[Run, ...]:
        """The newest runs, at most `limit`; of one state, if given."""
        with self._store.read() as unit:
            return tuple(unit.runs.page(state=state, limit=limit))

    def latest(self) -> dict[str, Run]:
        """The newest run of each experiment that has one, by the experiment's name."""
        with self._store.read() as unit:
            return unit.runs.latest_per_experiment()

    def environment(self, run: Run) -> dict[str, Any] | None:
        """Code, packages and Git commit that a run ran with; None before it ran."""
        if run.environment_id is None:
            return None
        with self._store.read() as unit:
            return unit.environments.get(run.environment_id)

    def events(self, run_id: str) -> list[RunEvent]:
        """What happened to a run, in order.

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self._store.read() as unit:
            return unit.events.of(unit.runs.get(run_id).number)

    def history(self, run_id: str) -> tuple[list[RunEvent], int]:
        """What happened to a run, in order, and the number that grows with it, as `RunFollow` tells it.

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self._store.read() as unit:
            number = unit.runs.glance(run_id).number
            return unit.events.of(number), unit.events.latest(number)

    def attempts(self, run_id: str) -> list[Attempt]:
        """A run's attempts, first to last.

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self._store.read() as unit:
            return unit.attempts.of(unit.runs.get(run_id).number)

    def resolve(self, text: str) -> Run:
        """The run that a person means: a whole id, a number ("12", "#12"), or the beginning of one id.

        Raises:
            RunNotFoundError: nothing fits.
            WrongStateError: several ids begin so.
        """
        wanted = text.strip()
        with self._store.read() as unit:
            found = unit.runs.find(wanted)
            if found is None and re.fullmatch(r"#?[0-9]{1,18}", wanted):
                found = unit.runs.find_by_number(int(wanted.removeprefix("#")))
            if found is not None:
                return found
            ids = unit.runs.ids_starting(wanted.lower()) if wanted else []
            if len(ids) > 1:
                raise WrongStateError(f"Several runs' ids begin with {wanted!r}; give more of it.")
            if not ids:
                raise RunNotFoundError(wanted)
            return unit.runs.get(ids[0])
