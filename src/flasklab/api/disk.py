"""Room on the disk over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.http.answers import json_answer
from flasklab.http.lab import current_lab
from flasklab.services.disk_use import disk_values

if TYPE_CHECKING:
    from flask import Response


def disk() -> Response:
    """GET disk: bytes of each experiment's runs, as of a minute ago at most."""
    return json_answer(disk_values(current_lab().services.disk()))
