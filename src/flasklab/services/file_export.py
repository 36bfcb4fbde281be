"""The files of many runs, copied into a folder under their own names, a folder per run."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from flasklab.recording.names import saved_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from flasklab.runs.run import Run
    from flasklab.store.store import Store


def copy_files(store: Store, runs: Iterable[Run], folder: Path) -> tuple[int, int]:
    """Copy the runs' files to `folder/<run id>/<name>`; what lies there under such a name is replaced.

    Returns:
        How many were copied, and of how many the content is gone.

    Raises:
        OSError: the disk refused.
    """
    copied = gone = 0
    for run in runs:
        for artifact in run.artifacts:
            if not store.files.has(artifact.sha256):
                gone += 1
                continue
            with suppress(ValueError):  # no run has a file of such a name
                target = folder / run.id / saved_name(artifact.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(store.files.path(artifact.sha256), target)
                copied += 1
    return copied, gone
