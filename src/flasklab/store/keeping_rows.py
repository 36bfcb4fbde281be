"""What is kept of runs and for how long: pins, the bin, and what the rows that are left refer to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, delete, func, select, tuple_, type_coerce, update

from flasklab.runs.state import FINAL_STATES, RunState
from flasklab.store.tables import artifacts, environments, metric_chunks, presets, runs
from flasklab.store.value_rows import remove_values

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

_FINAL = tuple(state.value for state in FINAL_STATES)
_MOST_NAMED = 500  # values in one statement; SQLite takes 32,766
UPLOAD_HASH = re.compile(r'"sha256":"([0-9a-f]{64})"')  # in the JSON of a run's parameters
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A run, as whoever removes or counts it needs it."""

    number: int
    id: str
    experiment: str


class KeepingRows:
    """Pins and the bin within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pin(self, run_id: str, *, pinned: bool) -> bool:
        """Keep a run from retention, or no more; False when it was so already, or is gone."""
        wanted = update(runs).where(runs.c.id == run_id, runs.c.pinned == int(not pinned)).values(pinned=int(pinned))
        return self._connection.execute(wanted).rowcount == 1

    def delete(self, run_id: str, at: datetime) -> bool:
        """Put a run that has ended into the bin; False when it has not, lies there already, or is gone."""
        wanted = runs.c.id == run_id, runs.c.state.in_(_FINAL), runs.c.deleted == 0
        changed = update(runs).where(*wanted).values(deleted=1, deleted_at=at)
        return self._connection.execute(changed).rowcount == 1

    def restore(self, run_id: str) -> bool:
        """Take a run out of the bin; False when it is not in it."""
        wanted = update(runs).where(runs.c.id == run_id, runs.c.deleted == 1).values(deleted=0, deleted_at=None)
        return self._connection.execute(wanted).rowcount == 1

    def old(self, before: datetime, *, experiment: str | None = None, limit: int | None = None) -> list[Kept]:
        """Runs that ended before that moment, are not pinned and not in the bin; the oldest first."""
        return self._found(
            (runs.c.deleted == 0, runs.c.pinned == 0, runs.c.state.in_(_FINAL), runs.c.finished_at < before),
            experiment,
            limit,
        )

    def in_bin(
        self, before: datetime | None = None, *, experiment: str | None = None, limit: int | None = None
    ) -> list[Kept]:
        """Runs in the bin, or those that were put there before that moment; without those that a run waits for."""
        # Not by what it is asked: a run that continues another's checkpoint needs it until it has ended.
        needed = select(runs.c.restore_from).where(
            runs.c.deleted == 0,
            runs.c.state.in_((RunState.QUEUED.value, RunState.RUNNING.value)),
            runs.c.restore_from.is_not(None),
        )
        conditions: list[ColumnElement[bool]] = [runs.c.deleted > 0, runs.c.id.not_in(needed)]
        if before is not None:
            conditions.append(runs.c.deleted_at < before)
        return self._found(conditions, experiment, limit)

    def _found(
        self, conditions: Iterable[ColumnElement[bool]], experiment: str | None, limit: int | None
    ) -> list[Kept]:
        asked = select(runs.c.number, runs.c.id, runs.c.experiment).where(*conditions)
        if experiment is not None:
            asked = asked.where(runs.c.experiment == experiment)
        rows = self._connection.execute(asked.order_by(runs.c.number).limit(limit))
        return [Kept(number=row.number, id=row.id, experiment=row.experiment) for row in rows]

    def begin_purge(self, number: int) -> bool:
        """Say that a run in the bin is being removed, so that nobody takes it out; False when somebody has."""
        begun = update(runs).where(runs.c.number == number, runs.c.deleted > 0).values(deleted=2)
        return self._connection.execute(begun).rowcount == 1

    def purge(self, number: int) -> bool:
        """Remove a part of a run whose removal has begun; True once nothing of it is left.

        Parts, because a run may have a hundred thousand chunks of metrics, and others wait to write.
        """
        key = metric_chunks.c.key, metric_chunks.c.level, metric_chunks.c.start
        of_run = metric_chunks.c.run_number == number
        part = self._connection.execute(select(*key).where(of_run).limit(_MOST_NAMED)).all()
        if part:
            named = tuple_(*key).in_([tuple(row) for row in part])
            self._connection.execute(delete(metric_chunks).where(of_run, named))
        if len(part) == _MOST_NAMED:
            return False
        remove_values(self._connection, number)
        self._connection.execute(delete(runs).where(runs.c.number == number, runs.c.deleted == 2))
        return True

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        """Those of these ids that are runs', in the bin or not."""
        return {
            run_id
            for part in _parts(ids)
            for run_id in self._connection.execute(select(runs.c.id).where(runs.c.id.in_(part))).scalars()
        }

    def artifact_references(self, hashes: Sequence[str], without: Container[int] = ()) -> set[str]:
        """Those of these contents that are artifacts, of other runs than `without`."""
        found: set[str] = set()
        for part in _parts(hashes):
            asked = select(artifacts.c.sha256, artifacts.c.run_number).where(artifacts.c.sha256.in_(part))
            found.update(row.sha256 for row in self._connection.execute(asked) if row.run_number not in without)
        return found

    def source_references(self) -> set[str]:
        """The contents of all sources that runs were made with or experiments have now."""
        data = self._connection.execute(select(type_coerce(environments.c.data, Text))).scalars()
        return {sha256 for text in data for sha256 in _HASH.findall(text)}

    def upload_references(self, without: Container[int] = ()) -> set[str]:
        """The contents that presets, and parameters of other runs than `without`, name."""
        params = type_coerce(runs.c.params, Text).label("text")
        asked = select(runs.c.number, params).where(params.contains('"sha256":"', autoescape=True))
        found = self._connection.execution_options(yield_per=1000).execute(asked)
        ours = {sha256 for row in found if row.number not in without for sha256 in UPLOAD_HASH.findall(row.text)}
        kept = self._connection.execute(select(type_coerce(presets.c.params, Text))).scalars()
        return ours | {sha256 for text in kept for sha256 in UPLOAD_HASH.findall(text)}

    def metric_bytes(self, numbers: Sequence[int]) -> int:
        """Bytes of the metrics of these runs."""
        held = 0
        for part in _parts(numbers):
            asked = select(func.sum(_DATA_BYTES)).where(metric_chunks.c.run_number.in_(part))
            held += int(self._connection.execute(asked).scalar() or 0)
        return held

    def ids_by_experiment(self) -> dict[str, str]:
        """The experiment of every run, by the run's id."""
        return {row.id: row.experiment for row in self._connection.execute(select(runs.c.id, runs.c.experiment))}

    def counts_by_experiment(self) -> dict[str, int]:
        """Runs of each experiment, those in the bin included."""
        asked = select(runs.c.experiment, func.count()).group_by(runs.c.experiment)
        return {name: int(count) for name, count in self._connection.execute(asked)}

    def metric_bytes_by_experiment(self) -> dict[str, int]:
        """Bytes of the metrics of each experiment's runs."""
        held = func.sum(_DATA_BYTES)
        asked = select(runs.c.experiment, held).join(metric_chunks, metric_chunks.c.run_number == runs.c.number)
        found = self._connection.execute(asked.group_by(runs.c.experiment))
        return {name: int(total or 0) for name, total in found}

    def file_bytes_by_experiment(self) -> dict[str, int]:
        """Bytes of the artifacts of each experiment's runs, equal contents of one experiment counted once."""
        own = (
            select(runs.c.experiment, artifacts.c.sha256, artifacts.c.size)
            .join(artifacts, artifacts.c.run_number == runs.c.number)
            .distinct()
            .subquery()
        )
        asked = select(own.c.experiment, func.sum(own.c.size)).group_by(own.c.experiment)
        return {name: int(total or 0) for name, total in self._connection.execute(asked)}


_DATA_BYTES: ColumnElement[Any] = func.length(metric_chunks.c.data)


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + _MOST_NAMED] for start in range(0, len(values), _MOST_NAMED))
