"""What an attempt has said since the last commit, and how that goes into the store.

It is kept until the transaction that holds it has committed, so a database that is busy or full delays it and loses
nothing.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import datetime  # noqa: TC003 - of a dataclass's field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab.errors import FlasklabError
from flasklab.execution.told import (
    Begin,
    Checkpointed,
    Cooperates,
    Dropped,
    Noted,
    Outcome,
    ProgressMade,
    Restored,
    Seed,
    Staged,
    Tagged,
    read_event,
)
from flasklab.recording.frames import NO_STEP, Metrics
from flasklab.runs.annotations import note_with, tags_with
from flasklab.runs.artifacts import Artifact, StoredFile
from flasklab.runs.checkpoints import CHECKPOINT, KEPT
from flasklab.runs.metrics import Points
from flasklab.runs.run import Progress
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.store.hot_writes import Change

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from flasklab.store.files import FileStore
    from flasklab.store.unit import Unit

log = logging.getLogger("flasklab.supervisor")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftFile:
    """A file found in the run's folder at its end, by now in the store."""

    name: str  # relative to the folder
    file: StoredFile
    media_type: str

    def as_artifact(self, seq: int) -> Artifact:
        """As a file of its run, brought by event `seq`."""
        size, sha256 = self.file.size, self.file.sha256
        return Artifact(name=self.name, media_type=self.media_type, size=size, sha256=sha256, seq=seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What was found in a run's folder at its end."""

    files: list[LeftFile]
    missed: int = 0  # files that could not be kept


def beside_shown(left: Sequence[LeftFile], known: Mapping[str, Artifact]) -> Iterator[LeftFile]:
    """The left files, none of which takes the place of something shown.

    One that has a shown thing's name gets another; it is left out where the run has its content already, as after
    `run.save`, which then chose another name too.

    Args:
        left: found in the run's folder
        known: the run's artifacts by name
    """
    contents = {artifact.sha256 for artifact in known.values()}
    taken = {*known, *(one.name for one in left)}
    for one in left:
        namesake = known.get(one.name)
        if namesake is None or namesake.shown is None:
            yield one
        elif one.file.sha256 not in contents:
            yield replace(one, name=_free_name(one.name, taken))


def _free_name(name: str, taken: Container[str]) -> str:
    folder, slash, file = name.rpartition("/")
    stem, dot, ending = file.partition(".")
    names = (f"{folder}{slash}{stem} {number}{dot}{ending}" for number in count(2))
    return next(other for other in names if other not in taken)


@dataclass(slots=True)
class _Column:
    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)


def _numbered(steps: list[int], count: int) -> list[int]:
    """Steps, with the number of points before it for each that was not given."""
    if NO_STEP not in steps:
        return steps
    return [count + at if step == NO_STEP else step for at, step in enumerate(steps)]


@dataclass(slots=True, kw_only=True)
class Recorded:
    """Everything of one attempt that still has to be written."""

    id: str
    number: int
    attempt: int
    seq: int  # number of the latest event
    files: FileStore
    pid: int | None = None
    written_seq: int = 0  # number of the latest event that is stored
    begun_at: datetime | None = None  # set once the function's own code began
    checkpoints: dict[str, int] = field(default_factory=dict)  # of earlier attempts: numbers of their events by name
    grace_seconds: float | None = None  # for its code to end by itself; None unless it looks whether it should
    outcome: dict[str, Any] | None = None
    saved: dict[str, tuple[int, float]] = field(default_factory=dict)  # artifact -> size, Unix seconds when it came
    _known: dict[str, Artifact] = field(default_factory=dict)  # every artifact of this attempt, by name
    _begin_written: bool = False
    _columns: dict[str, _Column] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)  # points per key written, to number those without a step
    _artifacts: list[Artifact] = field(default_factory=list)
    _changes: dict[str, Any] = field(default_factory=dict)  # columns of the run's row
    _tags: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)  # number of the event, tags that it sets
    _lines: list[tuple[int, str]] = field(default_factory=list)  # number of the event, line that the note gets
    _events: list[tuple[int, str, dict[str, Any], datetime]] = field(default_factory=list)
    _kept_to: tuple[int, int] | None = None  # the last event of earlier attempts that counts, and the one that said so
    _dropped: int = 0
    since: float | None = None  # monotonic time of the oldest thing not yet written
    _written_at: float = field(default_factory=time.monotonic)  # monotonic time of the last commit, or of the start

    @property
    def has_begun(self) -> bool:
        """Whether the experiment's code began."""
        return self.begun_at is not None

    @property
    def waits(self) -> bool:
        """Whether anything waits to be written."""
        return self.since is not None

    def due(self, pause: float) -> float | None:
        """The monotonic time to write what waits: at once, but not within `pause` seconds of the last commit."""
        return None if self.since is None else max(self.since, self._written_at + pause)

    def begin(self) -> None:
        """The experiment's code begins, or has begun without being heard."""
        if self.begun_at is None:
            self.begun_at = now()
            self.since = self.since or time.monotonic()

    def take(self, frame: Metrics | dict[str, Any]) -> None:
        """Take in one frame of the child."""
        if self.since is None:
            self.since = time.monotonic()
        if isinstance(frame, Metrics):
            self._begin_anew()
            self._take_points(frame)
        else:
            self.seq += 1
            self._take_event(frame)

    def take_system(self, at: float, step: int, values: Mapping[str, float]) -> None:
        """Take in a sample of what its processes use, as metrics.

        Args:
            at: Unix seconds
            step: whole seconds since the attempt began
            values: by names of system metrics
        """
        if self.since is None:
            self.since = time.monotonic()
        self._take_points(Metrics(tuple(values), (at,), (step,), tuple((value,) for value in values.values())))

    def _take_points(self, frame: Metrics) -> None:
        first, self.seq = self.seq + 1, self.seq + len(frame.steps)
        if len(set(frame.keys)) < len(frame.keys) and len(frame.steps) > 1:  # names that are one once they are cut
            self.seq = first - 1
            for time_, step, *row in zip(frame.times, frame.steps, *frame.columns, strict=True):
                self._take_points(Metrics(frame.keys, (time_,), (step,), tuple((value,) for value in row)))
            return
        seqs = range(first, self.seq + 1)
        for key, values in zip(frame.keys, frame.columns, strict=True):
            column = self._columns.setdefault(key, _Column())
            column.steps += frame.steps
            column.values += values
            column.times += frame.times
            column.seqs += seqs

    def _take_event(self, event: dict[str, Any]) -> None:
        try:
            told = read_event(event)
        except msgspec.ValidationError as error:
            log.warning("run %d said something that is no event: %s", self.number, error)
            self._dropped += 1
            return
        match told:
            case Begin():
                self.begin()
            case Seed():
                self._changes["seed"] = told.seed
            case ProgressMade():
                self._changes["progress"] = Progress.from_json(
                    msgspec.structs.asdict(told) | {"inner": map(msgspec.structs.asdict, told.inner)}
                )
            case Tagged():
                self._tags.append((self.seq, told.tags))
            case Noted():
                self._lines.append((self.seq, told.text))
            case Staged():
                self._take_artifact(told)
            case Dropped():
                self._dropped += told.count
            case Cooperates():
                self.grace_seconds = told.grace_seconds
            case Checkpointed() | Restored():
                self._take_checkpoint(told)
            case Outcome():
                self._begin_anew()
                self.outcome = event

    def _take_checkpoint(self, told: Checkpointed | Restored) -> None:
        if isinstance(told, Checkpointed):
            self._begin_anew()
            data = {"name": told.name, "size": told.size, "attempt": self.attempt}
            self._events.append((self.seq, CHECKPOINT, data, now()))
        else:
            self._continue_from(told)

    def _continue_from(self, told: Restored) -> None:
        """Keep what an earlier attempt recorded up to the checkpoint that this one goes on from."""
        data = {"name": told.name, "of": told.of, "attempt": self.attempt}
        self._events.append((self.seq, "restored", data, now()))
        if self.checkpoints and not told.of:
            # One that nobody heard of was written after all that is stored.
            self._kept_to = (self.checkpoints.get(told.name, self.seq), self.seq)
            self.checkpoints = {}

    def _begin_anew(self) -> None:
        """Something is recorded: had this attempt gone on from a checkpoint, it would have said so before."""
        if self.checkpoints:
            self.checkpoints = {}
            self.seq += 1
            self._kept_to = (0, self.seq)

    def add_event(self, kind: str, data: dict[str, Any]) -> None:
        """Add an event of the lab's own."""
        self.seq += 1
        self._events.append((self.seq, kind, data, now()))
        self.since = self.since or time.monotonic()

    def _take_artifact(self, told: Staged) -> None:
        try:
            self.files.adopt(Path(told.path), told.sha256, told.size)
        except (OSError, ValueError, FlasklabError) as error:  # ValueError: a NUL in the path
            log.warning("a file of run %d could not be kept: %s", self.number, error)
            self._dropped += 1
            return
        self.add_artifact(
            Artifact(
                name=told.name,
                media_type=told.media_type,
                size=told.size,
                sha256=told.sha256,
                shown=told.shown,
                step=told.step,
                order=told.order,
                seq=self.seq,
                meta=told.meta,
            )
        )

    def add_dropped(self, count: int) -> None:
        """Count things that could not be kept, or not even be read."""
        if count:
            self._dropped += count
            self.since = self.since or time.monotonic()

    def add_artifact(self, artifact: Artifact) -> None:
        """Add a file whose content is in the store already."""
        self._artifacts.append(artifact)
        self._known[artifact.name] = artifact
        self.saved[artifact.name] = (artifact.size, time.time())
        if self.since is None:
            self.since = time.monotonic()

    def add_left(self, left: Left) -> None:
        """Add the files found in the run's folder at its end."""
        self.add_dropped(left.missed)
        for one in beside_shown(left.files, dict(self._known)):
            self.seq += 1
            self.add_artifact(one.as_artifact(self.seq))

    def write(self, unit: Unit) -> Change:
        """Write all that waits but the run's own row; the change of that row, with which all of it stands or falls."""
        started_at = None if self._begin_written else self.begun_at
        if started_at is not None:
            unit.hot.begin_attempt(self.number, self.attempt, started_at, self.pid)
            unit.hot.event(self.number, self.seq, RunState.RUNNING, {"attempt": self.attempt}, started_at)
        if self._events or self._kept_to is not None:
            self._write_events(unit)
        if self._columns:
            unit.metrics.append(
                self.number,
                {
                    key: Points(
                        steps=_numbered(column.steps, self._counts.get(key, 0)),
                        values=column.values,
                        times=column.times,
                        seqs=column.seqs,
                    )
                    for key, column in self._columns.items()
                },
            )
        for artifact in self._artifacts:
            unit.artifacts.add(self.number, artifact)
        return Change(
            id=self.id,
            number=self.number,
            attempt=self.attempt,
            seq=self.seq,
            started_at=started_at,
            dropped=self._dropped or None,
            **self._changes,
            **(self._words(unit) if self._tags or self._lines else {}),
        )

    def _words(self, unit: Unit) -> dict[str, Any]:
        """The run's tags and note with what it has said on top of what is there: people change them meanwhile."""
        present = next(iter(unit.annotations.hold([self.id])), None)
        if present is None:
            return {}  # the row's change finds out
        # After a commit whose answer was lost, what it held is there already.
        tags = [name for seq, names in self._tags if seq > present.seq for name in names]
        note = present.note
        for seq, text in self._lines:
            note = note_with(note, text) if seq > present.seq else note
        unwanted = unit.annotations.unwanted(self.number) if tags else ()
        return {"tags": tags_with(present.tags, tags, unwanted), "note": note}

    def _write_events(self, unit: Unit) -> None:
        stored = unit.runs.seq(self.id)  # after a commit whose answer was lost, they are there already
        if self._kept_to is not None and stored < self._kept_to[1]:
            unit.artifacts.cut(self.number, self._kept_to[0])
            self._counts = unit.cut(self.number, self._kept_to[0])
        fresh = [one for one in self._events if one[0] > stored]
        passed = [one for one in fresh if one[1] == CHECKPOINT][:-KEPT]
        fresh = [one for one in fresh if one not in passed]
        if added := sum(kind == CHECKPOINT for _, kind, _, _ in fresh):
            unit.events.keep_last(self.number, CHECKPOINT, KEPT - added)
        for seq, kind, data, at in fresh:
            unit.hot.event(self.number, seq, kind, data, at)

    @property
    def has_points(self) -> bool:
        """Whether it logged anything."""
        return bool(self._counts or self._columns)

    @property
    def is_plain(self) -> bool:
        """Whether it has neither points nor files, so that its run's row says all of it."""
        return not self.has_points and not self._known

    def written(self) -> None:
        """The transaction has committed: forget what it held."""
        self._begin_written = self.has_begun
        self.written_seq = self.seq
        self._count_columns()
        self._columns.clear()
        self._events.clear()
        self._kept_to = None
        self._artifacts.clear()
        self._changes.clear()
        self._tags.clear()
        self._lines.clear()
        self.since = None
        self._written_at = time.monotonic()

    def _count_columns(self) -> None:
        for key, column in self._columns.items():
            self._counts[key] = self._counts.get(key, 0) + len(column.steps)

    def forget(self) -> bool:
        """Leave out and count what waits to be written; False when nothing does."""
        count = sum(len(column.steps) for column in self._columns.values()) + len(self._artifacts) + len(self._changes)
        count += len(self._events) + len(self._tags) + len(self._lines)
        self._events.clear()
        self._count_columns()
        self._columns.clear()
        self._artifacts.clear()
        self._changes.clear()
        self._tags.clear()
        self._lines.clear()
        self.add_dropped(count)
        return count > 0
