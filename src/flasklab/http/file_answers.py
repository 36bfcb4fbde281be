"""Answers that are files: conditional, by range, and of a type that nobody can turn against the reader.

The type comes from a list of our own, never from the run: whatever is not on it leaves as bytes to be saved.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import send_file

from flasklab.http.headers import INERT_POLICY

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Response

    from flasklab.runs.artifacts import Artifact

# Drawn by a browser without running anything, under a policy that forbids it all the same.
INERT_IMAGES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/svg+xml"}
)
_HARMLESS = re.compile(
    r"text/(?:plain|csv|tab-separated-values|markdown)|audio/[\w.+-]+|video/[\w.+-]+"
    r"|application/(?:pdf|zip|gzip|jsonl|x-ndjson|x-npy|x-npz|parquet|vnd\.[\w.+-]+|(?:[\w.+-]+\+)?json)"
)
_BYTES = "application/octet-stream"


def plain_type(artifact: Artifact) -> str:
    """The media type without its parameters, in lower case."""
    return artifact.media_type.partition(";")[0].strip().lower()


def safe_type(artifact: Artifact) -> str:
    """The type that the file is sent with."""
    found = plain_type(artifact)
    return found if found in INERT_IMAGES or _HARMLESS.fullmatch(found) else _BYTES


def is_playable(kind: str) -> bool:
    """Whether a browser plays this type: sound or video, which hold nothing that runs."""
    return kind.startswith(("audio/", "video/")) and bool(_HARMLESS.fullmatch(kind))


def file_answer(artifact: Artifact, path: Path, *, inline: bool = False, media_type: str = "") -> Response:
    """The file's content, whole, by range, or 304.

    Args:
        artifact: what it is called and is
        path: its content
        inline: shown by the browser rather than saved
        media_type: another type than its own
    """
    name = re.sub(r"[\x00-\x1f\x7f]", "_", artifact.name.rpartition("/")[2]) or "file"
    answer = send_file(
        path,
        mimetype=media_type or safe_type(artifact),
        as_attachment=not inline,
        download_name=name,
        conditional=True,
        etag=artifact.sha256,
        last_modified=None,
    )
    answer.cache_control.private = True
    answer.headers["Content-Security-Policy"] = INERT_POLICY
    return answer
