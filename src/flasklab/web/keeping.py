"""Keeping runs or not: pin, delete, restore, and the page of what takes room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, redirect, render_template, request, url_for

from flasklab.http import doors
from flasklab.http.answers import json_answer
from flasklab.http.arguments import refused
from flasklab.http.lab import current_lab
from flasklab.http.negotiation import wants_html
from flasklab.http.run_json import run_json
from flasklab.services.disk_use import disk_values
from flasklab.web.presenters.disk import present_disk

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from flasklab.runs.run import Run


def delete(run_id: str) -> AnyResponse:
    """POST /delete/<id>: puts a run that has ended into the bin."""
    doors.check_token()
    run = current_lab().services.keep.delete(run_id)
    return _answer(run, url_for(".runs", gone=run.id))


def restore(run_id: str) -> AnyResponse:
    """POST /restore/<id>: takes a run out of the bin."""
    doors.check_token()
    run = current_lab().services.keep.restore(run_id)
    return _answer(run, url_for(".results", run_id=run.id))


def pin(run_id: str) -> AnyResponse:
    """POST /pin/<id>: keeps a run, however old it becomes; with the field `pinned=0`, no more."""
    doors.check_token()
    wanted = request.form.get("pinned", "1")
    if wanted not in ("0", "1"):
        raise refused("pinned", "must be 1 or 0")
    run = current_lab().services.keep.pin(run_id, pinned=wanted == "1")
    return _answer(run, url_for(".results", run_id=run.id))


def _answer(run: Run, page: str) -> AnyResponse:
    return redirect(page, code=303) if wants_html() else json_answer(run_json(run))


def disk() -> Response | str:
    """GET /disk: how much room each experiment takes."""
    services = current_lab().services
    use = services.disk()
    if not wants_html():
        return json_answer(disk_values(use))
    page = present_disk(use, current_lab().settings, queue=services.status())
    return render_template("flasklab/pages/disk.html", page=page)
