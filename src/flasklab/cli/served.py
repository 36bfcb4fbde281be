"""Which experiments a lab was last served with, noted in its results folder.

`flasklab serve lab.py` names them once; the other commands in that folder then mean the same lab.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flasklab.config import Settings

_NOTE = "served_experiments"


def note_served(settings: Settings) -> None:
    """Note the experiments of the lab that is being served."""
    target = settings.experiments
    if Path(target).is_absolute():
        target = os.path.join(".", os.path.relpath(target, settings.root))  # noqa: PTH118 - Path drops the "./"
    with suppress(OSError):  # a full disk stops no server; whoever needs them can name them
        (settings.results / _NOTE).write_text(f"{target}\n")


def find_served(results: Path) -> str | None:
    """The experiments, as the setting takes them; None where nothing is noted."""
    try:
        return (results / _NOTE).read_text().strip() or None
    except OSError:
        return None
