"""Parameters are checked against their schema alone, defaults filled in."""

from __future__ import annotations

from typing import Any

import pytest

from flasklab.errors import InvalidParametersError, ParameterError
from flasklab.experiments.parameters import from_text, to_text, validate

SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "double",
    "properties": {
        "param": {"type": "number", "default": 21.0},
        "name": {"type": "string"},
        "wait": {"type": "string", "format": "duration", "default": "PT1M"},
        "sizes": {"type": "array", "items": {"type": "integer"}, "default": [1]},
        "limited": {"type": "number", "minimum": 0, "default": 1.0},
    },
    "required": ["name"],
    "additionalProperties": False,
}
DEFAULTS: dict[str, Any] = {"param": 21.0, "wait": "PT1M", "sizes": [1], "limited": 1.0}


def refused(values: dict[str, Any]) -> tuple[ParameterError, ...]:
    with pytest.raises(InvalidParametersError) as caught:
        validate(SCHEMA, DEFAULTS, values)
    return caught.value.errors


def test_defaults_are_filled_in_in_the_order_of_the_signature() -> None:
    found = validate(SCHEMA, DEFAULTS, {"name": "a"})

    assert list(found.params.items()) == [
        ("param", 21.0),
        ("name", "a"),
        ("wait", "PT1M"),
        ("sizes", [1]),
        ("limited", 1.0),
    ]
    assert found.given == ("name",)


def test_a_value_equal_to_its_default_is_not_given_however_it_is_spelled() -> None:
    found = validate(SCHEMA, DEFAULTS, {"name": "a", "param": 21, "wait": "60", "sizes": [1.0]})

    assert found.given == ("name",)
    assert repr(found.params["param"]) == "21.0"
    assert found.params["wait"] == "PT1M"


def test_what_differs_is_given() -> None:
    assert validate(SCHEMA, DEFAULTS, {"name": "a", "param": 3, "sizes": []}).given == ("param", "name", "sizes")


def test_the_defaults_themselves_are_not_handed_out() -> None:
    validate(SCHEMA, DEFAULTS, {"name": "a"}).params["sizes"].append(2)

    assert DEFAULTS["sizes"] == [1]


def test_numbers_that_json_cannot_hold_are_strings_where_nothing_limits_them() -> None:
    assert validate(SCHEMA, DEFAULTS, {"name": "a", "param": "NaN"}).params["param"] == "NaN"
    assert validate(SCHEMA, DEFAULTS, {"name": "a", "param": float("-inf")}).params["param"] == "-Infinity"
    assert refused({"name": "a", "limited": "NaN"}) == (ParameterError("limited", "must be a finite number: NaN"),)


def test_a_name_that_is_no_number_is_refused_where_text_is_expected_not() -> None:
    assert validate(SCHEMA, DEFAULTS, {"name": "NaN"}).params["name"] == "NaN"


def test_all_errors_are_told_at_once() -> None:
    assert refused({"param": "abc", "parm": 1, "limited": -1}) == (
        ParameterError("param", "is not a number: 'abc'"),
        ParameterError("name", "is required"),
        ParameterError("limited", "must be at least 0"),
        ParameterError("parm", "double has no parameter 'parm'; did you mean 'param'?"),
    )


def test_an_object_given_in_part_is_recorded_with_the_defaults_of_the_rest() -> None:
    layer = {
        "type": "object",
        "properties": {"size": {"type": "integer"}, "bias": {"type": "boolean", "default": True}},
        "required": ["size"],
    }
    model = {
        "type": "object",
        "properties": {
            "rate": {"type": "number", "default": 0.5},
            "layers": {"type": "array", "items": {"$ref": "#/$defs/Layer"}, "default": []},
        },
    }
    schema = {"type": "object", "properties": {"model": {"$ref": "#/$defs/Model"}}, "additionalProperties": False}
    schema["$defs"] = {"Model": model, "Layer": layer}
    checked = validate(schema, {}, {"model": {"layers": [{"size": 3}]}})
    assert checked.params == {"model": {"rate": 0.5, "layers": [{"size": 3, "bias": True}]}}
    assert validate(schema, {"model": {"rate": 0.5, "layers": []}}, {"model": {}}).given == ()


def test_parameters_nested_too_deeply_are_refused() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]

    assert "param" in refused({"name": "a", "sizes": value})[0].message


def test_a_form_and_its_address_say_the_same() -> None:
    first = validate(SCHEMA, DEFAULTS, from_text(SCHEMA, {"name": ["a"], "wait": ["2m"], "sizes": ["1,2"]}))
    again = validate(SCHEMA, DEFAULTS, from_text(SCHEMA, to_text(SCHEMA, first.params)))

    assert again == first
