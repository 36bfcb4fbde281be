"""How a lab is served, noted in its results folder, so that the other commands mean the same lab.

`flasklab serve lab.py` names the experiments once; they hold until others are served. What `--resources gpu=2` says
there is holds as long as this server lives.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flasklab.config import Settings

_EXPERIMENTS = "served_experiments"
_LIMITS = "served_limits"
_LIMIT_NAMES = ("workers", "resources", "max_queued", "min_free")  # which runs are taken, and when they begin


def note_served(settings: Settings) -> None:
    """Note the experiments and limits of the lab that this process serves."""
    target = settings.experiments
    if Path(target).is_absolute():
        target = os.path.join(".", os.path.relpath(target, settings.root))  # noqa: PTH118 - Path drops the "./"
    limits = {name: getattr(settings, name) for name in _LIMIT_NAMES}
    with suppress(OSError):  # a full disk stops no server; whoever needs them can name them
        _write(settings.results / _EXPERIMENTS, target)
        _write(settings.results / _LIMITS, json.dumps({"pid": os.getpid(), **limits}))


def find_served(results: Path) -> str | None:
    """The experiments, as the setting takes them; None where nothing is noted."""
    try:
        return (results / _EXPERIMENTS).read_text().strip() or None
    except OSError:
        return None


def find_limits(results: Path) -> dict[str, Any]:
    """The limits of the server that serves the lab now, by the names that `Settings` has; none where there is none."""
    try:
        noted = json.loads((results / _LIMITS).read_text())
        os.kill(noted["pid"], 0)
        return {name: noted[name] for name in _LIMIT_NAMES}
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return {}


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
        os.fchmod(target.fileno(), 0o600)  # one of an older version was readable by all
        target.write(f"{text}\n")
