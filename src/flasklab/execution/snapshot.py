"""The experiments' sources as they were imported, kept by content: what a run was made with stays readable."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flasklab.errors import FlasklabError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flasklab.store.files import FileStore

log = logging.getLogger("flasklab.supervisor")


def keep_sources(root: Path, sources: Mapping[str, str], files: FileStore) -> None:
    """Put each source into the store unless it is there.

    A file that was edited meanwhile is kept under its new content's hash, which harms nobody.

    Args:
        root: the lab's folder
        sources: SHA-256 of each source by its path, relative to `root`
        files: the store
    """
    for path, sha256 in sources.items():
        if not sha256 or files.has(sha256):
            continue
        try:
            with (root / path).open("rb") as stream:
                files.add_stream(stream)
        except (OSError, FlasklabError) as error:
            log.warning("the source %s could not be kept: %s", path, error)
