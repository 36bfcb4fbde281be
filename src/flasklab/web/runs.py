"""The page of one run, and cancelling it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, current_app, redirect, render_template, request, url_for
from jinja2 import TemplateNotFound

from flasklab.errors import FileMissingError, FlasklabError
from flasklab.http import doors
from flasklab.http.answers import json_answer
from flasklab.http.asking import who_asks
from flasklab.http.copies import Copies, copies_of_run
from flasklab.http.file_answers import file_answer
from flasklab.http.lab import current_lab
from flasklab.http.negotiation import wanted_picture, wants_html
from flasklab.http.run_json import run_json
from flasklab.http.waiting import asked_wait
from flasklab.web.links import links_of
from flasklab.web.presenters import present_run
from flasklab.web.presenters.log import TAIL_BYTES, TAIL_LINES
from flasklab.web.presenters.run import TABS

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from flasklab.experiments.description import Description
    from flasklab.runs.run import Run
    from flasklab.web.presenters.note import Typed

_MOST_NAME = 200  # characters that figures' names are asked to contain
_PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}


def status(run_id: str) -> Response | str:
    """GET /status/<id>: the live page, or state and progress as JSON."""
    return _answer(_read(run_id))


def results(run_id: str) -> Response | str:
    """GET /results/<id>: everything a run produced; with .png or .svg, its first figure."""
    for ending in _PICTURES:
        if run_id.endswith(ending):
            return _first_figure(_read(run_id.removesuffix(ending)), ending)
    run = _read(run_id)
    ending_asked = wanted_picture()
    return _first_figure(run, ending_asked) if ending_asked else _answer(run)


def cancel(run_id: str) -> AnyResponse:
    """POST /cancel/<id>: asks the run to stop; it is canceled when its processes are gone."""
    doors.check_token()
    run = current_lab().services.cancel(run_id, who_asks())
    if wants_html():
        tab = request.form.get("tab")
        return redirect(url_for(".status", run_id=run.id, tab=tab if tab in TABS[1:] else None), code=303)
    return json_answer(run_json(run), status=200 if run.state.is_final else 202)


def _read(run_id: str) -> Run:
    read = current_lab().services.read
    wait = asked_wait()
    return read.get(run_id) if wait is None else current_lab().services.wait(run_id, wait)


def _answer(run: Run) -> Response | str:
    return run_page(run) if wants_html() else json_answer(run_json(run))


def run_page(run: Run, typed: Typed | None = None) -> str:
    """The page of a run; `typed` is what somebody wrote about it that could not be taken."""
    services = current_lab().services
    try:
        description: Description | None = services.experiments.get(run.experiment)
    except FlasklabError:
        description = None
    events, latest = services.read.history(run.id)
    page = present_run(
        run,
        description,
        environment=services.read.environment(run),
        log=services.store.logs.tail(run.id, lines=TAIL_LINES, limit=TAIL_BYTES),
        attempts=services.read.attempts(run.id),
        events=events,
        event=latest,
        checkpoint=services.checkpoints.find(run),
        copies=copies_of_run(description, run) if description else Copies(curl="", python="", command=""),
        queue=services.status(),
        system_keys=services.metrics.system_keys(run.id),
        links=links_of(run.id, run.experiment),
        tab=request.args.get("tab") or request.form.get("tab", "overview"),
        waiting=services.waiting([run]).get(run.id, ""),
        figures_named=request.args.get("name", "").strip()[:_MOST_NAME],
        all_figures="all" in request.args,
        typed=typed,
    )
    return render_template(
        "flasklab/pages/run.html",
        page=page,
        run=run,
        output=run.output,
        artifacts=run.artifacts,
        own_results=_own_results(run.experiment),
    )


def _own_results(experiment: str) -> str | None:
    """The app's own view of this experiment's results, if it has one."""
    name = f"results/{experiment}.html"
    try:
        current_app.jinja_env.get_template(name)
    except TemplateNotFound as error:
        if error.name != name:
            raise
        return None
    return name


def _first_figure(run: Run, ending: str) -> Response:
    wanted = _PICTURES[ending]
    shown = sorted(
        (one for one in run.artifacts if one.media_type == wanted),
        key=lambda one: (one.shown is None, one.order),
    )
    if not shown:
        raise FileMissingError(f"Run {run.id} has no figure as {wanted}. It has: {_names(run)}.")
    artifact, path = current_lab().services.files.find(run.id, shown[0].name)
    return file_answer(artifact, path, inline=True)


def _names(run: Run) -> str:
    return ", ".join(one.name for one in run.artifacts[:20]) or "no files"
