"""The front page, the runs table, and the pages of broken modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, render_template, request, url_for

from flasklab.errors import RunNotFoundError
from flasklab.http.answers import json_answer
from flasklab.http.exports import answer_export, asked_format
from flasklab.http.lab import current_lab
from flasklab.http.lists import IN_BIN, asked_page, found_page, page_json
from flasklab.http.negotiation import wants_html
from flasklab.http.problems import Refusal
from flasklab.http.run_json import broken_json, experiment_json, runs_json
from flasklab.http.starts import CATALOG_WAIT_SECONDS
from flasklab.runs.state import RunState
from flasklab.services.run_search import RunPage
from flasklab.web.presenters import RunFilters, present_broken, present_home, present_runs
from flasklab.web.presenters.disk import kept_sentence

if TYPE_CHECKING:
    from flasklab.runs.run import Run

_RECENT = 30


def home() -> Response | str:
    """GET /: experiments, running and recent runs."""
    services = current_lab().services
    catalog = services.experiments.catalog()
    running = services.read.newest(_RECENT, RunState.RUNNING)
    recent = services.read.newest(_RECENT)
    if not wants_html():
        return json_answer(
            {
                "experiments": [experiment_json(found) for found in catalog.experiments],
                "broken": broken_json(catalog.broken),
                "running": runs_json(running),
                "recent": runs_json(recent),
            }
        )
    status = services.status()
    page = present_home(catalog, services.read.latest(), status.counts, running, recent, status)
    return render_template("flasklab/pages/home.html", page=page)


def runs() -> Response | str:
    """GET /runs: the runs table."""
    services = current_lab().services
    form = asked_format()
    html = wants_html() and form is None
    asked = asked_page(forgiving=html)
    if form is not None:
        return answer_export(asked, form)
    found = found_page(asked) if asked.problem is None else RunPage(runs=(), next=None)
    if not html:
        return page_json(found, url_for("flasklab.runs"))
    filters = RunFilters(
        query=asked.text,
        problem=asked.problem.what if asked.problem else "",
        pointer=asked.problem.pointer if asked.problem else "",
        sort=asked.sort,
        state=IN_BIN if asked.query.deleted else asked.state or "",
        experiment=asked.experiment or "",
        columns=tuple(request.args.getlist("column")),
        after=asked.after,
        experiments=tuple(one.name for one in services.experiments.catalog().experiments),
    )
    page = present_runs(
        found,
        filters,
        queue=services.status(),
        gone=_gone(),
        kept=kept_sentence(current_lab().settings),
        waiting=services.waiting(found.runs),
        strangers="" if found.runs else services.search.strangers(asked.query),
    )
    return render_template("flasklab/pages/runs.html", page=page)


def _gone() -> Run | None:
    """The run that was deleted just before, if it is still in the bin."""
    asked = request.args.get("gone")
    if not asked:
        return None
    try:
        run = current_lab().services.read.get(asked)
    except RunNotFoundError:
        return None
    return run if run.deleted_at is not None else None


def broken(module: str) -> Response | str:
    """GET /broken/<module>: why it could not be used; with `?experiment=`, why that one of several could not."""
    services = current_lab().services
    catalog = services.experiments.catalog(CATALOG_WAIT_SECONDS)
    of_module = [one for one in catalog.broken if one.module == module]
    asked = request.args.get("experiment")
    found = next((one for one in of_module if one.experiment == asked), next(iter(of_module), None))
    if found is None:
        raise Refusal(404, f"The module {module[:100]!r} is not broken. It may have been mended just now.")
    if not wants_html():
        return json_answer({**broken_json([found])[0], "traceback": found.traceback})
    page = present_broken(found, queue=services.status())
    return render_template("flasklab/pages/broken.html", page=page)
