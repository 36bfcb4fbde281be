"""The author's own line in an exception: what neither Python, nor a library, nor Flasklab has written."""

from __future__ import annotations

import os
import sysconfig
import traceback
from pathlib import Path

import flasklab

_LIBRARIES = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
_FOREIGN = (*(f"{folder}{os.sep}" for folder in _LIBRARIES), f"{Path(flasklab.__file__).parent}{os.sep}", "<")


def place_of(error: BaseException) -> str:
    """The last line of the author's that an exception came through, "experiments/train.py:31"; "" without one."""
    own = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith(_FOREIGN)
    ]
    if not own:
        return ""
    path, line = Path(own[-1][0]), own[-1][1]
    return f"{path.parent.name}/{path.name}:{line}"
