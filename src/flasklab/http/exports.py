"""Runs as a file to be saved: the same runs as a page of the table shows, all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, request, stream_with_context

from flasklab.http.arguments import asked_choice, asked_whole
from flasklab.http.headers import INERT_POLICY
from flasklab.http.lab import current_lab
from flasklab.http.run_json import runs_json
from flasklab.services.run_export import FORMATS, Wanted

if TYPE_CHECKING:
    from flasklab.http.lists import AskedPage


def asked_format() -> str | None:
    """The format of the file that the present request asks for; None when it asks for a page.

    Raises:
        InvalidParametersError: there is no such format.
    """
    form = asked_choice("format", ("json", *FORMATS))
    return None if form == "json" else form


def answer_export(asked: AskedPage, form: str) -> Response:
    """The runs as a file, written while it is sent; all of them unless a limit was given.

    Raises:
        InvalidParametersError: an argument cannot be used.
        ExportError: what the format needs is not installed.
    """
    wanted = Wanted(
        query=asked.query,
        limit=asked.limit if request.args.get("limit") else None,
        columns=tuple(name for name in request.args.get("columns", "").split(",") if name),
        metrics=bool(asked_whole("metrics", 0, 1)),
    )
    pieces = current_lab().services.export(form, wanted, runs_json)
    body = iter(()) if request.method == "HEAD" else pieces
    answer = Response(stream_with_context(body), mimetype=FORMATS[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="runs.{form}"'
    answer.headers["Content-Security-Policy"] = INERT_POLICY
    return answer
