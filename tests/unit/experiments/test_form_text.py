"""Texts become the values they mean, and values become texts that mean them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flasklab.experiments.canonical import write_duration
from flasklab.experiments.form_text import from_text, to_text

NULL = {"type": "null"}
INTEGER, NUMBER, BOOLEAN, TEXT = ({"type": kind} for kind in ("integer", "number", "boolean", "string"))
DURATION = {"type": "string", "format": "duration"}
CHOICE = {"enum": ["svm", "a,b", 2, True]}
OPTIMIZER = {
    "type": "object",
    "properties": {"lr": NUMBER, "color": {"enum": ["red", "blue"]}, "betas": {"type": "array", "items": NUMBER}},
}


def read(schema: dict[str, Any], *texts: str) -> Any:
    return from_text({"properties": {"x": schema}, "$defs": {"O": OPTIMIZER}}, {"x": texts}).get("x", "left out")


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, NULL]}


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        (INTEGER, " 21 ", 21),
        (INTEGER, "1e3", 1000),
        (INTEGER, "1_000", 1000),
        (INTEGER, "1.5", "1.5"),
        (INTEGER, "abc", "abc"),
        (INTEGER, "NaN", "NaN"),
        (INTEGER, "9" * 5000, "9" * 5000),
        (NUMBER, "1e-3", 0.001),
        (NUMBER, ".5", 0.5),
        (NUMBER, "+5.", 5.0),
        (NUMBER, "nan", "NaN"),
        (NUMBER, "-inf", "-Infinity"),
        (NUMBER, "Infinity", "Infinity"),
        (NUMBER, "1e999", "1e999"),
        (NUMBER, "0,5", "0,5"),
        (BOOLEAN, "on", True),
        (BOOLEAN, "YES", True),
        (BOOLEAN, "1", True),
        (BOOLEAN, "off", False),
        (BOOLEAN, "0", False),
        (BOOLEAN, "maybe", "maybe"),
        (TEXT, " a\r\nb ", " a\nb "),
        (TEXT, "5", "5"),
        (CHOICE, "svm", "svm"),
        (CHOICE, "2", 2),
        (CHOICE, "true", True),
        (CHOICE, "svn", "svn"),
        ({"type": "string", "format": "date"}, " 2026-01-31 ", "2026-01-31"),
        ({}, '{"a": 1}', {"a": 1}),
        ({}, "plain words", "plain words"),
        ({"type": "object"}, "{broken", "{broken"),
        ({"$ref": "#/$defs/O"}, '{"lr": 1}', {"lr": 1}),
        ({"anyOf": [NUMBER, {"const": "auto"}]}, "0.5", 0.5),
        ({"anyOf": [NUMBER, {"const": "auto"}]}, "auto", "auto"),
        ({"anyOf": [INTEGER, TEXT]}, "5", 5),
        ({"anyOf": [INTEGER, TEXT]}, "five", "five"),
        (optional(NUMBER), "null", None),
        (optional(TEXT), "null", "null"),
    ],
)
def test_a_text_is_read_as_its_schema_says(schema: dict[str, Any], text: str, expected: Any) -> None:
    found = read(schema, text)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (INTEGER, "left out"),
        (BOOLEAN, "left out"),
        ({"enum": ["a"]}, "left out"),
        ({"enum": ["a", ""]}, ""),
        (TEXT, ""),
        ({"type": "array", "items": TEXT}, []),
        (optional(INTEGER), None),
        (optional(TEXT), None),
        (optional({"enum": ["a"]}), None),
        (optional({"type": "array", "items": TEXT}), None),
        (optional({"$ref": "#/$defs/O"}), None),
    ],
)
def test_an_empty_text_means_nothing_where_nothing_is_a_value(schema: dict[str, Any], expected: Any) -> None:
    assert read(schema, "") == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "2"], [1, 2]),
        (["1, 2,3"], [1, 2, 3]),
        (["[1, 2]"], [1, 2]),
        (["1\r\n2\r\n"], [1, 2]),
        (["", "1"], [1]),
        (["1", "x"], [1, "x"]),
    ],
)
def test_several_values_come_repeated_or_in_one_text(texts: list[str], expected: list[Any]) -> None:
    assert read({"type": "array", "items": INTEGER}, *texts) == expected


def test_a_choice_with_a_comma_in_it_is_not_taken_apart() -> None:
    assert read({"type": "array", "items": CHOICE}, "a,b") == ["a,b"]
    assert read({"type": "array", "items": CHOICE}, "svm,2") == ["svm", 2]


def test_each_place_of_a_tuple_is_read_by_its_own_type() -> None:
    assert read({"type": "array", "prefixItems": [INTEGER, TEXT]}, "1", "2") == [1, "2"]


def test_of_a_repeated_boolean_the_last_counts() -> None:
    assert read(BOOLEAN, "off", "on") is True
    assert read(BOOLEAN, "off") is False


def test_a_repeated_single_value_is_kept_for_validation_to_name() -> None:
    assert read(INTEGER, "1", "2") == ["1", "2"]


def test_nested_fields_are_gathered_over_the_default() -> None:
    schema = {
        "properties": {"optimizer": {"$ref": "#/$defs/O", "default": {"lr": 0.1, "color": "red"}}},
        "$defs": {"O": OPTIMIZER},
    }
    fields = {"optimizer.lr": ["0.5"], "optimizer.betas": ["1,2"], "optimizer.lrr": ["1"]}

    assert from_text(schema, fields) == {"optimizer": {"lr": 0.5, "color": "red", "betas": [1.0, 2.0], "lrr": "1"}}


def test_what_deeply_nested_fields_leave_out_comes_from_the_outermost_default() -> None:
    number = {"type": "number"}
    schema = {
        "properties": {
            "config": {"$ref": "#/$defs/C", "default": {"epochs": 3, "optimizer": {"lr": 9.0, "decay": 1.0}}}
        },
        "$defs": {
            "C": {"properties": {"epochs": {"type": "integer"}, "optimizer": {"$ref": "#/$defs/O"}}},
            "O": {"properties": {"lr": number, "decay": number}},
        },
    }

    found = from_text(schema, {"config.optimizer.lr": ["0.5"]})

    assert found == {"config": {"epochs": 3, "optimizer": {"lr": 0.5, "decay": 1.0}}}


def test_an_optional_whose_nested_fields_are_all_empty_is_left_out() -> None:
    schema = {"properties": {"o": optional({"$ref": "#/$defs/O"})}, "$defs": {"O": OPTIMIZER}}

    assert from_text(schema, {"o.lr": [""]}) == {}
    assert from_text(schema, {"o.lr": ["1"]}) == {"o": {"lr": 1.0}}


def test_unknown_names_are_kept_for_validation_to_name() -> None:
    schema = {"properties": {"x": NUMBER}}

    assert from_text(schema, {"parm": ["1"], "x.y": ["2"], "z": ["1", "2"]}) == {
        "parm": "1",
        "x.y": "2",
        "z": ["1", "2"],
    }


def test_files_are_left_out_of_texts_and_read_from_json() -> None:
    file = {"file": "a.csv", "sha256": "0" * 64, "size": 1}
    schema = {"properties": {"x": {"type": "object", "x-flasklab": {"kind": "table"}}}}

    assert to_text(schema, {"x": file}) == {}
    assert from_text(schema, {"x": ['{"file":"a.csv"}']}) == {"x": {"file": "a.csv"}}


def test_durations_are_written_as_people_write_them() -> None:
    several = {"type": "array", "items": DURATION}
    schema = {"properties": {"wait": optional(DURATION), "waits": several, "text": TEXT}}

    found = to_text(schema, {"wait": "PT1H30M", "waits": ["PT90S", "P1D"], "text": "PT1H"})

    assert found == {"wait": ["1h 30m"], "waits": ["1m 30s", "1d"], "text": ["PT1H"]}


def test_objects_in_a_list_are_written_one_by_one() -> None:
    schema = {"properties": {"x": {"type": "array", "items": {"$ref": "#/$defs/O"}}}, "$defs": {"O": OPTIMIZER}}

    assert to_text(schema, {"x": [{"lr": 0.1, "color": "red"}, {}]}) == {"x": ['{"lr":0.1,"color":"red"}', "{}"]}
    assert from_text(schema, {"x": ['{"lr": 1,\n "color": "red"}']}) == {"x": [{"lr": 1, "color": "red"}]}
    assert from_text(schema, {"x": ['{"lr": 1}\r\n{"lr": 2}']}) == {"x": [{"lr": 1}, {"lr": 2}]}


ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
PARAMETERS: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "integer": (INTEGER, st.integers()),
    "number": (NUMBER, FINITE | st.sampled_from(["NaN", "Infinity", "-Infinity"])),
    "boolean": (BOOLEAN, st.booleans()),
    "text": (TEXT, ANY_TEXT),
    "maybe": (optional(NUMBER), st.none() | FINITE),
    "choice": (CHOICE, st.sampled_from(["svm", "a,b", 2])),
    "choices": ({"type": "array", "items": CHOICE}, st.lists(st.sampled_from(["svm", "a,b", 2]))),
    "duration": (DURATION, st.timedeltas().map(write_duration)),
    "durations": ({"type": "array", "items": DURATION}, st.lists(st.timedeltas().map(write_duration))),
    "texts": ({"type": "array", "items": TEXT}, st.lists(ANY_TEXT)),
    "numbers": (optional({"type": "array", "items": NUMBER}), st.none() | st.lists(FINITE)),
    "matrix": ({"type": "array", "items": {"type": "array", "items": INTEGER}}, st.lists(st.lists(st.integers(0, 9)))),
    "objects": ({"type": "array", "items": {"type": "object"}}, st.lists(st.dictionaries(ANY_TEXT, st.integers(0, 9)))),
    "free": ({}, st.none() | st.recursive(st.booleans() | ANY_TEXT, lambda inner: st.lists(inner))),
    "table": ({"type": "object"}, st.dictionaries(ANY_TEXT, st.integers(0, 9))),
    "nested": (
        {"$ref": "#/$defs/O"},
        st.fixed_dictionaries({"lr": FINITE, "color": st.sampled_from(["red", "blue"]), "betas": st.lists(FINITE)}),
    ),
}


@given(st.fixed_dictionaries({}, optional={name: values for name, (_, values) in PARAMETERS.items()}))
def test_what_was_written_is_read_again(params: dict[str, Any]) -> None:
    schema = {"properties": {name: one for name, (one, _) in PARAMETERS.items()}, "$defs": {"O": OPTIMIZER}}

    assert from_text(schema, to_text(schema, params)) == params
