"""Temporary folders that go when the process does, for experiments called outside of a run."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path


def temporary_folder(owner: object) -> Path:
    """A new folder, removed when `owner` is collected or this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="flasklab-"))
    weakref.finalize(owner, _remove, folder, os.getpid())
    return folder


def _remove(folder: Path, maker: int) -> None:
    if os.getpid() == maker:  # a forked worker that ends must not take its parent's folder along
        shutil.rmtree(folder, ignore_errors=True)
