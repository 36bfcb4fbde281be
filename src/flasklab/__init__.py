"""Flasklab turns a plain Python function into an experiment lab.

Importing it costs next to nothing: each name is fetched from its room when it is first used, so that an experiment
never loads the web server and the web server never loads Pydantic.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flasklab.experiments.definition import experiment
    from flasklab.experiments.markers import Unit, Upload
    from flasklab.extension import Lab
    from flasklab.recording.media.histograms import Histogram
    from flasklab.recording.media.sounds import Audio
    from flasklab.recording.media.texts import Markdown
    from flasklab.recording.proxy import record_locally, run

__version__ = "0.1.0"

__all__ = ["Audio", "Histogram", "Lab", "Markdown", "Unit", "Upload", "experiment", "record_locally", "run"]

_ROOMS = {
    "Audio": "flasklab.recording.media.sounds",
    "Histogram": "flasklab.recording.media.histograms",
    "Lab": "flasklab.extension",
    "Markdown": "flasklab.recording.media.texts",
    "Unit": "flasklab.experiments.markers",
    "Upload": "flasklab.experiments.markers",
    "experiment": "flasklab.experiments.definition",
    "record_locally": "flasklab.recording.proxy",
    "run": "flasklab.recording.proxy",
}


def __getattr__(name: str) -> Any:
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(room), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
