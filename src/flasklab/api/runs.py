"""Runs over REST: reading, following, controlling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request, url_for

from flasklab.http.answers import json_answer
from flasklab.http.arguments import asked_whole
from flasklab.http.asking import who_asks
from flasklab.http.lab import current_lab
from flasklab.http.lists import asked_page, page_json, whole_list
from flasklab.http.run_json import artifacts_json, run_json
from flasklab.http.starts import CATALOG_WAIT_SECONDS, answer_start, start_run
from flasklab.http.submitted import read_submitted
from flasklab.http.waiting import asked_wait
from flasklab.runs.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LOG_BYTES = 256 * 1024  # of one JSON answer
_PIECE = 64 * 1024  # bytes read at once of a log sent as text


def runs() -> Response:
    """GET runs: newest first, page by page."""
    asked = asked_page()
    page = current_lab().services.read.page(**asked.filters, before=asked.before, limit=asked.limit)
    return page_json(page, url_for(".runs"))


def run(run_id: str) -> Response:
    """GET runs/{id}: one run; with `?wait=`, when it has ended."""
    read = current_lab().services.read
    wait = asked_wait()
    return json_answer(run_json(read.get(run_id) if wait is None else read.wait(run_id, wait)))


def logs(run_id: str) -> Response:
    """GET runs/{id}/logs: a range of the log as JSON, or all of it as text."""
    services = current_lab().services
    found = services.read.get(run_id)
    if _wants_text():
        return _text_log(services.store.logs.path(found.id))
    start = asked_whole("start", -(2**62), 2**62) or 0
    limit = asked_whole("limit", 1, _LOG_BYTES) or _LOG_BYTES
    part = services.store.logs.read(found.id, start, limit)
    return json_answer({"start": part.start, "end": part.end, "size": part.size, "pieces": pieces_json(part.pieces)})


def artifacts(run_id: str) -> Response:
    """GET runs/{id}/artifacts: its files."""
    return whole_list("artifacts", artifacts_json(current_lab().services.read.get(run_id)))


def events(run_id: str) -> Response:
    """GET runs/{id}/events: what happened to it, in order."""
    found = current_lab().services.read.events(run_id)
    return whole_list(
        "events",
        [{"seq": event.seq, "kind": event.kind, "data": event.data, "at": rfc3339(event.at)} for event in found],
    )


def cancel(run_id: str) -> Response:
    """POST runs/{id}/cancel: asks it to stop; 200 when it has, 202 when it is about to."""
    found = current_lab().services.cancel(run_id, who_asks())
    return json_answer(run_json(found), status=200 if found.state.is_final else 202)


def rerun(run_id: str) -> Response:
    """POST runs/{id}/rerun: the same again, with what is sent changed."""
    services = current_lab().services
    source = services.read.get(run_id)
    description = services.experiments.get(source.experiment, CATALOG_WAIT_SECONDS)
    changes = read_submitted(description.parameters).values
    return answer_start(start_run(description, {**source.params, **changes}, rerun_of=source.id))


def pieces_json(pieces: Iterable[Any]) -> list[dict[str, Any]]:
    """Lines of the log with their stream and time."""
    return [{"stream": stream, "time": time, "text": text} for stream, time, text in pieces]


def _wants_text() -> bool:
    if "format" in request.args:
        return request.args["format"] == "text"
    accepted = request.accept_mimetypes
    named = {name.lower() for name, quality in accepted if quality > 0}
    return "text/plain" in named and "application/json" not in named


def _text_log(path: Path) -> Response:
    def sent() -> Iterator[bytes]:
        if path.exists():
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece

    return Response(sent(), mimetype="text/plain")
