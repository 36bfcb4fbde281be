"""Starting a run: it is stored durably, by the supervisor where one is there, before anybody hears of it."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flasklab.errors import MissingResourcesError, NoSpaceError, QueueFullError
from flasklab.failpoints import failpoint
from flasklab.runs.admission import more_than_there_is
from flasklab.runs.run import NewRun, Progress, Run, RunError, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services.free_space import FreeSpace
from flasklab.services.queue_limit import QueueLimit
from flasklab.store.intake import Accepted, Ended, Full, Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flasklab.config import Settings
    from flasklab.experiments.description import Description
    from flasklab.runs.json import Json
    from flasklab.services.run_wait import RunWait
    from flasklab.store.intake import Answer, Intake
    from flasklab.store.store import Store

_NEW = tuple(field.name for field in fields(NewRun))
_SHARED = tuple(field.name for field in fields(Run) if field.name in _NEW)


class RunSubmit:
    """Queues runs.

    Args:
        store: where runs are kept
        settings: for `max_queued` and the pools of units
        intake: where a supervisor takes starts
        waiting: waits for a run's end
        wake: tells the supervisor that there is work; called after a commit of our own
    """

    def __init__(
        self, store: Store, settings: Settings, intake: Intake, waiting: RunWait, wake: Callable[[], None]
    ) -> None:
        self._store = store
        self._pools = settings.resources
        self._intake = intake
        self._waiting = waiting
        self._limit = QueueLimit(settings.max_queued)
        self._space = FreeSpace(settings)
        self._wake = wake

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
        priority: int | None = None,
        not_before: datetime | None = None,
        wait: float = 0.0,
    ) -> tuple[Run, bool]:
        """Queue a run of an experiment.

        Args:
            description: the experiment; its limits, retries and resources become the run's
            params: validated JSON values, defaults filled in
            given: names of the parameters that differ from the defaults
            created_by: who starts it
            idempotency_key: a second start of the experiment with the same key gives the first run
            tags: the run's first tags, after those of the experiment
            note: its first note
            rerun_of: id of the run whose parameters it takes
            restore_from: id of the run whose last checkpoint it starts from
            priority: queued runs of a higher one begin first; the experiment's when not given
            not_before: it begins at this moment at the earliest
            wait: seconds to wait for its end; not at all where too many wait already

        Returns:
            The run as it is then, and whether this call created it.

        Raises:
            MissingResourcesError: it takes more units of a pool than the lab has.
            QueueFullError: as many runs are queued as the lab takes.
            NoSpaceError: too little of the disk is free.
            StoreError: the run could not be stored; it does not exist.
        """
        missing = more_than_there_is(description.resources, self._pools)
        if missing:
            raise MissingResourcesError(description.name, tuple(missing))
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
            retry_wait=description.retry_wait,
            priority=description.priority if priority is None else priority,
            not_before=not_before,
            resources=description.resources,
        )
        if (first := self._first_without_space(new)) is not None:
            return first, False
        with self._waiting.place(wait) as seconds:
            failpoint("web.before-start")
            answer = self._intake.start({name: getattr(new, name) for name in _NEW}, wait=seconds > 0)
            failpoint("web.after-start")
            if isinstance(answer, Full):
                raise QueueFullError(answer.queued, answer.limit)
            run, created = self._taken(new, answer) or self._store_here(new)
            if seconds > 0 and not run.state.is_final:
                run = self._waiting.told(run.id, seconds, asked=isinstance(answer, Accepted))
        return run, created

    def _first_without_space(self, new: NewRun) -> Run | None:
        """Where too little space is left for another run, the one that was started before with the same key.

        Raises:
            NoSpaceError: there is none.
        """
        try:
            self._space.require()
        except NoSpaceError:
            if new.idempotency_key is not None:
                with self._store.read() as unit:
                    first = unit.runs.find_by_key(new.experiment, new.idempotency_key)
                if first is not None:
                    return first
            raise
        return None

    def _taken(self, new: NewRun, answer: Answer | None) -> tuple[Run, bool] | None:
        """The run that a supervisor has stored, or had stored before; None when none has taken it."""
        match answer:
            case Accepted(claimed=True):
                return _accepted(new, answer), True
            case Ended(end=end) if end is not None:
                return _ended(new, end), True
            case Accepted() | Ended() | Known():
                run_id = answer.id if isinstance(answer, Known) else new.id
                with self._store.read() as unit:
                    return unit.runs.get(run_id), run_id == new.id
            case _:
                return None

    def _store_here(self, new: NewRun) -> tuple[Run, bool]:
        """Queue it without a supervisor's help; one that was cut off may have stored it, then it is there already."""
        with self._store.write() as unit:
            there = unit.runs.find(new.id)
            if there is None and new.idempotency_key is not None:
                there = unit.runs.find_by_key(new.experiment, new.idempotency_key)
            if there is not None:
                return there, there.id == new.id
            full = self._limit.full(unit)
            if full is not None:
                raise QueueFullError(*full)
            at = now()
            run = unit.runs.add(new, at)
            failpoint("web.before-commit")
            created = run.id == new.id
            if created:
                unit.events.add(run.number, run.seq, run.state.value, {"by": new.created_by}, at)
        if created:
            failpoint("web.before-ring")
            self._limit.note_one_more()
            self._wake()
        return run, created


def _accepted(new: NewRun, answer: Accepted) -> Run:
    """A run that was claimed at once."""
    return Run(
        **{name: getattr(new, name) for name in _SHARED},
        number=answer.number,
        state=RunState.RUNNING,
        attempt=1,
        seq=2,
        created_at=datetime.fromtimestamp(answer.created_at, UTC),
    )


def _ended(new: NewRun, end: Mapping[str, Any]) -> Run:
    """A run that has ended, and has nothing but its row."""
    values: dict[str, Any] = {name: getattr(new, name) for name in _SHARED}
    values |= {name: value for name, value in end.items() if value is not None}
    if "error" in values:
        values["error"] = RunError(**values["error"])
    if "progress" in values:
        values["progress"] = Progress.from_json(values["progress"])
    return Run(**values | {"state": RunState(end["state"]), "tags": tuple(values["tags"])})
