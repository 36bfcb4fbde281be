"""Taking a run home: all of it as a zip, or single files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, request, stream_with_context

from flasklab.http.file_answers import file_answer
from flasklab.http.headers import INERT_POLICY
from flasklab.http.lab import current_lab

if TYPE_CHECKING:
    from collections.abc import Iterator


def download(run_id: str) -> Response:
    """GET /download/<id>: a zip, packed while it is sent."""
    services = current_lab().services
    run = services.read.get(run_id)
    packed: Iterator[bytes] = iter(()) if request.method == "HEAD" else iter(services.files.zip(run.id))
    answer = Response(stream_with_context(packed), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{run.experiment}-{run.number}.zip"'
    answer.headers["Content-Security-Policy"] = INERT_POLICY
    return answer


def download_file(run_id: str, name: str) -> Response:
    """GET /download/<id>/<path>: one file, whole or by range."""
    artifact, path = current_lab().services.files.find(run_id, name)
    return file_answer(artifact, path)
