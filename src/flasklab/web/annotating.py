"""What people write about a run: its tags and its note."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Response, redirect, request, url_for

from flasklab.errors import FlasklabError, InvalidParametersError, WrongStateError
from flasklab.http import doors
from flasklab.http.answers import json_answer
from flasklab.http.asking import who_asks
from flasklab.http.lab import current_lab
from flasklab.http.negotiation import wants_html
from flasklab.http.problems import problem_of
from flasklab.http.run_json import run_json
from flasklab.runs.annotations import Wish, split_tags
from flasklab.web.presenters.note import Typed
from flasklab.web.presenters.run import TABS
from flasklab.web.runs import run_page

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse


def tags(run_id: str) -> AnyResponse:
    """POST /tags/<id>: puts on the tags in `add`, divided by commas, and takes off those in `remove`."""
    added = request.form.getlist("add")
    wish = Wish(add_tags=split_tags(added), remove_tags=tuple(request.form.getlist("remove")))
    return _change(run_id, wish, Typed(tag=", ".join(added)))


def note(run_id: str) -> AnyResponse:
    """POST /note/<id>: makes `note` the note; with `seen`, only in the place of the one that this stands for."""
    text = request.form.get("note", "")
    return _change(run_id, Wish(note=text, note_seen=request.form.get("seen")), Typed(note=text))


def _why(error: FlasklabError) -> str:
    """What was wrong, in a sentence beside the field."""
    if isinstance(error, InvalidParametersError):
        return " ".join(f"It {one.message}." for one in error.errors)
    return str(error)


def _change(run_id: str, wish: Wish, typed: Typed) -> AnyResponse:
    doors.check_token()
    services = current_lab().services
    try:
        [run] = services.annotate([run_id], wish, who_asks())
    except (InvalidParametersError, WrongStateError) as error:
        if not wants_html():
            raise
        again = replace(typed, why=_why(error))
        return Response(run_page(services.read.get(run_id), again), status=problem_of(error).status)
    if not wants_html():
        return json_answer(run_json(run))
    tab = request.form.get("tab")
    return redirect(url_for(".results", run_id=run.id, tab=tab if tab in TABS[1:] else None), code=303)
