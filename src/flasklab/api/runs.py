"""Runs over REST: reading, following, controlling."""

from __future__ import annotations

from flask import Response, url_for

from flasklab.http.answers import json_answer
from flasklab.http.asking import who_asks
from flasklab.http.changes import sent_changes, wish_of
from flasklab.http.exports import answer_export, asked_format
from flasklab.http.lab import current_lab
from flasklab.http.lists import asked_page, found_page, page_json, whole_list
from flasklab.http.run_json import artifacts_json, attempt_json, run_json
from flasklab.http.starts import CATALOG_WAIT_SECONDS, answer_start, asked_checkpoint
from flasklab.http.submitted import read_submitted
from flasklab.http.waiting import asked_wait
from flasklab.runs.times import rfc3339


def runs() -> Response:
    """GET runs: those that a search means, in an order, page by page; with `?format=`, all of them as a file."""
    asked, form = asked_page(), asked_format()
    if form is not None:
        return answer_export(asked, form)
    return page_json(found_page(asked), url_for(".runs"))


def run(run_id: str) -> Response:
    """GET runs/{id}: one run; with `?wait=`, when it has ended."""
    services = current_lab().services
    wait = asked_wait()
    return json_answer(run_json(services.read.get(run_id) if wait is None else services.wait(run_id, wait)))


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


def attempts(run_id: str) -> Response:
    """GET runs/{id}/attempts: each time it was taken up, and how that ended."""
    return whole_list("attempts", [attempt_json(one) for one in current_lab().services.read.attempts(run_id)])


def cancel(run_id: str) -> Response:
    """POST runs/{id}/cancel: asks it to stop; 200 when it has, 202 when it is about to."""
    found = current_lab().services.cancel(run_id, who_asks())
    return json_answer(run_json(found), status=200 if found.state.is_final else 202)


def change(run_id: str) -> Response:
    """PATCH runs/{id}: pins it, changes its tags and its note."""
    changes = sent_changes()
    services = current_lab().services
    services.annotate([run_id], wish_of(changes), who_asks())
    if "pinned" in changes:
        services.keep.pin(run_id, pinned=changes["pinned"])
    return json_answer(run_json(services.read.get(run_id)))


def delete(run_id: str) -> Response:
    """DELETE runs/{id}: puts it into the bin."""
    return json_answer(run_json(current_lab().services.keep.delete(run_id)))


def restore(run_id: str) -> Response:
    """POST runs/{id}/restore: takes it out of the bin."""
    return json_answer(run_json(current_lab().services.keep.restore(run_id)))


def rerun(run_id: str) -> Response:
    """POST runs/{id}/rerun: the same again, with what is sent changed; `?restore=1`: on from its last checkpoint."""
    services = current_lab().services
    source = services.read.get(run_id)
    description = services.experiments.get(source.experiment, CATALOG_WAIT_SECONDS)
    changes = read_submitted(description.parameters).values
    values = {**source.params, **changes}
    return answer_start(description, values, rerun_of=source.id, restore_from=asked_checkpoint(source))
