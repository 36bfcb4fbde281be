"""Files that exist already, shown by their type."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from flasklab.recording.media.bundle import Bundle, Rendering
from flasklab.recording.media.kinds import media_type_of
from flasklab.recording.media.sizes import picture_size

MAX_FILES = 10_000  # of one folder


def file_at(path: Any) -> Bundle | None:
    """The file at a path."""
    if not isinstance(path, Path) or not path.is_file():
        return None
    ending = "".join(path.suffixes[-2:]) if path.name.endswith((".json", ".gz")) else path.suffix
    kind = media_type_of(path.name)
    return Bundle(
        name=path.name.removesuffix(ending),
        renderings=(Rendering(ending=ending, media_type=kind, content=path, meta=picture_size(kind, path)),),
    )


def files_in(folder: Path) -> list[Path]:
    """The regular files below a folder, sorted; links to folders are not followed, nor pipes opened."""
    found: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            try:
                regular = stat.S_ISREG(path.stat().st_mode)
            except OSError:
                continue
            if regular:
                found.append(path)
            if len(found) > MAX_FILES:
                return found
    return found
