"""Many runs at once: one thing is done to those that were chosen, and a page says what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, redirect, render_template, request, url_for

from flasklab.http import doors
from flasklab.http.acts import acted_json, acted_status, asked_act
from flasklab.http.answers import json_answer
from flasklab.http.asking import who_asks
from flasklab.http.lab import current_lab
from flasklab.http.negotiation import wants_html
from flasklab.web.presenters.acted import present_acted

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse


def act() -> AnyResponse:
    """POST /runs/act: does `action` to each `run`; 207 where it could not be done to all of them.

    From the runs table, `compare` and `export` lead to these runs side by side, or as a file.
    """
    doors.check_token()
    if wants_html() and (shown := _shown(request.form.get("action"), request.form.getlist("run"))):
        return redirect(shown, code=303)
    asked = asked_act()
    services = current_lab().services
    acted = services.act(asked, who_asks())
    if not wants_html():
        return json_answer(acted_json(asked.action, acted), status=acted_status(acted))
    page = present_acted(asked, acted, queue=services.status())
    return Response(render_template("flasklab/pages/acted.html", page=page), status=acted_status(acted))


def _shown(action: str | None, ids: list[str]) -> str | None:
    """Where runs are shown together; None where something is to be done to them."""
    if action == "compare":
        return url_for(".compare", run=ids)
    if action == "export":
        quoted = ", ".join(f'"{one}"' for one in ids if one.isalnum())
        return url_for(".runs", q=f"run.id in ({quoted})", format="csv")
    return None
