"""What lies in a run's folder when it has ended: its files are kept, then the folder goes."""

from __future__ import annotations

import logging
import os
import shutil
from typing import TYPE_CHECKING

from flasklab.errors import FlasklabError
from flasklab.execution.recorded import LeftFile
from flasklab.recording.media.kinds import media_type_of
from flasklab.recording.writers import PARTIAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flasklab.store.files import FileStore

log = logging.getLogger("flasklab.supervisor")


def anything_left(workdir: Path) -> bool:
    """Whether a run's folder holds anything at all; cheap."""
    try:
        with os.scandir(workdir) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def collect(workdir: Path, saved: Mapping[str, tuple[int, float]], files: FileStore) -> list[LeftFile]:
    """Put every regular file below `workdir` into the store.

    Args:
        workdir: the run's folder
        saved: artifacts that exist already, with size and Unix time; a file not changed since is left out
        files: the store
    """
    left = []
    for folder, _, names in os.walk(workdir):
        for name in sorted(names):
            path = workdir.__class__(folder) / name
            relative = path.relative_to(workdir).as_posix()
            try:
                if path.is_symlink() or not path.is_file() or name.startswith(PARTIAL):
                    continue
                stat = path.stat()
                known = saved.get(relative)
                if known is not None and known[0] == stat.st_size and stat.st_mtime <= known[1]:
                    continue
                with path.open("rb") as stream:
                    stored = files.add_stream(stream)
            except (OSError, FlasklabError) as error:
                log.warning("%s was left by a run and could not be kept: %s", path, error)
                continue
            left.append(LeftFile(name=relative, file=stored, media_type=media_type_of(name)))
    return left


def clear(folder: Path) -> None:
    """Remove an attempt's folder."""
    shutil.rmtree(folder, ignore_errors=True)
