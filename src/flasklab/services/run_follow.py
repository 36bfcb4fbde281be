"""Following a run: what is new since a cursor, for live pages.

The cursor is text: the number of the last event seen, the log's offset, and what changes without an event of
the run's own (its place in the queue, a cancel that was asked for). Equal cursors mean that nothing is new. It
is meant for this room only; readers hand it back as they got it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services.downsampling import reduced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.runs.log import LogSlice
    from flasklab.runs.metrics import Series
    from flasklab.runs.run import Run
    from flasklab.store.store import Store

LOG_LINES = 500  # at most so many in one answer
LOG_BYTES = 256 * 1024
LIVE_POINTS = 2000  # per metric in one answer, when the caller does not say
_CURSOR = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})(?:\.[a-z0-9]*)?")
_FRESH_SECONDS = 10.0  # a run is watched closely in the first seconds after its start
_QUICK_MS, _USUAL_MS, _IDLE_MS, _FINAL_MS = 500, 1000, 2500, 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A run and what is new about it."""

    cursor: str  # ask with it next time
    run: Run
    points: Mapping[str, Series]  # new points by metric; metrics without any are left out
    log: LogSlice  # new text; where its start is later than the cursor's offset, a part was passed over
    poll_ms: int  # milliseconds after which asking again is worth it


class RunFollow:
    """Tells what is new about a run.

    Args:
        store: where runs are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, run_id: str, cursor: str | None = None, points: int | None = None) -> Live:
        """What is new about a run since `cursor`.

        Args:
            run_id: which run
            cursor: `Live.cursor` of the answer before; from the start without one, or when it cannot be read
            points: at most so many points per metric; `LIVE_POINTS` when not given

        Raises:
            RunNotFoundError: there is no such run.
        """
        after_seq, offset = _read(cursor)
        with self._store.read() as unit:
            run = unit.runs.get(run_id)
            if after_seq is not None and after_seq > run.seq:
                after_seq, offset = None, None  # of another lab, or of a database restored since
            new = unit.metrics.new_points(run.number, after_seq or 0) if after_seq != run.seq else {}
        log = self._log(run_id, offset)
        following = f"{run.seq}.{log.end}.{_view(run)}"
        return Live(
            cursor=following,
            run=run,
            points={key: reduced(series, points or LIVE_POINTS) for key, series in new.items()},
            log=log,
            poll_ms=_poll_ms(run, idle=following == cursor),
        )

    def _log(self, run_id: str, offset: int | None) -> LogSlice:
        logs = self._store.logs
        if offset is not None and 0 <= logs.size(run_id) - offset <= LOG_BYTES:
            found = logs.read(run_id, offset, LOG_BYTES)
            if sum(piece.text.count("\n") for piece in found.pieces) <= LOG_LINES:
                return found
        # At the beginning, or when more came than anyone can read: the end is what counts.
        return logs.tail(run_id, lines=LOG_LINES, limit=LOG_BYTES)


def _read(cursor: str | None) -> tuple[int | None, int | None]:
    match = _CURSOR.fullmatch(cursor or "")
    return (int(match[1]), int(match[2])) if match else (None, None)


def _view(run: Run) -> str:
    if run.queue_position is not None:
        return f"q{run.queue_position}"
    if run.cancel_requested_at is not None and not run.state.is_final:
        return "c"
    return ""


def _poll_ms(run: Run, *, idle: bool) -> int:
    if run.state.is_final:
        return _FINAL_MS
    age = (now() - (run.started_at or run.created_at)).total_seconds()
    if 0 <= age < _FRESH_SECONDS or run.cancel_requested_at is not None:
        return _QUICK_MS
    return _IDLE_MS if idle and run.state is not RunState.QUEUED else _USUAL_MS
