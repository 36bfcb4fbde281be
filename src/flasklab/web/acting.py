"""Many runs at once: one thing is done to those that were chosen, and a page says what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, render_template

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
    """POST /runs/act: does `action` to each `run`; 207 where it could not be done to all of them."""
    doors.check_token()
    asked = asked_act()
    services = current_lab().services
    acted = services.act(asked, who_asks())
    if not wants_html():
        return json_answer(acted_json(asked.action, acted), status=acted_status(acted))
    page = present_acted(asked, acted, queue=services.status())
    return Response(render_template("flasklab/pages/acted.html", page=page), status=acted_status(acted))
