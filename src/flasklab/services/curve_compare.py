"""Curves of several runs in one chart: read by a few questions, however many runs there are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flasklab.services.metric_read import Found, curve_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flasklab.runs.metrics import Window
    from flasklab.runs.run import Run
    from flasklab.store.store import Store

MOST_CURVES = 100  # of one answer
_MOST_POINTS = 15_000  # of all curves together: fifty of them are looked at as a whole, not one by one


class CurveCompare:
    """Answers questions about metrics of several runs.

    Args:
        store: where they are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(
        self, wanted: Sequence[tuple[str, str]], points: int, *, window: Window | None = None, over: str = "steps"
    ) -> Found:
        """Curves as charts draw them, each named by its run's id and its metric: "tdxk3nekth6a val/loss".

        Args:
            wanted: ids of runs, each with a metric; unknown runs are left out, unknown metrics have no points
            points: of a curve, at most; fewer where there are many curves
            window: the part of the x axis that is shown; all of it without one
            over: what the x axis and the window count: "steps", "times", or "relative", seconds since a run began
        """
        points = max(2, min(points, _MOST_POINTS // max(1, len(wanted))))
        axis = "steps" if over == "steps" else "times"
        with self._store.read() as unit:
            runs = {run.id: run for run in unit.runs.several({run_id for run_id, _ in wanted}, whole=False)}
            windows = {run.number: _own(window, run, over) for run in runs.values()} if window else {}
            known = [(run_id, key) for run_id, key in wanted if run_id in runs]
            found = unit.points.stretches({(runs[run_id].number, key) for run_id, key in known}, points, windows)
        curves = []
        for run_id, key in known:
            number = runs[run_id].number
            name = f"{run_id} {key}"
            curves.append(curve_of(name, found[number, key], points, windows.get(number), axis))
        return Found(cursor="", curves=tuple(curves))


def start_of(run: Run) -> float:
    """Unix seconds from which a run's relative time counts."""
    return (run.started_at or run.created_at).timestamp()


def _own(window: Window, run: Run, over: str) -> Window:
    """The window in the run's own units."""
    if over != "relative":
        return window
    start = start_of(run)
    return replace(window, low=window.low + start, high=window.high + start, over="times")
