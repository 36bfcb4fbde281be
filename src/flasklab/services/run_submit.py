"""Starting a run: the row is committed first, then the supervisor is woken."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from flasklab.errors import QueueFullError
from flasklab.runs.run import NewRun, Run, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flasklab.config import Settings
    from flasklab.experiments.description import Description
    from flasklab.runs.json import Json
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit

_EXACT_LIMIT = 1000  # up to here the queue is counted at every start; counting more takes milliseconds
_COUNT_SECONDS = 1.0  # how long a count of a longer queue is trusted


class RunSubmit:
    """Queues runs.

    Args:
        store: where runs are kept
        settings: for `max_queued`
        wake: tells the supervisor that there is work; called after the commit
    """

    def __init__(self, store: Store, settings: Settings, wake: Callable[[], None]) -> None:
        self._store = store
        self._limit = settings.max_queued
        self._wake = wake
        self._counting = threading.Lock()
        self._counted: tuple[float, int] | None = None  # monotonic time and length of the queue then

    def __call__(
        self,
        description: Description,
        params: Mapping[str, Json],
        given: Iterable[str],
        *,
        created_by: str = "",
        idempotency_key: str | None = None,
        tags: Iterable[str] = (),
        note: str = "",
        rerun_of: str | None = None,
        restore_from: str | None = None,
    ) -> tuple[Run, bool]:
        """Queue a run of an experiment.

        Args:
            description: the experiment; its timeout, memory limit and retries become the run's
            params: validated JSON values, defaults filled in
            given: names of the parameters that differ from the defaults
            created_by: who starts it
            idempotency_key: a second start of the experiment with the same key gives the first run
            tags: the run's first tags, after those of the experiment
            note: its first note
            rerun_of: id of the run whose parameters it takes
            restore_from: id of the run whose last checkpoint it starts from

        Returns:
            The run as it is stored, and whether this call created it.

        Raises:
            QueueFullError: as many runs are queued as the lab takes.
            StoreError: the run could not be stored; it does not exist.
        """
        new = NewRun(
            id=new_run_id(),
            experiment=description.name,
            params=params,
            given=tuple(given),
            tags=tuple(dict.fromkeys((*description.tags, *tags))),
            note=note,
            created_by=created_by,
            rerun_of=rerun_of,
            restore_from=restore_from,
            idempotency_key=idempotency_key,
            timeout_seconds=description.timeout_seconds,
            memory_bytes=description.memory_bytes,
            retries=description.retries,
        )
        with self._store.write() as unit:
            if idempotency_key is not None:
                first = unit.runs.find_by_key(description.name, idempotency_key)
                if first is not None:
                    return first, False
            self._refuse_when_full(unit)
            at = now()
            run = unit.runs.add(new, at)
            created = run.id == new.id
            if created:
                unit.events.add(run.number, run.seq, run.state.value, {"by": created_by}, at)
        if created:
            self._note_one_more()
            self._wake()
        return run, created

    def _refuse_when_full(self, unit: Unit) -> None:
        queued = self._estimate()
        if queued is None or queued >= self._limit:
            queued = unit.runs.count(RunState.QUEUED)
            with self._counting:
                self._counted = (time.monotonic(), queued)
        if queued >= self._limit:
            raise QueueFullError(queued, self._limit)

    def _estimate(self) -> int | None:
        """The queue's length as counted lately, with the starts since; None when it must be counted."""
        with self._counting:
            if self._limit <= _EXACT_LIMIT or self._counted is None:
                return None
            at, queued = self._counted
            return queued if time.monotonic() - at < _COUNT_SECONDS else None

    def _note_one_more(self) -> None:
        with self._counting:
            if self._counted is not None:
                at, queued = self._counted
                self._counted = (at, queued + 1)
