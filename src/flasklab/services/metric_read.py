"""Reading metrics: whole series, as many points as one asks for, or curves as charts draw them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flasklab.runs.downsampling import reduced
from flasklab.runs.metrics import Curve, Series
from flasklab.runs.system_metrics import is_system

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flasklab.runs.buckets import Buckets
    from flasklab.runs.metrics import Window
    from flasklab.store.metric_reads import Stretch
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Series or curves of one run at one moment."""

    cursor: str  # hand it back to be told only what came after
    series: tuple[Series, ...] = ()
    curves: tuple[Curve, ...] = ()


class MetricRead:
    """Answers questions about metrics.

    Args:
        store: where they are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def series(
        self,
        run_id: str,
        keys: Sequence[str] | None = None,
        points: int | None = None,
        *,
        window: Window | None = None,
        after: int | None = None,
    ) -> Found:
        """A run's series, their columns as lists.

        Args:
            run_id: which run
            keys: only these metrics; those that the run does not have are left out
            points: at most about so many points each, extremes kept; None for all
            window: only the points in it
            after: only the points that came after this event; without `window`

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self._store.read() as unit:
            run = unit.runs.glance(run_id)
            wanted = _wanted(unit, run.number, keys)
            if after is not None:
                new = unit.points.new_points(run.number, after, None if keys is None else wanted)
                found = [reduced(new[key], points) for key in wanted if key in new]
            else:
                found = [series_of(unit, run.number, key, points, window) for key in wanted]
        return Found(cursor=str(run.seq), series=tuple(found))

    def curves(
        self, run_id: str, keys: Iterable[str] | None, points: int, *, window: Window | None = None, over: str = "steps"
    ) -> Found:
        """A run's metrics as charts draw them: their points where at most `points` are in the window, else buckets.

        Args:
            run_id: which run
            keys: only these metrics; those that the run does not have are left out
            points: of a curve, at most
            window: the part of the x axis that is shown; all of it without one
            over: what the x axis counts, "steps" or "times"

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self._store.read() as unit:
            run = unit.runs.glance(run_id)
            wanted = _wanted(unit, run.number, keys)
            curves = [
                curve_of(key, unit.points.stretch(run.number, key, points, window, ends=True), points, window, over)
                for key in wanted
            ]
        return Found(cursor=str(run.seq), curves=tuple(curves))

    def system_keys(self, run_id: str) -> list[str]:
        """Names of a run's system metrics.

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self._store.read() as unit:
            return unit.metrics.system_keys(unit.runs.glance(run_id).number)

    def pieces(self, run_id: str, keys: Iterable[str] | None = None) -> Iterator[Series]:
        """All points of a run's metrics, some at a time, for those who cannot hold all of them.

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self._store.read() as unit:
            run = unit.runs.glance(run_id)
            wanted = _wanted(unit, run.number, keys)
        return self._pieces(run.number, wanted)

    def _pieces(self, number: int, keys: Sequence[str]) -> Iterator[Series]:
        for key in keys:
            position = 0
            while True:
                with self._store.read() as unit:  # a short one each: whoever takes the pieces may be slow
                    piece = unit.points.piece(number, key, position)
                if piece is None:
                    break
                yield piece
                position += len(piece.steps)


def _wanted(unit: Unit, number: int, keys: Iterable[str] | None) -> list[str]:
    known = unit.metrics.keys(number)
    if keys is None:
        return [key for key in known if not is_system(key)]
    there = set(known)
    return [key for key in dict.fromkeys(keys) if key in there]


def series_of(unit: Unit, number: int, key: str, points: int | None, window: Window | None = None) -> Series:
    """A metric's points in a window, at most about `points` of them, extremes kept."""
    if points is None or unit.metrics.count(number, key) <= points:
        return _within(unit.points.series(number, key), window)
    stretch = unit.points.stretch(number, key, points, window, ends=True)
    from flasklab.runs import buckets  # NumPy, for long series only

    parts = [part if isinstance(part, buckets.Raw) else buckets.extreme_points(part) for part in stretch.parts]
    joined = Series(
        key=key,
        steps=[step for part in parts for step in part.steps.tolist()],
        values=[value for part in parts for value in part.values.tolist()],
        times=[time for part in parts for time in part.times.tolist()],
        count=stretch.count,
    )
    return reduced(_within(joined, window), points)


def _within(series: Series, window: Window | None) -> Series:
    if window is None:
        return series
    x = series.steps if window.over == "steps" else series.times
    kept = [at for at, where in enumerate(x) if window.low <= where <= window.high]
    return replace(
        series,
        steps=[series.steps[at] for at in kept],
        values=[series.values[at] for at in kept],
        times=[series.times[at] for at in kept],
    )


def curve_of(key: str, stretch: Stretch, points: int, window: Window | None, over: str) -> Curve:
    """A stretch of a metric as a chart draws it: its points where at most `points` are in the window, else buckets."""
    first, last = (
        (float(stretch.low_step), float(stretch.high_step))
        if over == "steps"
        else (stretch.low_time, stretch.high_time)
    )
    import numpy as np  # the process that draws curves has it

    from flasklab.runs import buckets

    rows = buckets.joined(buckets.single(part) if isinstance(part, buckets.Raw) else part for part in stretch.parts)
    rows = _seen(rows, window)
    whole = all(isinstance(part, buckets.Raw) for part in stretch.parts)
    curve = Curve(
        key=key,
        count=stretch.count,
        first=first if stretch.count else math.nan,
        last=last if stretch.count else math.nan,
        steps=rows.steps,
        times=rows.times,
        values=rows.means,
    )
    if not len(rows) or (whole and len(rows) <= points + 2):  # one beyond either edge of the window
        return curve
    x = rows.steps.astype(float) if over == "steps" else rows.times
    starts = _starts(x, points - 1, window)
    if starts[-1] != len(rows) - 1:  # the last point of all is what people look at: it stands alone
        starts = np.append(starts, len(rows) - 1)
    drawn = buckets.coarser(rows, starts)
    return replace(curve, steps=drawn.steps, times=drawn.times, values=drawn.means, low=drawn.low, high=drawn.high)


def _seen(rows: Buckets, window: Window | None) -> Buckets:
    """The rows in the window and, so that lines reach its edges, one before and one after them."""
    if window is None or not len(rows):
        return rows
    import numpy as np

    x = rows.steps if window.over == "steps" else rows.times
    inside = (x >= window.low) & (x <= window.high)
    if np.all(x[1:] >= x[:-1]):
        first = int(np.searchsorted(x, window.low, "left"))
        last = int(np.searchsorted(x, window.high, "right"))
        return rows[max(0, first - 1) : last + 1]
    return rows[inside]


def _starts(x: Any, points: int, window: Window | None) -> Any:
    """Where the buckets of a chart begin: of equal width within the window, what lies beyond its edges apart."""
    import numpy as np

    from flasklab.runs import buckets

    if window is None:
        return buckets.starts_on_axis(x, points)
    before = int(x[0] < window.low)
    after = int(len(x) > before and x[-1] > window.high)
    inside = x[before : len(x) - after]
    inner = buckets.starts_on_axis(inside, points) + before if len(inside) else np.empty(0, np.int64)
    return np.concatenate([np.arange(before), inner, np.arange(len(x) - after, len(x))]).astype(np.int64)
