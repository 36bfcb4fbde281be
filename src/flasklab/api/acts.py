"""Many runs at once over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.http.acts import acted_json, acted_status, asked_act
from flasklab.http.answers import json_answer
from flasklab.http.asking import who_asks
from flasklab.http.lab import current_lab

if TYPE_CHECKING:
    from flask import Response


def act() -> Response:
    """POST runs/act: does one thing to many runs; 207 where it could not be done to all of them."""
    asked = asked_act()
    acted = current_lab().services.act(asked, who_asks())
    return json_answer(acted_json(asked.action, acted), status=acted_status(acted))
