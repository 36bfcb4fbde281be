"""Reducing a long series to what a chart can show, with every extreme kept.

The series is cut into buckets of equal length; of each, the points with the least and the greatest value
stay, in their order ("MinMax" of Jugel et al., VLDB 2014, https://doi.org/10.14778/2732951.2732953). A chart
with one bucket per pixel looks as if it had all points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.runs.metrics import Series

if TYPE_CHECKING:
    from typing import Any

    import numpy as np


def reduced(series: Series, points: int | None) -> Series:
    """The series as lists, with at most `points` points (at least 2); all of them when `points` is None.

    First, last, least and greatest value stay. NaN stays only where a bucket holds nothing else.
    """
    if points is None or len(series.values) <= max(points, 2):
        return Series(
            key=series.key,
            steps=list(series.steps),
            values=list(series.values),
            times=list(series.times),
            count=series.count,
        )
    import numpy as np  # only for long series: it costs a process 15 MB

    steps, values, times = (
        np.asarray(column, dtype=kind)
        for column, kind in (
            (series.steps, np.int64),
            (series.values, np.float64),
            (series.times, np.float64),
        )
    )
    kept = _kept(values, max(points, 2))
    return Series(
        key=series.key,
        steps=steps[kept].tolist(),
        values=values[kept].tolist(),
        times=times[kept].tolist(),
        count=series.count,
    )


def _kept(values: np.ndarray[Any, Any], points: int) -> np.ndarray[Any, Any]:
    """Positions of the points that stay, ascending."""
    import numpy as np

    if points < 4:
        return np.array([0, len(values) - 1])
    buckets = (points - 2) // 2  # two points each, besides the first and the last of all
    edges = np.linspace(1, len(values) - 1, buckets + 1).astype(np.int64)
    starts = edges[:-1]
    inner = values[: edges[-1]]
    hidden = np.isnan(inner)
    positions = [np.array([0, len(values) - 1])]
    for fill, extreme in ((np.inf, np.minimum), (-np.inf, np.maximum)):
        # Where a bucket's extreme first stands: compare each value with its own bucket's.
        shown = np.where(hidden, fill, inner)
        best = np.repeat(extreme.reduceat(shown, starts), np.diff(edges))
        hits = np.flatnonzero(shown[1:] == best) + 1
        _, first = np.unique(np.searchsorted(starts, hits, side="right"), return_index=True)
        positions.append(hits[first])
    return np.unique(np.concatenate(positions))
