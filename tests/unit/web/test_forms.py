from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from flasklab.errors import ParameterError
from flasklab.experiments.description import Description
from flasklab.web.forms import filled_with, parameters_form

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        # Named like attributes of a form.
        "data": {"title": "Data", "type": "object", "x-flasklab": {"kind": "table", "accept": [".csv"]}},
        "errors": {"title": "Errors", "type": "string", "description": "of what", "default": ""},
        "validate": {"title": "Validate", "type": "boolean", "default": True},
        "layers": {"title": "Layers", "type": "array", "items": {"type": "integer"}, "default": [8, 4]},
        "rate": {
            "title": "Rate",
            "type": "number",
            "minimum": 0,
            "exclusiveMaximum": 1,
            "default": 0.5,
            "x-flasklab": {"kind": "number", "unit": "1/s", "step": 0.1, "log": True},
        },
        "maybe": {"title": "Maybe", "anyOf": [{"type": "boolean"}, {"type": "null"}], "default": None},
        "options": {"anyOf": [{"$ref": "#/$defs/Options"}, {"type": "null"}], "default": None},
    },
    "required": ["data"],
    "$defs": {"Options": {"type": "object", "properties": {"a": {"type": "integer"}}}},
}
DESCRIPTION = Description(
    name="fit",
    title="Fit",
    summary="",
    doc="",
    module="experiments.fit",
    function="fit",
    file="/lab/experiments/fit.py",
    line=1,
    parameters=SCHEMA,
    defaults={"errors": "", "validate": True, "layers": [8, 4], "rate": 0.5, "maybe": None, "options": None},
)
FILE = {"file": "t.csv", "sha256": "0" * 64, "size": 3}


@pytest.fixture(autouse=True)
def _in_a_request() -> Iterator[None]:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "of a test"  # noqa: S105 - signs nothing outside of tests
    with app.test_request_context():
        yield


def test_any_parameter_name_is_a_field() -> None:
    form = parameters_form(DESCRIPTION, *filled_with(DESCRIPTION, DESCRIPTION.defaults))
    assert [field.name for field in form.parameters] == list(SCHEMA["properties"])
    assert [field.data for field in form.parameters] == [None, "", True, ["8", "4"], "0.5", "", ""]
    assert "csrf_token" in form


def test_a_field_is_drawn_from_its_schema() -> None:
    form = parameters_form(DESCRIPTION, {}, {})
    specs = {field.spec.name: field.spec for field in form.parameters}
    rate = specs["rate"]
    assert (rate.label, rate.kind, rate.unit, rate.step, rate.logarithmic) == ("Rate", "number", "1/s", 0.1, True)
    assert (rate.minimum, rate.maximum, rate.default_text, rate.required) == (0, 1, "0.5", False)
    assert (specs["data"].required, specs["data"].accept) == (True, (".csv",))
    assert specs["errors"].help == "of what"
    assert specs["maybe"].nullable


def test_what_a_run_had_fills_the_form() -> None:
    params = {"data": FILE, "validate": False, "options": {"a": 1}, "maybe": True}
    form = parameters_form(DESCRIPTION, *filled_with(DESCRIPTION, params))
    data = {field.spec.name: field.data for field in form.parameters}
    assert (data["data"], data["validate"], data["options"], data["maybe"]) == (FILE, False, '{"a":1}', "true")
    kept = next(form.parameters).kept
    assert kept == '{"file":"t.csv","sha256":"' + "0" * 64 + '","size":3}'


def test_errors_stand_beside_the_nearest_field() -> None:
    form = parameters_form(DESCRIPTION, {}, {})
    form.blame(
        [
            ParameterError("rate", "must be at least 0"),
            ParameterError("rate", "is odd"),
            ParameterError("layers.1", "is not a whole number"),
            ParameterError("unknown", "is no parameter"),
        ]
    )
    errors = {field.spec.name: list(field.errors) for field in form.parameters if field.errors}
    assert errors == {"rate": ["must be at least 0", "is odd"], "layers": ["1: is not a whole number"]}
