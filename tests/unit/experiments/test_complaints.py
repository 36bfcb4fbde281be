"""Every complaint is in words for people, and all of them come at once."""

from __future__ import annotations

from typing import Any

import pytest

from flasklab.experiments.complaints import complaints

SHA = "a" * 64
FILE = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "pattern": "[.]csv$"},
        "sha256": {"type": "string"},
        "size": {"type": "integer", "maximum": 2_000_000},
    },
    "required": ["file", "sha256", "size"],
    "additionalProperties": False,
    "x-flasklab": {"kind": "table", "accept": [".csv"], "max_size": 2_000_000},
}


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def of(schema: dict[str, Any], value: Any) -> dict[str, str]:
    root = {"type": "object", "title": "train", "properties": {"x": schema}}
    return {error.param: error.message for error in complaints(root, {"x": value})}


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "integer"}, "abc", "is not a whole number: 'abc'"),
        ({"type": "integer"}, 1.5, "must be a whole number: 1.5"),
        ({"type": "number"}, True, "is not a number: true"),
        ({"type": "number", "minimum": 0}, "NaN", "must be a finite number: NaN"),
        ({"type": "string"}, 5, "is not text: 5"),
        ({"type": "boolean"}, "maybe", "is neither true nor false: 'maybe'"),
        ({"type": "array"}, 5, "is not a list: 5"),
        ({"type": "number"}, None, "must not be empty"),
        ({"type": "number"}, ["1", "2"], 'takes one value, and 2 were given: ["1","2"]'),
        ({"type": "number", "minimum": 0.05}, 0, "must be at least 0.05"),
        ({"type": "number", "maximum": 500.0}, 501, "must be at most 500"),
        ({"type": "number", "exclusiveMinimum": 0}, 0, "must be more than 0"),
        ({"type": "number", "exclusiveMaximum": 1}, 1, "must be less than 1"),
        ({"type": "number", "multipleOf": 0.1}, 0.15, "must be a multiple of 0.1"),
        (
            {"type": "number", "minimum": 1, "x-flasklab": {"unit": "m/s"}},
            0,
            "must be at least 1 m/s",
        ),
        ({"type": "string", "minLength": 1}, "", "must not be empty"),
        ({"type": "string", "minLength": 3}, "a", "needs at least 3 characters"),
        ({"type": "string", "maxLength": 1}, "ab", "takes at most 1 character"),
        ({"type": "array", "minItems": 1}, [], "needs at least one value"),
        ({"type": "array", "maxItems": 2}, [1, 2, 3], "takes at most 2 values"),
        ({"type": "array", "uniqueItems": True}, [1, 1], "has the same value more than once"),
        ({"type": "string", "pattern": "^a"}, "b", "does not match the pattern ^a: 'b'"),
        ({"enum": ["svm", "forest"], "type": "string"}, "svn", "is not one of svm, forest: 'svn'"),
        ({"enum": ["svm", "forest"], "type": "string"}, 5, "is not one of svm, forest: 5"),
        ({"const": "only", "type": "string"}, "x", "must be 'only': 'x'"),
        ({"type": "string", "format": "date"}, "x", "is not a date like 2026-11-23: 'x'"),
        ({"type": "string", "format": "date"}, 5, "is not a date like 2026-11-23: 5"),
        ({"anyOf": [{"type": "number"}, {"const": "auto"}]}, [], "is not a number or auto: []"),
        (optional({"type": "number", "minimum": 1}), 0, "must be at least 1"),
        (optional({"type": "number"}), "abc", "is not a number: 'abc'"),
        (FILE, "abc", "needs a file"),
        (FILE, {}, "needs a file"),
        (optional(FILE), "abc", "needs a file"),
        (FILE, {"file": "a.txt", "sha256": SHA, "size": 1}, "must be a file that ends with .csv: 'a.txt'"),
        (
            FILE,
            {"file": "a.csv", "sha256": SHA, "size": 3_000_000},
            "must be a file of at most 2.0 MB; this one has 3.0 MB",
        ),
    ],
)
def test_a_wrong_value_is_told_in_words(schema: dict[str, Any], value: Any, message: str) -> None:
    assert of(schema, value) == {"x": message}


def test_a_right_value_has_no_complaint() -> None:
    assert of(FILE, {"file": "a.csv", "sha256": SHA, "size": 1}) == {}
    assert of(optional({"type": "number"}), None) == {}


def test_a_file_in_a_list_is_named_by_its_place() -> None:
    assert of({"type": "array", "items": FILE}, [{}]) == {"x.0": "needs a file"}


def test_long_values_and_long_lists_of_choices_are_cut() -> None:
    message = of({"enum": [f"choice{number}" for number in range(30)]}, "x" * 500)["x"]

    assert "and 18 more" in message
    assert len(message) < 260


def test_all_that_is_wrong_comes_at_once_in_the_order_of_the_parameters() -> None:
    inner = {
        "type": "object",
        "properties": {"lr": {"type": "number"}, "steps": {"type": "integer"}},
        "required": ["steps"],
        "additionalProperties": False,
    }
    schema = {
        "type": "object",
        "title": "double",
        "properties": {"first": {"type": "integer"}, "nested": {"$ref": "#/$defs/I"}, "param": {"type": "number"}},
        "required": ["first", "param"],
        "additionalProperties": False,
        "$defs": {"I": inner},
    }

    found = complaints(schema, {"parm": 1, "param": "x", "nested": {"lrr": 1, "lr": "y"}, "other": 2})

    assert [(error.param, error.message) for error in found] == [
        ("first", "is required"),
        ("nested.lr", "is not a number: 'y'"),
        ("nested.lrr", "nested has no field 'lrr'; did you mean 'lr'?"),
        ("nested.steps", "is required"),
        ("param", "is not a number: 'x'"),
        ("parm", "double has no parameter 'parm'; did you mean 'param'?"),
        ("other", "double has no parameter 'other'; it takes first, nested, param"),
    ]


def test_what_is_not_json_is_a_complaint_and_no_crash() -> None:
    found = complaints({"type": "object", "properties": {"x": {"type": "integer"}}}, {"x": object()})

    assert [error.message.partition(":")[0] for error in found] == ["the parameters cannot be read"]
