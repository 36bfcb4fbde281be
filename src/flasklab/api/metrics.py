"""A run's metrics over REST: series, curves for charts, and what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from flask import Response, request, stream_with_context

from flasklab.api.logs import log_json
from flasklab.http.answers import json_answer
from flasklab.http.arguments import asked_choice, asked_real, asked_whole, refused
from flasklab.http.curves import SERIES, encode_curves
from flasklab.http.lab import current_lab
from flasklab.http.run_json import live_run_json, series_json, summary_json
from flasklab.runs.json import encode
from flasklab.runs.metrics import Window
from flasklab.services.metric_csv import metrics_csv

if TYPE_CHECKING:
    from flasklab.runs.metrics import Over
    from flasklab.services.run_follow import Live

_CURVE_POINTS = 1_000  # of a curve, when nobody says
_MOST_CURVE_POINTS = 10_000
_MOST_POINTS = 1_000_000
_bodies: WeakKeyDictionary[Live, bytes] = WeakKeyDictionary()  # answers to many who follow one run, made once


def metrics(run_id: str) -> Response:
    """GET runs/{id}/metrics: series, whole or reduced to about `?points=`, as JSON, CSV or bytes for charts."""
    read = current_lab().services.metrics
    keys = request.args.getlist("key") or (read.system_keys(run_id) if asked_whole("system", 0, 1) else None)
    points = asked_whole("points", 1, _MOST_POINTS)
    form = _form()
    if form == "csv":
        answer = Response(stream_with_context(metrics_csv(read.pieces(run_id, keys))), mimetype="text/csv")
        answer.headers["Content-Disposition"] = "attachment"  # named by the link that leads here
        return answer
    over = cast("Over", asked_choice("over", ("steps", "times")))
    window, after = _window(over), asked_whole("after", 0, 2**62)
    if window is not None and after is not None:
        raise refused("after", "does not go together with from and to")
    if form == "binary":
        pixels = min(points or _CURVE_POINTS, _MOST_CURVE_POINTS)
        found = read.curves(run_id, keys, pixels, window=window, over=over)
        return Response(encode_curves(found), mimetype=SERIES)
    found = read.series(run_id, keys, points, window=window, after=after)
    return json_answer(
        {"metrics": {series.key: series_json(series) for series in found.series}, "cursor": found.cursor}
    )


def live(run_id: str) -> Response:
    """GET runs/{id}/live: what is new after `?cursor=`; 304 when the reader has seen it."""
    follow = current_lab().services.follow
    if request.if_none_match:
        head = follow.head(run_id)
        if request.if_none_match.contains(head):
            return Response(status=304, headers={"ETag": f'"{head}"', "Cache-Control": "private, no-cache"})
    keys = request.args.getlist("key")
    news = follow(
        run_id,
        request.args.get("cursor"),
        asked_whole("points", 1, _MOST_POINTS),
        [key for key in keys if key] if keys else None,
    )
    body = _bodies.get(news)
    if body is None:
        body = _bodies[news] = encode(_live_json(news))
    headers = {"ETag": f'"{news.cursor}"', "Cache-Control": "private, no-cache"}
    return Response(body, mimetype="application/json", headers=headers)


def _live_json(news: Live) -> dict[str, Any]:
    return {
        "cursor": news.cursor,
        "poll_ms": news.poll_ms,
        "run": live_run_json(news.run, news.waiting),
        "artifacts": news.artifacts,
        "event": news.event,
        "keys": list(news.keys),
        "metrics": {key: summary_json(summary) for key, summary in news.metrics.items()},
        "points": {key: series_json(series) for key, series in news.points.items()},
        "log": log_json(news.log),
    }


def _form() -> str:
    if "format" in request.args:
        return asked_choice("format", ("json", "binary", "csv"))
    return "binary" if SERIES in {name.lower() for name, _ in request.accept_mimetypes} else "json"


def _window(over: Over) -> Window | None:
    low, high = asked_real("from"), asked_real("to")
    if low is None and high is None:
        return None
    if low is not None and high is not None and low > high:
        raise refused("to", "must not be less than from")
    infinity = float("inf")
    return Window(low=-infinity if low is None else low, high=infinity if high is None else high, over=over)
