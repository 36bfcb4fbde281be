"""What a start brings with it: parameters as form fields, multipart files, JSON or query, all read alike.

Uploads are stored before anything is validated, so that a mistyped number never costs a second upload: a kept
file comes back as a hidden field that holds the file's JSON value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from flask import current_app, request

from flasklab.errors import InvalidParametersError, ParameterError
from flasklab.experiments import parameters
from flasklab.http import doors, start_options, waiting
from flasklab.http.lab import current_lab
from flasklab.http.leaves import leaves
from flasklab.http.problems import Refusal
from flasklab.runs.json import decode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from flasklab.experiments.shape import Schema
    from flasklab.http.leaves import Leaf
    from flasklab.store.files import FileStore

# Query names that steer the request; a parameter of such a name is sent in the body.
RESERVED = frozenset({waiting.QUERY_NAME, "from", "restore", "needed", "preset"}) | start_options.QUERY_NAMES
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 500  # characters, nested ones included
_DEEPEST_JSON = 100  # levels; Python and the schema's validator walk values recursively


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What was sent for an experiment's parameters."""

    values: Mapping[str, Any]  # as JSON, read by the schema, not validated yet
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)  # texts as typed, to be shown again
    files: Mapping[str, Any] = field(default_factory=dict)  # values of new and kept uploads


def read_submitted(schema: Schema) -> Submitted:
    """The parameters that the present request brings for an experiment with this schema.

    Raises:
        Refusal: the body is of a kind or shape that cannot be read.
    """
    query = _query_fields()
    if doors.is_form():
        return _from_form(schema, query)
    _check_names(query)
    values = parameters.from_text(schema, query)
    if request.mimetype == "application/json" or request.mimetype.endswith("+json"):
        sent = _json_object()
        _check_names(sent)
        values |= sent
    elif request.mimetype and _has_body():
        raise Refusal(415, f"Send parameters as a form or as application/json; this body is {request.mimetype[:60]!r}.")
    return Submitted(values=values, fields=query)


def _check_names(names: Collection[str]) -> None:
    """Refuse what no experiment can have, before it is looked at and told back."""
    if len(names) > doors.MOST_FIELDS:
        raise Refusal(422, f"There are more than {doors.MOST_FIELDS} parameters; no experiment has so many.")
    if any(len(name) > _LONGEST_NAME for name in names):
        raise Refusal(422, f"A parameter's name has more than {_LONGEST_NAME} characters; none is so long.")


def _has_body() -> bool:
    return bool(request.content_length) or bool(request.headers.get("Transfer-Encoding"))


def _query_fields() -> dict[str, list[str]]:
    return {name: texts for name, texts in request.args.lists() if name not in RESERVED}


def _json_object() -> dict[str, Any]:
    body = request.get_data(cache=False)
    if not body.strip():
        return {}
    try:
        found = decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise Refusal(400, f"The body is not JSON: {str(error)[:200]}", title="Not JSON") from None
    if not isinstance(found, dict):
        raise Refusal(422, 'The body must be a JSON object of parameters, like {"param": 21}.')
    if _depth(found) > _DEEPEST_JSON:
        raise Refusal(422, f"The body is nested more than {_DEEPEST_JSON} levels deep.")
    return found


def _depth(value: Any) -> int:
    """Levels of containers, counted without recursion."""
    depth, level = 0, [value]
    while level:
        level = [
            item
            for one in level
            if isinstance(one, (dict, list))
            for item in (one.values() if isinstance(one, dict) else one)
        ]
        depth += 1
    return depth


def _from_form(schema: Schema, query: Mapping[str, list[str]]) -> Submitted:
    token = current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token")
    sent = {
        name: texts
        for name, texts in request.form.lists()
        if name != token and not name.startswith(start_options.FIELD_PREFIX)
    }
    asked = list(leaves(schema))
    if token in request.form:
        sent = {**_unchecked(asked, sent), **sent}
    fields = {**query, **sent}
    _check_names(fields)
    files = _kept_files(asked, fields) | _new_files(asked)
    texts = {name: found for name, found in fields.items() if name not in files}
    values = parameters.from_text(schema, texts)
    for name, value in files.items():
        _put(values, name, value)
    return Submitted(values=values, fields=texts, files=files)


def _unchecked(asked: Sequence[Leaf], sent: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a browser leaves out of a form: boxes that are not checked."""
    empty = {"boolean": ["false"], "choices": ["[]"]}
    return {
        leaf.name: empty[leaf.kind]
        for leaf in asked
        if leaf.name not in sent and leaf.kind in empty and not (leaf.kind == "boolean" and leaf.nullable)
    }


def _kept_files(asked: Sequence[Leaf], fields: Mapping[str, list[str]]) -> dict[str, Any]:
    """The values of hidden fields that stand for uploads of an earlier try."""
    kept = {}
    for leaf in asked:
        texts = [text for text in fields.get(leaf.name, ()) if text[:1] in ("{", "[")]
        if leaf.is_file and texts:
            try:
                kept[leaf.name] = decode(texts[-1])
            except (msgspec.DecodeError, RecursionError, ValueError):
                continue
    return kept


def _new_files(asked: Sequence[Leaf]) -> dict[str, Any]:
    """The uploads of this request, stored; an untouched file input sends an empty name."""
    lab = current_lab()
    several = {leaf.name for leaf in asked if leaf.is_file and leaf.schema.get("type") == "array"}
    stored: dict[str, Any] = {}
    for name, uploads in request.files.lists():
        found = [
            lab.services.upload(upload.stream, upload.filename, lab.settings.max_upload)
            for upload in uploads
            if upload.filename
        ]
        if found:
            stored[name] = found if name in several else found[-1]
    return stored


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    """Set a value by its dotted name."""
    *path, last = name.split(".")
    for part in path:
        inner = values.get(part)
        if not isinstance(inner, dict):
            inner = values[part] = {}
        values = inner
    values[last] = value


def check_files(schema: Schema, params: Mapping[str, Any]) -> None:
    """Make sure that every file which validated parameters name is in the lab.

    Raises:
        InvalidParametersError: some are not; they must be uploaded again.
    """
    files = current_lab().services.store.files
    missing = tuple(
        ParameterError(name, f"the file {str(value.get('file'))[:100]!r} is no longer in the lab; upload it again")
        for name, value in _file_values(schema, params)
        if not _is_stored(files, value)
    )
    if missing:
        raise InvalidParametersError(missing)


def _is_stored(files: FileStore, value: Mapping[str, Any]) -> bool:
    sha256 = str(value.get("sha256"))
    return _SHA256.fullmatch(sha256) is not None and files.keep(sha256)


def _file_values(schema: Schema, params: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for leaf in leaves(schema):
        if leaf.is_file:
            value = leaf.value_in(params)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    yield leaf.name, one
