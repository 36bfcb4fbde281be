"""Whether the lab is well: cheap enough to be asked every second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab import __version__
from flasklab.http.answers import json_answer
from flasklab.http.lab import current_lab
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from flask import Response


def health() -> Response:
    """GET health: 200 while the store answers; what waits and runs, and whether anyone gets it done."""
    status = current_lab().services.status()
    return json_answer(
        {
            "status": "trouble" if status.trouble else "ok",
            "trouble": status.trouble,
            "version": __version__,
            "supervised": status.supervised,
            "workers": status.workers,
            "queued": status.counts.get(RunState.QUEUED, 0),
            "running": status.counts.get(RunState.RUNNING, 0),
        }
    )
