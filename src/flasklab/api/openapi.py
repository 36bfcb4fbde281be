"""The API described as OpenAPI 3.1, with an operation of its own for every experiment.

An experiment's parameters are JSON Schema 2020-12 already, which is what OpenAPI 3.1 speaks: only the
addresses of shared definitions change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for

from flasklab import __version__
from flasklab.api.schemas import SCHEMAS
from flasklab.http.answers import json_answer
from flasklab.http.lab import current_lab

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Response

    from flasklab.experiments.description import Description

_JSON = "application/json"
_PROBLEMS = {
    404: "There is no such thing",
    409: "Not possible in this state",
    413: "Too large",
    422: "Parameters that cannot be used, all of them named",
    429: "The queue is full; Retry-After says when to come back",
}


def openapi() -> Response:
    """GET openapi.json: this API, with the experiments as they are now."""
    experiments = current_lab().services.experiments.catalog().experiments
    schemas = dict(SCHEMAS)
    for description in experiments:
        schemas |= _schemas_of(description)
    return json_answer(
        {
            "openapi": "3.1.0",
            "info": {"title": "Flasklab", "version": __version__, "description": "Experiments and their runs."},
            "servers": [{"url": url_for(".unknown").rstrip("/")}],
            "paths": {**_paths(), **dict(map(_start_path, experiments))},
            "components": {"schemas": schemas, "responses": _problem_responses()},
        }
    )


def _paths() -> dict[str, Any]:
    name, run_id = _in_path("name", "An experiment's name"), _in_path("id", "A run's id")
    key = {**_query("key", "Only this metric; may be repeated", "string"), "explode": True}
    return {
        "/experiments": {"get": _operation("listExperiments", "All experiments", _ref("Experiments"))},
        "/experiments/{name}": {
            "parameters": [name],
            "get": _operation("getExperiment", "One experiment", _ref("Experiment"), problems=(404,)),
        },
        "/experiments/{name}/runs": {
            "parameters": [name, _WAIT],
            "post": _start("startRun", "Start a run of any experiment", {"type": "object"}),
        },
        "/experiments/{name}/presets": {
            "parameters": [name],
            "get": _operation("listPresets", "Parameters under names", _ref("Presets"), problems=(404,)),
            "post": _operation(
                "savePreset", "Keep parameters under a name", _ref("Preset"), statuses=(201,), problems=(404, 409, 422)
            )
            | {"requestBody": {"content": {_JSON: {"schema": _ref("NewPreset")}}}},
        },
        "/experiments/{name}/presets/{preset_id}": {
            "parameters": [name, _in_path("preset_id", "A preset's id")],
            "patch": _operation("renamePreset", "Rename it", _ref("Preset"), problems=(404, 409, 422))
            | {"requestBody": {"content": {_JSON: {"schema": _ref("PresetName")}}}},
            "delete": _operation("deletePreset", "Remove it", _ref("Preset"), problems=(404,)),
        },
        "/experiments/{name}/already": {
            "parameters": [name],
            "post": _operation(
                "findSameRun", "The run that these parameters and this code made", _ref("Already"), problems=(404, 422)
            )
            | {"requestBody": {"content": {_JSON: {"schema": {"type": "object"}}}}},
        },
        "/runs": {
            "get": _operation("listRuns", "Runs, newest first", _ref("Runs"), parameters=_LISTED, problems=(422,))
        },
        "/runs/act": {
            "post": _operation(
                "actOnRuns", "Do one thing to many runs", _ref("Acted"), statuses=(200, 207), problems=(422,)
            )
            | {"requestBody": {"content": {_JSON: {"schema": _ref("Act")}}}},
        },
        "/runs/{id}": {
            "parameters": [run_id, _WAIT],
            "get": _operation("getRun", "One run", _ref("Run"), problems=(404,)),
            "patch": _operation("changeRun", "Pin it, change its tags and note", _ref("Run"), problems=(404, 422))
            | {"requestBody": {"content": {_JSON: {"schema": _ref("Changes")}}}},
            "delete": _operation("deleteRun", "Put it into the bin", _ref("Run"), problems=(404, 409)),
        },
        "/runs/{id}/restore": {
            "parameters": [run_id],
            "post": _operation("restoreRun", "Take it out of the bin", _ref("Run"), problems=(404, 409)),
        },
        "/runs/{id}/metrics": {
            "parameters": [
                run_id,
                key,
                _query("points", "At most about so many points, extremes kept", "integer"),
                _query("from", "Only points from here on", "number"),
                _query("to", "Only points up to here", "number"),
                _query(
                    "over", "What `from` and `to` count: `steps` (unless given), or `times` in Unix seconds", "string"
                ),
                _query("after", "Only what came after the `cursor` of an answer before", "integer"),
                _query("system", "1: the system metrics instead of those that the experiment logged", "integer"),
                _query("format", "`json`, `csv` (all points), or `binary` for charts", "string"),
            ],
            "get": _operation("getMetrics", "Series of its metrics", _ref("Metrics"), problems=(404, 422)),
        },
        "/runs/{id}/logs": {
            "parameters": [
                run_id,
                _query("start", "First byte; a negative one counts from the end", "integer"),
                _query("limit", "At most so many bytes, or matches", "integer"),
                _query("line", "Answer with lines, from this number on", "integer"),
                _query("before", "Answer with the lines directly before this number", "integer"),
                _query("lines", "At most so many lines", "integer"),
                _query("stream", "Only the lines of out, err or lab", "string"),
                _query("q", "Answer with the lines that have this text in them", "string"),
                _query("case", "1: letters match only in the same case", "integer"),
                _query("errors", "1: answer with the lines that tell of an error", "integer"),
            ],
            "get": _operation(
                "getLogs",
                "A part of its log",
                {"anyOf": [_ref("Log"), _ref("LogLines"), _ref("LogMatches")]},
                problems=(404, 422),
            ),
        },
        "/runs/{id}/artifacts": {
            "parameters": [run_id],
            "get": _operation("listArtifacts", "Its files", _ref("Artifacts"), problems=(404,)),
        },
        "/runs/{id}/events": {
            "parameters": [run_id],
            "get": _operation("listEvents", "What happened to it", _ref("Events"), problems=(404,)),
        },
        "/runs/{id}/attempts": {
            "parameters": [run_id],
            "get": _operation("listAttempts", "Each time it was taken up", _ref("Attempts"), problems=(404,)),
        },
        "/runs/{id}/live": {
            "parameters": [
                run_id,
                key,
                _query("cursor", "`cursor` of the answer before", "string"),
                _query("points", "At most so many new points per metric", "integer"),
            ],
            "get": _operation("followRun", "What is new about it", _ref("Live"), problems=(404,)),
        },
        "/runs/{id}/cancel": {
            "parameters": [run_id],
            "post": _operation("cancelRun", "Stop it", _ref("Run"), statuses=(200, 202), problems=(404, 409)),
        },
        "/runs/{id}/rerun": {
            "parameters": [run_id, _WAIT, _query("restore", "1: on from its last checkpoint", "integer")],
            "post": _start("rerunRun", "Run it again, with what is sent changed", {"type": "object"}),
        },
        "/disk": {"get": _operation("getDisk", "Room on the disk by experiment", _ref("Disk"))},
        "/health": {"get": _operation("getHealth", "Whether the lab is well", _ref("Health"))},
    }


def _start_path(description: Description) -> tuple[str, dict[str, Any]]:
    summary = description.summary or f"Start a run of {description.name}"
    operation = _start(f"start_{description.name}", summary, _ref(f"{description.name}.parameters"))
    operation["tags"] = ["experiments", *description.tags]
    if description.doc:
        operation["description"] = description.doc
    return f"/experiments/{description.name}/runs", {"parameters": [_WAIT], "post": operation}


def _start(operation_id: str, summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    kinds = (_JSON, "application/x-www-form-urlencoded", "multipart/form-data")
    operation = _operation(operation_id, summary, _ref("Run"), statuses=(200, 202), problems=(404, 409, 413, 422, 429))
    operation["requestBody"] = {"content": {kind: {"schema": schema} for kind in kinds}}
    operation["parameters"] = [
        _query("priority", "Queued runs of a higher one begin first; the experiment's when not given", "integer"),
        _query("needed", "1: answer with a run of these parameters and this code, if there is one", "integer"),
        _query("not_before", "It begins at this moment at the earliest (RFC 3339)", "string"),
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A repeated start with the same key answers with the first run",
            "schema": {"type": "string", "maxLength": 255},
        },
    ]
    return operation


def _operation(
    operation_id: str,
    summary: str,
    schema: dict[str, Any],
    *,
    statuses: Iterable[int] = (200,),
    parameters: Iterable[dict[str, Any]] = (),
    problems: Iterable[int] = (),
) -> dict[str, Any]:
    words = {
        200: "Done",
        201: "Kept",
        202: "Accepted; `Location` says where the run is",
        207: "Not done to all of them; `results` says why",
    }
    responses: dict[str, Any] = {
        str(status): {"description": words[status], "content": {_JSON: {"schema": schema}}} for status in statuses
    }
    responses |= {str(status): {"$ref": f"#/components/responses/{status}"} for status in problems}
    operation: dict[str, Any] = {"operationId": operation_id, "summary": summary, "responses": responses}
    if found := list(parameters):
        operation["parameters"] = found
    return operation


def _problem_responses() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _ref("Problem")}}
    return {str(status): {"description": words, "content": content} for status, words in _PROBLEMS.items()}


def _schemas_of(description: Description) -> dict[str, Any]:
    """An experiment's parameters and the definitions that they share, by names of their own."""
    prefix = f"{description.name}."
    schema = {key: found for key, found in description.parameters.items() if key not in ("$defs", "$schema")}
    named = {"parameters": schema, **description.parameters.get("$defs", {})}
    return {prefix + name: _moved(found, prefix) for name, found in named.items()}


def _moved(found: Any, prefix: str) -> Any:
    if isinstance(found, dict):
        return {
            key: f"#/components/schemas/{prefix}{item.removeprefix('#/$defs/')}"
            if key == "$ref" and isinstance(item, str)
            else _moved(item, prefix)
            for key, item in found.items()
        }
    return [_moved(item, prefix) for item in found] if isinstance(found, list) else found


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _in_path(name: str, words: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": words, "schema": {"type": "string"}}


def _query(name: str, words: str, kind: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": words, "schema": {"type": kind}}


_WAIT = _query("wait", "Seconds to hold the answer until the run ends", "number")
_LISTED = (
    _query("state", "Only runs in this state; `deleted`: those in the bin", "string"),
    _query("experiment", "Only runs of this experiment", "string"),
    _query("q", "A search: words, states, comparisons such as `accuracy > 0.9 and model in (svm, forest)`", "string"),
    _query("sort", "By this name; with a minus in front, the largest first; newest first when not given", "string"),
    _query("limit", "At most so many", "integer"),
    _query("after", "`next` of the page before", "string"),
    _query("format", "`json`; `jsonl`, `csv` or `parquet`: all runs as a file, or the newest `limit`", "string"),
    _query("columns", "Of such a table, with commas", "string"),
    _query("metrics", "1: all points in JSON lines, least and greatest values in tables", "integer"),
)
