"""Runs as people read them: adding, finding, counting, paging.

What the supervisor does to runs is in `run_transitions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, select

from flasklab.errors import RunNotFoundError
from flasklab.runs.run import MetricSummary, NewRun, Progress, Run, RunError
from flasklab.runs.sameness import params_hash
from flasklab.runs.state import RunState
from flasklab.store.artifact_rows import ArtifactRows
from flasklab.store.metric_chunks import MetricChunks
from flasklab.store.queue_rows import QueueRows
from flasklab.store.run_transitions import RunTransitions
from flasklab.store.tables import runs
from flasklab.store.value_rows import ValueSource, add_values, value_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row

    from flasklab.runs.artifacts import Artifact

_ROW = select(runs).where(runs.c.id == bindparam("wanted_id"))
_SEQ = select(runs.c.seq).where(runs.c.id == bindparam("wanted_id"))
_STATE = select(runs.c.state).where(runs.c.id == bindparam("wanted_id"))


class RunRows(RunTransitions):
    """The runs table within one transaction."""

    def add(self, new: NewRun, at: datetime) -> Run:
        """Queue a run; with an idempotency key that the experiment has seen, return the first run instead."""
        statement = self._insert(runs).on_conflict_do_nothing().returning(runs.c.number)
        values = {
            "id": new.id,
            "experiment": new.experiment,
            "state": RunState.QUEUED.value,
            "params": dict(new.params),
            "given": list(new.given),
            "tags": list(new.tags),
            "note": new.note,
            "attempt": 0,
            "begun": 0,
            "retries": new.retries,
            "timeout_seconds": new.timeout_seconds,
            "memory_bytes": new.memory_bytes,
            "created_at": at,
            "created_by": new.created_by,
            "rerun_of": new.rerun_of,
            "idempotency_key": new.idempotency_key,
            "seq": 1,
            "dropped": 0,
            "rank": -new.priority,
            "held": int(new.not_before is not None and new.not_before > at),
            "not_before": new.not_before,
            "resources": dict(new.resources) or None,
            "retry_wait": new.retry_wait,
            "restore_from": new.restore_from,
            "params_hash": params_hash(new.experiment, new.params),
        }
        number = self._connection.execute(statement, values).scalar()
        if number is not None:
            add_values(self._connection, [*value_rows(number, ValueSource.PARAMS, dict(new.params))])
            return self.get(new.id)
        first = self.find_by_key(new.experiment, new.idempotency_key) if new.idempotency_key is not None else None
        return self.get(new.id) if first is None else first

    def find(self, run_id: str) -> Run | None:
        """The run of this id, with metrics, artifacts and queue position, or None."""
        return self._one(runs.c.id == run_id)

    def get(self, run_id: str) -> Run:
        """The run of this id.

        Raises:
            RunNotFoundError: there is none.
        """
        found = self.find(run_id)
        if found is None:
            raise RunNotFoundError(run_id)
        return found

    def glance(self, run_id: str) -> Run:
        """The run of this id without its metrics and artifacts, which may be many.

        Raises:
            RunNotFoundError: there is none.
        """
        row = self._connection.execute(_ROW, {"wanted_id": run_id}).first()
        if row is None:
            raise RunNotFoundError(run_id)
        position = self._positions([row]).get(row.number)
        return _run(row, {}, (), position)

    def find_by_number(self, number: int) -> Run | None:
        """The run of this number, or None."""
        return self._one(runs.c.number == number)

    def several(self, ids: Collection[str], numbers: Collection[int] = (), *, whole: bool = True) -> list[Run]:
        """The runs of these ids and of these numbers, in no order; those that there are none of are left out.

        Args:
            ids: whole ones
            numbers: of runs
            whole: with their metrics and artifacts, which may be many
        """
        found: dict[int, Row[Any]] = {}
        for wanted in (runs.c.id.in_(ids), runs.c.number.in_(numbers)):  # each by its own index
            found |= {row.number: row for row in self._connection.execute(select(runs).where(wanted))}
        rows = list(found.values())
        return self._complete(rows) if whole else [_run(row, {}, (), None) for row in rows]

    def find_by_key(self, experiment: str, idempotency_key: str) -> Run | None:
        """The run that was started with this idempotency key, or None."""
        return self._one(and_(runs.c.experiment == experiment, runs.c.idempotency_key == idempotency_key))

    def ids_starting(self, prefix: str, limit: int = 2) -> list[str]:
        """At most `limit` ids that start with `prefix`, in order."""
        statement = (
            select(runs.c.id)
            .where(runs.c.id >= prefix, runs.c.id < prefix + "\U0010ffff")
            .order_by(runs.c.id)
            .limit(limit)
        )
        return list(self._connection.execute(statement).scalars())

    def page(
        self,
        *,
        state: RunState | None = None,
        experiment: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Run]:
        """Runs, newest first; those in the bin left out.

        Args:
            state: only those in this state
            experiment: only those of this experiment
            before: only those with a smaller number: the last number of the page before
            limit: at most so many
        """
        conditions = _conditions(state, experiment)
        if before is not None:
            conditions.append(runs.c.number < before)
        statement = select(runs).where(*conditions).order_by(runs.c.number.desc()).limit(limit)
        return self._complete(self._connection.execute(statement).all())

    def of_numbers(self, numbers: Sequence[int]) -> list[Run]:
        """The runs of these numbers, in this order; those that are there."""
        rows = self._connection.execute(select(runs).where(runs.c.number.in_(numbers))).all() if numbers else []
        found = {run.number: run for run in self._complete(rows)}
        return [found[number] for number in numbers if number in found]

    def count(self, state: RunState | None = None, experiment: str | None = None) -> int:
        """How many runs there are, of one state or experiment if given."""
        statement = select(func.count()).select_from(runs).where(*_conditions(state, experiment))
        return int(self._connection.execute(statement).scalar_one())

    def counts(self) -> dict[RunState, int]:
        """How many runs are in each state; every state is there."""
        statement = select(runs.c.state, func.count()).where(runs.c.deleted == 0).group_by(runs.c.state)
        found = {RunState(state): int(count) for state, count in self._connection.execute(statement)}
        return {state: found.get(state, 0) for state in RunState}

    def latest_per_experiment(self) -> dict[str, Run]:
        """The newest run of each experiment that has one, by the experiment's name.

        Hops from one experiment to the next in the index: the cost follows the experiments, not the runs.
        """
        kept = runs.c.deleted == 0
        hop = select(func.min(runs.c.experiment).label("name")).where(kept).cte("hop", recursive=True)
        following = select(func.min(runs.c.experiment)).where(kept, runs.c.experiment > hop.c.name).scalar_subquery()
        hop = hop.union_all(select(following).select_from(hop).where(hop.c.name.is_not(None)))
        newest = select(func.max(runs.c.number)).where(kept, runs.c.experiment == hop.c.name).scalar_subquery()
        numbers = (
            self._connection.execute(select(newest).select_from(hop).where(hop.c.name.is_not(None))).scalars().all()
        )
        if not numbers:
            return {}
        rows = self._connection.execute(select(runs).where(runs.c.number.in_(numbers))).all()
        return {run.experiment: run for run in self._complete(rows)}

    def state(self, run_id: str) -> RunState:
        """Only the state: the cheapest question about a run.

        Raises:
            RunNotFoundError: there is no such run.
        """
        found = self._connection.execute(_STATE, {"wanted_id": run_id}).scalar()
        if found is None:
            raise RunNotFoundError(run_id)
        return RunState(found)

    def seq(self, run_id: str) -> int:
        """The number of a run's latest event that is stored; 0 where there is no such run."""
        return int(self._connection.execute(_SEQ, {"wanted_id": run_id}).scalar() or 0)

    def _one(self, condition: ColumnElement[bool]) -> Run | None:
        row = self._connection.execute(select(runs).where(condition)).first()
        return None if row is None else self._complete([row])[0]

    def _complete(self, rows: Sequence[Row[Any]]) -> list[Run]:
        numbers = [row.number for row in rows]
        started = [row.number for row in rows if row.attempt]  # the others have left nothing yet
        metrics = MetricChunks(self._connection).summaries(started)
        artifacts = ArtifactRows(self._connection).of_several(started)
        positions = self._positions(rows)
        return [
            _run(row, metrics.get(number, {}), artifacts.get(number, ()), positions.get(number))
            for number, row in zip(numbers, rows, strict=True)
        ]

    def _positions(self, rows: Iterable[Row[Any]]) -> dict[int, int]:
        """Places in the queue by number; those held until a moment have none."""
        keys = [(row.rank, row.number) for row in rows if row.state == RunState.QUEUED.value and not row.held]
        places = QueueRows(self._connection).places(keys) if keys else {}
        return {number: place for (_, number), place in places.items()}


def _conditions(state: RunState | None, experiment: str | None) -> list[ColumnElement[bool]]:
    # Without a state or an experiment, runs are read in order of their number, which no index on `deleted` gives.
    by_index = state is not None or experiment is not None
    conditions: list[ColumnElement[bool]] = [(runs.c.deleted if by_index else runs.c.deleted + 0) == 0]
    if state is not None:
        conditions.append(runs.c.state == state.value)
    if experiment is not None:
        conditions.append(runs.c.experiment == experiment)
    return conditions


def _run(
    row: Row[Any], metrics: Mapping[str, MetricSummary], artifacts: tuple[Artifact, ...], position: int | None
) -> Run:
    return Run(
        id=row.id,
        number=row.number,
        experiment=row.experiment,
        state=RunState(row.state),
        params=row.params,
        given=tuple(row.given),
        output=row.output,
        error=None if row.error is None else RunError(**row.error),
        progress=None if row.progress is None else Progress.from_json(row.progress),
        metrics=metrics,
        artifacts=artifacts,
        tags=tuple(row.tags),
        note=row.note,
        attempt=row.attempt,
        begun=row.begun,
        queue_position=position,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        created_by=row.created_by,
        cancel_requested_by=row.cancel_requested_by,
        cancel_requested_at=row.cancel_requested_at,
        rerun_of=row.rerun_of,
        seed=None if row.seed is None else int(row.seed),
        environment_id=row.environment_id,
        seq=row.seq,
        dropped=row.dropped,
        priority=-row.rank,
        not_before=row.not_before,
        resources=row.resources or {},
        retries=row.retries,
        retry_wait=row.retry_wait,
        restore_from=row.restore_from,
        pinned=bool(row.pinned),
        deleted_at=row.deleted_at,
    )
