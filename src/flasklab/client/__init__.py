"""A lab from Python, over HTTP: `Lab("http://...").start("train", epochs=50).result`.

May import `runs` and `errors`, and nothing of a web server or a database: it works wherever the lab can be reached.
"""

from __future__ import annotations

from flasklab.client.errors import LabAnswerError, LabUnreachableError, RunFailedError
from flasklab.client.lab import Experiment, Lab
from flasklab.client.run import LabRun, Series
from flasklab.client.runs import Runs

__all__ = [
    "Experiment",
    "Lab",
    "LabAnswerError",
    "LabRun",
    "LabUnreachableError",
    "RunFailedError",
    "Runs",
    "Series",
]
