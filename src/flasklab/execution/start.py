"""Making sure that a lab has its supervisor: whoever needs one first starts it, and there is never a second."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from flasklab.execution.stuck import end_stuck_supervisor
from flasklab.runs.json import encode
from flasklab.store.presence import is_supervised

if TYPE_CHECKING:
    from flasklab.config import Settings

# Set in a web process whose parent keeps the supervisor.
KEPT_VARIABLE = "FLASKLAB_RUN_KEPT"
_OF_A_RUN = ("FLASKLAB_RUN_FOLDER", "FLASKLAB_RUN_ID", "FLASKLAB_RUN_TOLD")
_PAUSE_SECONDS = 3.0
_last_start: dict[str, float] = {}  # results folder -> monotonic time


def ensure_supervisor(settings: Settings) -> None:
    """Start a supervisor that outlives this process unless the lab has one.

    Does nothing where a parent keeps the supervisor. It ends by itself when no work is left and no process attends the
    lab any more. When two are started at once, the supervisor's lock lets one of them go on. One that is there and
    moves no more is ended, and replaced.
    """
    if KEPT_VARIABLE in os.environ:
        return
    results = str(settings.results)
    now = time.monotonic()
    if now - _last_start.get(results, -_PAUSE_SECONDS) < _PAUSE_SECONDS:
        return
    if is_supervised(settings.results) and not end_stuck_supervisor(settings.results):
        return
    _last_start[results] = now
    settings.results.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.results / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            supervisor_command("--linger"),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=settings.root,
            start_new_session=True,
            env=clean_environment(),
        )
    assert process.stdin is not None  # noqa: S101 - it was asked for
    process.stdin.write(encode(settings.to_json()) + b"\n")
    process.stdin.close()
    process.returncode = 0  # nobody here waits for it: it is meant to stay


def supervisor_command(*flags: str) -> list[str]:
    """The command line of a supervisor; its first line of input is the settings as JSON."""
    return [sys.executable, "-P", "-m", "flasklab.execution.supervise", *flags]


def clean_environment() -> dict[str, str]:
    """This process's environment without what belongs to a web server's own process, or to a run it is part of."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("WERKZEUG_")
        and name not in ("FLASKLAB_RUN_FOLDER", "FLASKLAB_RUN_ID", "FLASKLAB_RUN_TOLD")
    }
