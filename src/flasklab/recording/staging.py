"""Complete files on their way to the supervisor: written, flushed to disk and hashed before anyone hears
of them."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from flasklab.failpoints import failpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.recording.recorder import Recorder

# What a file will hold: the bytes, the file to copy, or a function that writes to a path.
Content: TypeAlias = bytes | Path | Callable[[Path], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedFile:
    """A complete file in the staging folder."""

    path: Path  # absolute
    size: int  # bytes
    sha256: str  # 64 lower-case hex digits


def stage(folder: Path, content: Content, ending: str = "") -> StagedFile:
    """A new file with `content` in `folder`, on disk; nothing is left behind when that fails.

    Args:
        folder: made if it is missing
        content: what to write
        ending: of the file's name, for writers that look at it

    Raises:
        OSError: the disk is full, the file to copy is gone, ...
        Exception: whatever a writing function raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = (folder / f"{os.getpid()}-{secrets.token_hex(8)}{ending}").absolute()
    try:
        write(path, content)
        failpoint("child.while-staging")
        with path.open("rb") as file:
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return StagedFile(path=path, size=size, sha256=digest)


def write(path: Path, content: Content) -> None:
    """Write `content` to `path`."""
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, Path):
        shutil.copyfile(content, path)
    else:
        content(path)


def announce(
    recorder: Recorder,
    file: StagedFile,
    *,
    name: str,
    media_type: str,
    shown: str | None = None,
    step: int | None = None,
    order: int = 0,
    meta: Mapping[str, Any] | None = None,
) -> None:
    """Tell the recorder of a staged file; it is the supervisor's from then on."""
    recorder.event(
        {
            "type": "artifact",
            "path": str(file.path),
            "name": name,
            "media_type": media_type,
            "size": file.size,
            "sha256": file.sha256,
            "shown": shown,
            "step": step,
            "order": order,
            "meta": dict(meta or {}),
        }
    )
