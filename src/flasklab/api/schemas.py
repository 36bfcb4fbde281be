"""JSON Schema of what the API answers, for its OpenAPI description."""

from __future__ import annotations

from typing import Any

from flasklab.runs.annotations import LONGEST_NOTE, LONGEST_TAG
from flasklab.runs.presets import LONGEST_NAME
from flasklab.runs.state import RunState
from flasklab.services.run_act import ACTIONS, MOST_RUNS

_TEXT: dict[str, Any] = {"type": "string"}
_WHOLE: dict[str, Any] = {"type": "integer"}
_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
# Numbers that JSON cannot hold are texts.
_NUMBER: dict[str, Any] = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _map(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _page(name: str, items: dict[str, Any], **further: dict[str, Any]) -> dict[str, Any]:
    return _object(**{name: _list(items)}, next=_or_null(_TEXT), **further)


_REAL: dict[str, Any] = {"type": "number"}
_LINKS = _object(self=_TEXT, status=_TEXT, results=_TEXT, download=_TEXT, cancel=_TEXT)
_PRESET_NAME: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
_TAGS = _list(_TEXT | {"minLength": 1, "maxLength": LONGEST_TAG})
_STREAM = {"enum": ["out", "err", "lab"]}
_PIECE = _object(stream=_STREAM, time=_REAL, text=_TEXT)
_LEFT_OUT = _object(bytes=_WHOLE, lines=_WHOLE, text=_TEXT)
_LOG = _object(
    start=_WHOLE,
    end=_WHOLE,
    size=_WHOLE,
    first_line=_WHOLE,
    lines=_WHOLE,
    left_out=_or_null(_LEFT_OUT),
    styles=_map(_TEXT),
    pieces=_list(_PIECE),
    unfinished=_list(_PIECE),
)
_LOOP: dict[str, Any] = {
    "done": _REAL,
    "total": _or_null(_REAL),
    "message": _TEXT,
    "unit": _TEXT,
    "rate": _or_null(_REAL),
}
_PROGRESS = _object(**_LOOP, left_seconds=_or_null(_REAL), inner=_list(_object(**_LOOP)), at=_or_null(_TIME))
_SUMMARY = _object(last=_NUMBER, min=_NUMBER, max=_NUMBER, count=_WHOLE, step=_WHOLE)
_SERIES = _object(steps=_list(_WHOLE), values=_list(_NUMBER), times=_list({"type": "number"}), count=_WHOLE)
_BROKEN = _object(module=_TEXT, file=_TEXT, line=_or_null(_WHOLE), error=_TEXT, needs=_or_null(_TEXT), url=_TEXT)

SCHEMAS: dict[str, Any] = {
    "Run": _object(
        id=_TEXT,
        number=_WHOLE,
        experiment=_TEXT,
        state={"enum": [state.value for state in RunState]},
        params={"type": "object"},
        output={},
        error=_or_null(_object(type=_TEXT, message=_TEXT, traceback=_TEXT, where=_TEXT)),
        progress=_or_null(_PROGRESS),
        metrics=_map(_SUMMARY),
        artifacts=_list(_ref("Artifact")),
        tags=_list(_TEXT),
        note=_TEXT,
        seed=_or_null(_WHOLE),
        attempt=_WHOLE,
        priority=_WHOLE,
        not_before=_or_null(_TIME),
        queue_position=_or_null(_WHOLE),
        waiting=_or_null(_TEXT),
        created_at=_TIME,
        started_at=_or_null(_TIME),
        finished_at=_or_null(_TIME),
        pinned={"type": "boolean"},
        deleted_at=_or_null(_TIME),
        links=_ref("Links"),
    ),
    "Changes": {
        "type": "object",
        "properties": {
            "pinned": {"type": "boolean"},
            "tags": _TAGS,
            "add_tags": _TAGS,
            "remove_tags": _list(_TEXT),
            "note": _TEXT | {"maxLength": LONGEST_NOTE},
        },
        "additionalProperties": False,
    },
    "Act": {
        "type": "object",
        "properties": {
            "action": {"enum": list(ACTIONS)},
            "runs": _list(_TEXT) | {"minItems": 1, "maxItems": MOST_RUNS},
            "tags": _TAGS,
        },
        "required": ["action", "runs"],
        "additionalProperties": False,
    },
    "Acted": _object(
        action={"enum": list(ACTIONS)},
        done=_WHOLE,
        failed=_WHOLE,
        results=_list(
            _object(
                id=_TEXT,
                number=_or_null(_WHOLE),
                experiment=_or_null(_TEXT),
                state=_or_null(_TEXT),
                error=_or_null(_object(status=_WHOLE, title=_TEXT, detail=_TEXT)),
                started=_or_null(_object(id=_TEXT, number=_WHOLE, links=_ref("Links"))),
            )
        ),
    ),
    "Links": _LINKS,
    "Preset": _object(
        id=_TEXT,
        experiment=_TEXT,
        name=_TEXT,
        params={"type": "object"},
        saved_by=_TEXT,
        saved_at=_TIME,
        links=_object(form=_TEXT),
    ),
    "Presets": _page("presets", _ref("Preset")),
    "NewPreset": {
        "type": "object",
        "properties": {
            "name": _PRESET_NAME,
            "params": {"type": "object"},
            "replace": {"type": "boolean"},
        },
        "required": ["name"],
        "additionalProperties": False,
    },
    "PresetName": _object(name=_PRESET_NAME),
    "Already": _object(run=_or_null(_ref("Run"))),
    "Runs": _page("runs", _ref("Run")),
    "Artifact": _object(name=_TEXT, media_type=_TEXT, size=_WHOLE, sha256=_TEXT, url=_TEXT),
    "Artifacts": _page("artifacts", _ref("Artifact")),
    "Experiment": _object(
        name=_TEXT,
        title=_TEXT,
        summary=_TEXT,
        doc=_TEXT,
        module=_TEXT,
        tags=_list(_TEXT),
        parameters={"type": "object"},
        defaults={"type": "object"},
        timeout_seconds=_or_null({"type": "number"}),
        memory_bytes=_or_null(_WHOLE),
        max_file_bytes=_or_null(_WHOLE),
        cancel_grace_seconds=_REAL,
        retries=_WHOLE,
        retry_on=_list(_TEXT),
        retry_wait_seconds=_REAL,
        priority=_WHOLE,
        concurrency=_or_null(_WHOLE),
        resources=_map(_WHOLE),
        isolation=_TEXT,
        links=_object(self=_TEXT, form=_TEXT, runs=_TEXT),
    ),
    "Experiments": _page("experiments", _ref("Experiment"), broken=_list(_BROKEN), ready={"type": "boolean"}),
    "Metrics": _object(metrics=_map(_SERIES), cursor=_TEXT),
    "Log": _LOG,
    "LogLines": _object(
        rows=_list(_object(number=_WHOLE, stream=_STREAM, time=_REAL, text=_TEXT, start=_WHOLE, more=_WHOLE)),
        previous=_or_null(_WHOLE),
        next=_or_null(_WHOLE),
        size=_WHOLE,
        lines=_WHOLE,
        gap=_or_null(_WHOLE),
        left_out=_or_null(_LEFT_OUT),
        styles=_map(_TEXT),
        unfinished=_list(_PIECE),
    ),
    "LogMatches": _object(matches=_list(_object(line=_WHOLE, start=_WHOLE)), next=_or_null(_WHOLE), size=_WHOLE),
    "Events": _page("events", _object(seq=_WHOLE, kind=_TEXT, data={"type": "object"}, at=_TIME)),
    "Attempts": _page(
        "attempts",
        _object(
            attempt=_WHOLE,
            state=_or_null(_TEXT),
            reason=_TEXT,
            exit_code=_or_null(_WHOLE),
            signal=_or_null(_TEXT),
            pid=_or_null(_WHOLE),
            supervisor=_or_null(_TEXT),
            claimed_at=_TIME,
            begun_at=_or_null(_TIME),
            ended_at=_or_null(_TIME),
        ),
    ),
    "Live": _object(
        cursor=_TEXT,
        poll_ms=_WHOLE,
        run=_object(
            id=_TEXT,
            number=_WHOLE,
            experiment=_TEXT,
            state={"enum": [state.value for state in RunState]},
            progress=_or_null(_PROGRESS),
            seed=_or_null(_WHOLE),
            attempt=_WHOLE,
            priority=_WHOLE,
            not_before=_or_null(_TIME),
            queue_position=_or_null(_WHOLE),
            waiting=_or_null(_TEXT),
            created_at=_TIME,
            started_at=_or_null(_TIME),
            finished_at=_or_null(_TIME),
            dropped=_WHOLE,
        ),
        artifacts=_WHOLE,
        event=_WHOLE,
        keys=_list(_TEXT),
        metrics=_map(_object(last=_NUMBER, min=_NUMBER, max=_NUMBER, mean=_NUMBER, count=_WHOLE, step=_WHOLE)),
        points=_map(_SERIES),
        log=_LOG,
    ),
    "Disk": _object(
        experiments=_list(
            _object(experiment=_TEXT, runs=_WHOLE, files=_WHOLE, logs=_WHOLE, metrics=_WHOLE, total=_WHOLE)
        ),
        files=_WHOLE,
        logs=_WHOLE,
        metrics=_WHOLE,
        total=_WHOLE,
        free=_WHOLE,
        in_bin=_WHOLE,
    ),
    "Health": _object(
        status={"enum": ["ok", "trouble"]},
        trouble=_TEXT,
        version=_TEXT,
        supervised={"type": "boolean"},
        workers=_WHOLE,
        queued=_WHOLE,
        running=_WHOLE,
    ),
    "Problem": {
        "type": "object",
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": _WHOLE,
            "detail": _TEXT,
            "errors": _list(_object(param=_TEXT, message=_TEXT)),
        },
        "required": ["type", "title", "status", "detail"],
    },
}
