"""Following a run: what is new since a cursor, for live pages.

The cursor is text: the number of the last event seen, the log's offset, and what changes without an event of
the run's own (its place in the queue, a cancel that was asked for, what people write about it). Equal cursors mean
that nothing is new. It is meant for this room only; readers hand it back as they got it.

Many may follow one run: what they ask within a moment is seldom asked of the store twice.
"""

from __future__ import annotations

import re
import threading
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.runs.downsampling import reduced
from flasklab.runs.state import RunState
from flasklab.runs.system_metrics import is_system
from flasklab.runs.times import now
from flasklab.services.metric_read import series_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from flasklab.runs.log import LogSlice
    from flasklab.runs.metrics import Series
    from flasklab.runs.run import MetricSummary, Run
    from flasklab.services.waiting import Waiting
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit

LOG_LINES = 500  # at most so many in one answer
LOG_BYTES = 256 * 1024
LIVE_POINTS = 2000  # per metric in one answer, when the caller does not say
FIRST_METRICS = 6  # whose numbers stand above a run's page, whatever else is asked for
_CURSOR = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})(?:\.[a-z0-9]*)?")
_FRESH_SECONDS = 10.0  # a run is watched closely in the first seconds after its start
_QUICK_MS, _USUAL_MS, _IDLE_MS, _FINAL_MS = 500, 800, 2500, 5000
_SAME_SECONDS = 0.05  # for so long a look at a run serves everyone who asks
_MOST_LOOKS = 512
_KEPT_SECONDS = 1.0  # for so long an answer serves all who ask the same, while nothing is new
_MOST_ANSWERS = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Live:
    """A run and what is new about it; the same object for all who ask the same within a moment."""

    cursor: str  # ask with it next time
    run: Run  # without metrics and artifacts
    waiting: str  # why it waits; "" unless it is queued
    artifacts: int  # how many it has
    event: int  # grows with whatever happens to it: a state, a step of its end, a checkpoint
    keys: tuple[str, ...]  # metrics whose first point is new
    metrics: Mapping[str, MetricSummary]  # of those asked for and of the first few, if anything is new
    points: Mapping[str, Series]  # new points by metric; metrics without any are left out
    log: LogSlice  # new text; where its start is later than the cursor's offset, a part was passed over
    poll_ms: int  # milliseconds after which asking again is worth it


@dataclass(frozen=True, slots=True)
class _Asked:
    """What makes two questions the same."""

    run_id: str
    cursor: str | None
    points: int
    keys: tuple[str, ...] | None


class RunFollow:
    """Tells what is new about a run.

    Args:
        store: where runs are kept
        waiting: tells why runs wait
        clock: monotonic seconds
    """

    def __init__(self, store: Store, waiting: Waiting, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._waiting = waiting
        self._clock = clock
        self._lock = threading.Lock()
        self._looks: dict[str, tuple[float, str, str]] = {}  # when, why it waits, its cursor
        self._answers: dict[_Asked, tuple[float, str, Live]] = {}  # by question: when, the cursor it leads to

    def __call__(
        self,
        run_id: str,
        cursor: str | None = None,
        points: int | None = None,
        keys: Collection[str] | None = None,
    ) -> Live:
        """What is new about a run since `cursor`.

        Args:
            run_id: which run
            cursor: `Live.cursor` of the answer before; from the start without one, or when it cannot be read
            points: at most so many points per metric; `LIVE_POINTS` when not given
            keys: only the points of these metrics; of all when not given

        Raises:
            RunNotFoundError: there is no such run.
        """
        asked = _Asked(run_id, cursor, points or LIVE_POINTS, None if keys is None else tuple(keys))
        why, following = self._look(run_id)
        known = self._answers.get(asked)
        if known is not None and known[1] == following:
            return known[2]
        live = self._answer(asked, why)
        with self._lock:
            old = self._clock() - _KEPT_SECONDS
            for one in [one for one, (at, *_) in self._answers.items() if at < old]:
                del self._answers[one]
            if len(self._answers) < _MOST_ANSWERS:
                self._answers[asked] = (self._clock(), following, live)
        return live

    def head(self, run_id: str) -> str:
        """The cursor of whoever knows everything about a run; cheap.

        Raises:
            RunNotFoundError: there is no such run.
        """
        return self._look(run_id)[1]

    def _look(self, run_id: str) -> tuple[str, str]:
        """Why the run waits now, and the cursor of whoever knows everything."""
        found = self._looks.get(run_id)
        at = self._clock()
        if found is not None and 0 <= at - found[0] < _SAME_SECONDS:
            return found[1], found[2]
        with self._store.read() as unit:
            run = unit.runs.glance(run_id)
        why = self._waiting([run]).get(run_id, "")
        logs = self._store.logs
        cursor = f"{run.seq}.{logs.size(run_id)}.{_view(run, why)}{logs.mark(run_id)}"
        with self._lock:
            if len(self._looks) >= _MOST_LOOKS:
                self._looks.clear()
            self._looks[run_id] = (at, why, cursor)
        return why, cursor

    def _answer(self, asked: _Asked, why: str) -> Live:
        after_seq, offset = _read(asked.cursor)
        new: Mapping[str, Series] = {}
        keys: list[str] = []
        metrics: Mapping[str, MetricSummary] = {}
        with self._store.read() as unit:
            run = unit.runs.glance(asked.run_id)
            if after_seq is not None and after_seq > run.seq:
                after_seq, offset = None, None  # of another lab, or of a database restored since
            artifacts = unit.artifacts.count(run.number)
            event = unit.events.latest(run.number)
            if after_seq != run.seq:
                since = after_seq or 0
                if asked.keys != ():
                    new = _new(unit, run.number, since, asked)
                keys = unit.points.new_keys(run.number, since)
                metrics = unit.metrics.some_summaries(run.number, new, FIRST_METRICS)
        log = self._log(run.id, offset)
        why = why if run.state is RunState.QUEUED else ""
        following = f"{run.seq}.{log.end}.{_view(run, why)}{log.mark}"
        return Live(
            cursor=following,
            run=run,
            waiting=why,
            artifacts=artifacts,
            event=event,
            keys=tuple(keys),
            metrics=metrics,
            points=new,
            log=log,
            poll_ms=_poll_ms(run, idle=following == asked.cursor),
        )

    def _log(self, run_id: str, offset: int | None) -> LogSlice:
        logs = self._store.logs
        if offset is not None and 0 <= logs.size(run_id) - offset <= LOG_BYTES:
            found = logs.read(run_id, offset, LOG_BYTES)
            if sum(piece.text.count("\n") for piece in found.pieces) <= LOG_LINES:
                return found
        # At the beginning, or when more came than anyone can read: the end is what counts.
        return logs.tail(run_id, lines=LOG_LINES, limit=LOG_BYTES)


def _new(unit: Unit, number: int, since: int, asked: _Asked) -> dict[str, Series]:
    """The points after event `since`; from the beginning on, long series are never read whole."""
    if since:
        found = unit.points.new_points(number, since, asked.keys)
        return {key: reduced(series, asked.points) for key, series in found.items()}
    known = [key for key in unit.metrics.keys(number) if asked.keys is not None or not is_system(key)]
    wanted = known if asked.keys is None else [key for key in known if key in asked.keys]
    return {key: series_of(unit, number, key, asked.points) for key in wanted}


def _read(cursor: str | None) -> tuple[int | None, int | None]:
    match = _CURSOR.fullmatch(cursor or "")
    return (int(match[1]), int(match[2])) if match else (None, None)


def _view(run: Run, why: str) -> str:
    words = f"w{zlib.crc32(repr((run.tags, run.note)).encode()):x}" if run.tags or run.note else ""
    if run.state is RunState.QUEUED:
        return f"q{run.queue_position or 0}x{zlib.crc32(why.encode()):x}{words}"
    if run.cancel_requested_at is not None and not run.state.is_final:
        return f"c{words}"
    return words


def _poll_ms(run: Run, *, idle: bool) -> int:
    if run.state.is_final:
        return _FINAL_MS
    age = (now() - (run.started_at or run.created_at)).total_seconds()
    if 0 <= age < _FRESH_SECONDS or run.cancel_requested_at is not None:
        return _QUICK_MS
    return _IDLE_MS if idle and run.state is not RunState.QUEUED else _USUAL_MS
