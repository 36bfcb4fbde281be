"""Bringing in runs from elsewhere: each once, under its own id, whole or not at all.

Contents and logs are stored first, then the rows, some runs in one short transaction: whatever is killed when, a run is
there with all it needs or not at all, and the same import goes on where it was. Between two transactions it waits as
long as the last one took, because the supervisor writes too.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from flasklab.errors import ImportFailedError
from flasklab.recording.names import saved_name
from flasklab.runs.arriving import Arriving, Passed
from flasklab.runs.artifacts import Artifact
from flasklab.runs.history import RunEvent
from flasklab.runs.metrics import Points
from flasklab.runs.times import now
from flasklab.store import file_sweep
from flasklab.store.sweep_lock import keeping_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from flasklab.config import Settings
    from flasklab.runs.arriving import ArrivingFile, Piece
    from flasklab.runs.run import Run
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit

IMPORTED = "imported"
"""The kind of the event, and the tag, that tell an imported run from one of this lab's own."""
_RUNS = 50  # of one transaction
_POINTS = 50_000  # of one transaction
_LONGEST_WAIT = 1.0  # seconds between two transactions
_INT64 = 2**63
_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class Imported:
    """What an import has done."""

    added: int = 0
    there: int = 0  # runs that the lab had already
    passed: list[Passed] = field(default_factory=list)  # runs that cannot be brought in


@dataclass(slots=True, kw_only=True)
class _Ready:
    """A run whose contents and log are stored, with the points that were read so far."""

    run: Run
    arriving: Arriving
    files: list[Artifact]
    pieces: list[Piece]


class RunImport:
    """Brings runs in.

    Args:
        store: where runs are kept
        settings: for the results folder and the log's limit
        wait: sleeps
    """

    def __init__(self, store: Store, settings: Settings, wait: Callable[[float], None] = time.sleep) -> None:
        self._store = store
        self._settings = settings
        self._wait = wait
        self._pending: list[_Ready] = []
        self._points = 0  # of those

    def __call__(self, source: Iterable[Arriving | Passed], by: str = "") -> Imported:
        """Bring in every run of a source that has ended and is not here yet.

        Args:
            source: the runs, oldest first
            by: who imports them

        Raises:
            ImportFailedError: the source cannot be read any further; what was brought in before stays.
            StoreError: the lab cannot be written; likewise.
        """
        done = Imported()
        self._pending, self._points = [], 0
        with keeping_files(self._settings.results):
            for one in source:
                self._bring(one, by, done)
            self._flush(done, by)
        return done

    def _bring(self, one: Arriving | Passed, by: str, done: Imported) -> None:
        if isinstance(one, Arriving) and not one.run.state.is_final:
            one = Passed(name=one.run.id, why=f"it has not ended: it is {one.run.state.value}")
        if isinstance(one, Passed):
            done.passed.append(one)
            return
        if self._is_there(one.run.id):
            done.there += 1
            return
        try:
            self._take(one, by, done)
        except _UnreadableError as error:
            done.passed.append(Passed(name=one.run.id, why=f"it cannot be read ({error})"))

    def _take(self, one: Arriving, by: str, done: Imported) -> None:
        ready = _Ready(run=_marked(one.run), arriving=one, files=self._files(one), pieces=[])
        self._log(one)
        pieces = map(_checked, _read(one.points))
        count = 0
        for piece in pieces:
            ready.pieces.append(piece)
            count += len(piece.steps)
            if count > _POINTS:
                self._flush(done, by)
                self._add_long(ready, pieces, by)
                done.added += 1
                return
        if len(self._pending) == _RUNS or self._points + count > _POINTS:
            self._flush(done, by)
        self._pending.append(ready)
        self._points += count

    def _is_there(self, run_id: str) -> bool:
        """Whether the lab has the run; what a killed import left of it is removed."""
        if any(ready.run.id == run_id for ready in self._pending):
            return True
        with self._store.read() as unit:
            known = unit.imports.known([run_id])
        number = known.get(run_id)
        while number is not None:
            with self._store.write() as unit:
                if unit.keeping.purge(number):
                    return False
        if run_id in known:
            return True
        file_sweep.remove(file_sweep.traces(self._settings.results, run_id))
        return False

    def _files(self, one: Arriving) -> list[Artifact]:
        stored = [self._file(file) for file in one.files]
        for sha256, opened in one.contents.items():
            if not self._store.files.keep(sha256):
                with opened() as stream:
                    _same(self._store.files.add_stream(stream).sha256, sha256)
        return stored

    def _file(self, file: ArrivingFile) -> Artifact:
        try:
            name = saved_name(file.name)
        except ValueError as error:
            raise ImportFailedError(f"A file cannot be named {file.name[:100]!r}: {error}.") from error
        sha256, size = file.sha256, file.size
        if file.open is not None and not (sha256 and self._store.files.keep(sha256)):
            with file.open() as stream:
                stored = self._store.files.add_stream(stream)
            if sha256:
                _same(stored.sha256, sha256)
            sha256, size = stored.sha256, stored.size
        elif file.open is not None:
            size = self._store.files.path(sha256).stat().st_size
        return Artifact(
            name=name,
            media_type=file.media_type,
            size=size,
            sha256=sha256,
            shown=file.shown,
            step=file.step,
            order=file.order,
            seq=file.seq,
            meta=file.meta,
        )

    def _log(self, one: Arriving) -> None:
        pieces = _read(one.log)
        first = next(pieces, None)
        if first is None:
            return
        writer = self._store.logs.writer(one.run.id, self._settings.max_log)
        try:
            for stream, at, text in chain((first,), pieces):
                if stream == "lab":
                    writer.say(text, at)
                else:
                    writer.append(stream, text.encode("utf-8", "replace"), at)
        finally:
            writer.close()
        for path in file_sweep.traces(self._settings.results, one.run.id):
            _flush(path)  # the row, which follows, will say that it is there

    def _flush(self, done: Imported, by: str) -> None:
        """Add what is pending in one transaction."""
        if not self._pending:
            return
        begun = time.monotonic()
        with self._store.write() as unit:
            for ready in self._pending:
                number = self._add(unit, ready, by)
                _append(unit, number, ready.run, ready.pieces)
                unit.metrics.finish(number)
        done.added += len(self._pending)
        self._pending, self._points = [], 0
        self._wait(min(time.monotonic() - begun, _LONGEST_WAIT))

    def _add(self, unit: Unit, ready: _Ready, by: str, *, hidden: bool = False) -> int:
        one, at = ready.arriving, now()
        if one.environment is not None:
            ready.run = replace(ready.run, environment_id=unit.environments.add(one.environment))
        told = RunEvent(seq=ready.run.seq, kind=IMPORTED, at=at, data={**one.origin, "by": by})
        return unit.imports.add(
            ready.run,
            attempts_of=one.attempts,
            events=(*one.events, told),
            files=ready.files,
            hidden_at=at if hidden else None,
        )

    def _add_long(self, ready: _Ready, further: Iterator[Piece], by: str) -> None:
        """Add a run with many points in many transactions; nobody sees it before the last one."""
        with self._store.write() as unit:
            number = self._add(unit, ready, by, hidden=True)
            _append(unit, number, ready.run, ready.pieces)
        for piece in further:
            begun = time.monotonic()
            with self._store.write() as unit:
                _append(unit, number, ready.run, [piece])
            self._wait(min(time.monotonic() - begun, _LONGEST_WAIT))
        with self._store.write() as unit:
            unit.metrics.finish(number)
            unit.imports.reveal(number)


class _UnreadableError(Exception):
    """The source of a run gives something else than it should."""


def _read(source: Callable[[], Iterable[_T]]) -> Iterator[_T]:
    """What a run's source gives; only the run is lost where it gives nonsense.

    Raises:
        _UnreadableError: it does.
    """
    try:
        yield from source()
    except (ValueError, TypeError, OverflowError) as error:
        raise _UnreadableError(str(error)[:200]) from error


def _checked(piece: Piece) -> Piece:
    """The piece, whose numbers can be stored."""
    if not all(-_INT64 <= step < _INT64 for step in piece.steps):
        raise _UnreadableError(f"{piece.key[:100]} has a step that is too large")
    if not all(map(math.isfinite, piece.times)):
        raise _UnreadableError(f"{piece.key[:100]} has a point at no moment")
    return piece


def _marked(run: Run) -> Run:
    return replace(run, tags=tuple(dict.fromkeys((*run.tags, IMPORTED))), seq=run.seq + 1)


def _append(unit: Unit, number: int, run: Run, pieces: Iterable[Piece]) -> None:
    for piece in pieces:
        seqs = [run.seq] * len(piece.steps)
        points = Points(steps=piece.steps, values=piece.values, times=piece.times, seqs=seqs)
        unit.metrics.append(number, {piece.key: points})


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _same(found: str, wanted: str) -> None:
    if found != wanted:
        raise ImportFailedError(f"A content is not what its SHA-256 {wanted[:12]} says. Use another copy of the file.")
