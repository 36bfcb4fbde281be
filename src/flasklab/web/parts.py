"""What a run's page asks for when somebody moves a slider or pages through a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from flasklab.errors import FileMissingError
from flasklab.http.answers import json_answer
from flasklab.http.file_answers import plain_type
from flasklab.http.lab import current_lab
from flasklab.services.table_read import MOST_ROWS
from flasklab.web.links import links_of
from flasklab.web.presenters import results

if TYPE_CHECKING:
    from flask import Response

_MOST_TEXT = 200  # characters of a filter


def steps(run_id: str) -> Response:
    """GET /steps/<id>?shown=<name>: all steps of one shown thing."""
    run = current_lab().services.read.get(run_id)
    heading = request.args.get("shown", "")
    found = results.steps(run.artifacts, heading, links_of(run.id, run.experiment))
    if not found:
        raise FileMissingError(f"Run #{run.number} of {run.experiment} showed nothing named {heading[:200]!r}.")
    return json_answer({"steps": found})


def rows(run_id: str, name: str) -> Response:
    """GET /rows/<id>/<path>: some rows of a CSV file, `first` and `count`, sorted `by` a column or with a `text`."""
    services = current_lab().services
    artifact, path = services.files.find(run_id, name)
    if plain_type(artifact) != "text/csv":
        raise FileMissingError(f"{name[:200]!r} is no table. Download it instead.")
    by = request.args.get("by", type=int)
    found = services.tables.rows(
        path,
        artifact.sha256,
        first=max(0, request.args.get("first", 0, type=int)),
        count=max(0, request.args.get("count", MOST_ROWS, type=int)),
        by=by if by is not None and by >= 0 else None,
        falling="falling" in request.args,
        text=request.args.get("text", "")[:_MOST_TEXT],
    )
    return json_answer(
        {
            "columns": found.columns,
            "first": found.first,
            "rows": found.cells,
            "found": found.found,
            "total": found.total,
        }
    )
