"""The page of a comparison, and the curves that it draws."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Response, render_template, request

from flasklab.errors import InvalidParametersError, RunNotFoundError
from flasklab.http.answers import json_answer
from flasklab.http.arguments import asked_choice, asked_real, asked_whole, refused
from flasklab.http.curves import SERIES, encode_curves
from flasklab.http.lab import current_lab
from flasklab.http.negotiation import wants_html
from flasklab.http.problems import problem_of
from flasklab.runs.metrics import Window
from flasklab.services.curve_compare import MOST_CURVES, start_of
from flasklab.services.run_compare import MOST
from flasklab.web import compare_json
from flasklab.web.compare_links import AskedComparison, ComparisonLinks, asked_comparison
from flasklab.web.links import links_of
from flasklab.web.presenters import ComparedPart, compare_parts, present_comparison, present_problem
from flasklab.web.presenters.run_colors import slots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flasklab.runs.run import Run
    from flasklab.services.run_compare import Comparison

_POINTS = 900  # of a curve, when nobody says
_MOST_POINTS = 10_000
_MOST_NAMED = 300  # runs in the field of a refused comparison


def compare() -> Response | str:
    """GET /compare?run=..&run=..: runs side by side."""
    asked = asked_comparison()
    try:
        found = current_lab().services.compare(asked.runs, asked.baseline, asked.directions)
        pair = found.pair(asked.left, asked.right)
    except (InvalidParametersError, RunNotFoundError) as error:
        if not wants_html():
            raise
        return _refused(asked, error)
    if not wants_html():
        return json_answer(_json(found, asked.tab, pair))
    colors = slots(found.runs, _pinned(asked, found.runs))
    page = present_comparison(
        found,
        links=ComparisonLinks(asked=_settled(asked, found), colors=colors, runs=found.runs),
        slots=colors,
        starts={run.id: start_of(run) for run in found.runs},
        tab=asked.tab,
        every=asked.every,
        part=_part(found, asked, pair),
        pair=pair,
        queue=current_lab().services.status(),
    )
    return render_template("flasklab/pages/compare.html", page=page)


def curves() -> Response:
    """GET /compare/curves?key=<run id> <metric>: curves of several runs as bytes for charts."""
    wanted = [(run_id, key) for run_id, _, key in (text.partition(" ") for text in request.args.getlist("key"))]
    if len(wanted) > MOST_CURVES:
        raise refused("key", f"may name at most {MOST_CURVES} curves")
    points = asked_whole("points", 1, _MOST_POINTS) or _POINTS
    low, high = asked_real("from"), asked_real("to")
    infinity = float("inf")
    window = None
    if low is not None or high is not None:
        window = Window(low=-infinity if low is None else low, high=infinity if high is None else high)
    over = asked_choice("over", ("steps", "times", "relative"))
    if window is not None and over == "times":
        window = replace(window, over="times")
    found = current_lab().services.curves(wanted, points, window=window, over=over)
    return Response(encode_curves(found), mimetype=SERIES)


def _refused(asked: AskedComparison, error: Exception) -> Response:
    """What is wrong with what was asked for, and the field to mend it in."""
    page = present_problem(problem_of(error))
    missing = set(getattr(error, "missing", ()))
    html = render_template(
        "flasklab/pages/compare_refused.html",
        page=page,
        runs=" ".join(run for run in asked.runs[:_MOST_NAMED] if run not in missing),
        most=MOST,
    )
    return Response(html, status=page.status)


def _part(found: Comparison, asked: AskedComparison, pair: tuple[Run, Run]) -> ComparedPart | None:
    """What the view shows besides tables of values."""
    diff = current_lab().services.diff
    if asked.tab == "figures":
        return compare_parts.figure_part(
            found.runs, lambda run: links_of(run.id, run.experiment), asked.name, asked.every
        )
    if asked.tab == "tables":
        return compare_parts.table_part(diff.tables(*pair))
    if asked.tab == "logs":
        return compare_parts.log_part(diff.logs(*pair))
    if asked.tab == "code":
        return compare_parts.source_part(diff.sources(*map(found.environment_of, pair)))
    return None


def _json(found: Comparison, tab: str, pair: tuple[Run, Run]) -> dict[str, Any]:
    diff = current_lab().services.diff
    values = compare_json.comparison_json(found)
    if tab == "curves":
        return values | compare_json.curves_json(found)
    if tab == "figures":
        return values | compare_json.figures_json(found.runs)
    if tab == "tables":
        return values | compare_json.tables_json(pair, diff.tables(*pair))
    if tab == "logs":
        return values | compare_json.log_json(pair, diff.logs(*pair))
    if tab == "code":
        return values | compare_json.sources_json(pair, diff.sources(*map(found.environment_of, pair)))
    return values


def _pinned(asked: AskedComparison, runs: Sequence[Run]) -> dict[str, int]:
    """The slots of colours that the address names, by the runs' ids."""
    by_name = {name: run.id for run in runs for name in (f"#{run.number}", str(run.number), run.id)}
    return {by_name[text]: slot for text, slot in zip(asked.runs, asked.colors, strict=False) if text in by_name}


def _settled(asked: AskedComparison, found: Comparison) -> AskedComparison:
    """What was asked for by the runs' ids, each once."""
    return replace(
        asked, runs=tuple(run.id for run in found.runs), baseline=found.baseline.id if found.baseline else ""
    )
