"""A run's log over REST: by bytes, by lines, by what is looked for, and as text."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Any, cast

from flask import Response, request
from werkzeug.wsgi import FileWrapper

from flasklab.http.answers import json_answer
from flasklab.http.arguments import asked_choice, asked_whole
from flasklab.http.headers import INERT_POLICY
from flasklab.http.lab import current_lab

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flasklab.runs.log import LeftOut, LogLines, LogMatches, LogSlice
    from flasklab.runs.run import Run
    from flasklab.store.logs import LogStore

_LOG_BYTES = 256 * 1024  # of one JSON answer
_LINES = 500  # in one, unless asked for otherwise
_MOST_LINES = 5000
_MATCHES = 1000
_LAST = 2**62
_PIECE = 256 * 1024  # bytes sent at once of a text
_STREAMS = ("", "out", "err", "lab")
_UNSAFE_NAME = re.compile(r"[^\w.-]+")


def logs(run_id: str) -> Response:
    """GET runs/{id}/logs: a part of the log as JSON, or all of it as text."""
    services = current_lab().services
    found = services.read.get(run_id)
    store = services.store.logs
    if _wants_text():
        return _text(store, found)
    if "q" in request.args or asked_whole("errors", 0, 1):
        return json_answer(matches_json(_found(store, found.id)))
    if "line" in request.args or "before" in request.args:
        return json_answer(
            lines_json(_lines(store, found.id)) | {"unfinished": pieces_json(store.unfinished(found.id))}
        )
    start = asked_whole("start", -_LAST, _LAST) or 0
    return json_answer(log_json(store.read(found.id, start, asked_whole("limit", 1, _LOG_BYTES) or _LOG_BYTES)))


def log_json(part: LogSlice) -> dict[str, Any]:
    """A part of the log, by bytes."""
    return {
        "start": part.start,
        "end": part.end,
        "size": part.size,
        "first_line": part.first_line,
        "lines": part.lines,
        "left_out": _left_out(part.left_out),
        "styles": dict(part.styles),
        "pieces": pieces_json(part.pieces),
        "unfinished": pieces_json(part.unfinished),
    }


def lines_json(part: LogLines) -> dict[str, Any]:
    """Lines of the log."""
    return {
        "rows": [row._asdict() for row in part.rows],
        "previous": part.previous,
        "next": part.next,
        "size": part.size,
        "lines": part.lines,
        "gap": part.gap,
        "left_out": _left_out(part.left_out),
        "styles": dict(part.styles),
    }


def matches_json(found: LogMatches) -> dict[str, Any]:
    """Where something was found."""
    return {"matches": [one._asdict() for one in found.matches], "next": found.next, "size": found.size}


def pieces_json(pieces: Iterable[Any]) -> list[dict[str, Any]]:
    """Texts of the log with their stream and time."""
    return [{"stream": stream, "time": time, "text": text} for stream, time, text in pieces]


def _left_out(missing: LeftOut | None) -> dict[str, Any] | None:
    return None if missing is None else {"bytes": missing.bytes, "lines": missing.lines, "text": missing.text}


def _lines(store: LogStore, run_id: str) -> LogLines:
    most = asked_whole("lines", 1, _MOST_LINES) or _LINES
    stream = asked_choice("stream", _STREAMS)
    before = asked_whole("before", 1, _LAST)
    if before is not None:
        return store.lines_before(run_id, before, most, stream)
    return store.lines(run_id, asked_whole("line", 1, _LAST) or 1, most, stream)


def _found(store: LogStore, run_id: str) -> LogMatches:
    start = asked_whole("start", 0, _LAST) or 0
    most = asked_whole("limit", 1, _MATCHES) or _MATCHES
    if asked_whole("errors", 0, 1):
        return store.errors(run_id, start=start, most=most)
    exact = asked_whole("case", 0, 1) == 1
    return store.search(run_id, request.args["q"], start=start, exact=exact, most=most)


def _wants_text() -> bool:
    if "format" in request.args:
        return request.args["format"] == "text"
    accepted = request.accept_mimetypes
    named = {name.lower() for name, quality in accepted if quality > 0}
    return "text/plain" in named and "application/json" not in named


def _text(store: LogStore, run: Run) -> Response:
    """The log as a file: conditional and by range, unless it is cleaned on its way."""
    line = asked_whole("line", 1, _LAST)
    lines = None if line is None else asked_whole("lines", 1, _LAST) or 1
    plain = asked_choice("ansi", ("keep", "strip")) == "strip"
    copy = store.copy(run.id, line or 1, lines)
    if plain:
        answer = Response(copy.plain(), mimetype="text/plain")
    else:
        answer = Response(FileWrapper(cast("IO[bytes]", copy), _PIECE), mimetype="text/plain", direct_passthrough=True)
        answer.content_length = copy.size
        answer.set_etag(copy.etag)
        answer.make_conditional(request.environ, accept_ranges=True, complete_length=copy.size)
    part = "" if line is None else f"-line-{line}"
    name = _UNSAFE_NAME.sub("_", f"{run.experiment}-{run.number}{part}")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.log.txt"'
    answer.headers["Content-Security-Policy"] = INERT_POLICY
    return answer
