"""Schemas are read through references and optionals."""

from __future__ import annotations

from typing import Any

import pytest

from flasklab.experiments.shape import is_nullable, kind_of, options, plain, property_at

ROOT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "optimizer": {"anyOf": [{"$ref": "#/$defs/Optimizer"}, {"type": "null"}], "title": "the optimizer"},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "free": {"type": "object", "additionalProperties": {"type": "number"}},
    },
    "$defs": {
        "Optimizer": {"type": "object", "title": "Optimizer", "properties": {"lr": {"type": "number"}}},
        "Color": {"enum": ["red", "blue"], "type": "string"},
        "Loop": {"$ref": "#/$defs/Loop"},
    },
}
NULL = {"type": "null"}


def test_an_optional_reference_is_seen_through_and_what_stands_beside_it_wins() -> None:
    found = plain(ROOT["properties"]["optimizer"], ROOT)

    assert found["type"] == "object"
    assert found["title"] == "the optimizer"
    assert "anyOf" not in found


def test_a_circle_of_references_ends() -> None:
    assert plain({"$ref": "#/$defs/Loop"}, ROOT) == {"$ref": "#/$defs/Loop"}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "integer"}, "integer"),
        ({"type": "number"}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "string"}, "text"),
        ({"type": "string", "multiline": True}, "multiline"),
        ({"type": "string", "format": "date-time"}, "datetime"),
        ({"type": "string", "format": "uuid"}, "text"),
        ({"const": "a"}, "choice"),
        ({"$ref": "#/$defs/Color"}, "choice"),
        ({"type": "array", "items": {"$ref": "#/$defs/Color"}}, "choices"),
        ({"type": "array", "items": {"type": "number"}}, "list"),
        ({"type": "array", "prefixItems": [{"const": 1}]}, "list"),
        ({"type": "array", "items": {"type": "object", "x-flasklab": {"kind": "file"}}}, "file"),
        ({"$ref": "#/$defs/Optimizer"}, "object"),
        ({"type": "object", "additionalProperties": True}, "json"),
        ({}, "json"),
        ({"anyOf": [{"type": "number"}, {"const": "auto"}]}, "text"),
        ({"anyOf": [{"type": "number"}, {"type": "array"}]}, "json"),
        ({"anyOf": [{"type": "number"}, {"type": "string", "pattern": "x"}]}, "text"),
        ({"anyOf": [{"type": ["number", "string"], "format": "decimal"}, {"const": "auto"}]}, "text"),
        ({"anyOf": [{"type": "number"}, NULL]}, "number"),
    ],
)
def test_a_schema_asks_for_one_kind_of_field(schema: dict[str, Any], kind: str) -> None:
    assert kind_of(plain(schema, ROOT), ROOT) == kind


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, True),
        ({"title": "anything"}, True),
        (NULL, True),
        ({"anyOf": [{"type": "number"}, NULL]}, True),
        ({"enum": ["a", None]}, True),
        ({"type": "number"}, False),
        ({"$ref": "#/$defs/Color"}, False),
        ({"anyOf": [{"type": "number"}, {"type": "string"}]}, False),
    ],
)
def test_none_is_a_value_of_some(schema: dict[str, Any], expected: bool) -> None:
    assert is_nullable(schema, ROOT) is expected


def test_options_leave_none_out() -> None:
    assert options({"enum": ["a", None, 1]}) == ["a", 1]
    assert options({"const": "a"}) == ["a"]
    assert options({"type": "string"}) == []


def test_a_path_leads_to_the_schema_of_what_stands_there() -> None:
    assert property_at(ROOT, ["optimizer", "lr"], ROOT) == {"type": "number"}
    assert property_at(ROOT, ["sizes", 3], ROOT) == {"type": "integer"}
    assert property_at(ROOT, ["free", "any"], ROOT) == {"type": "number"}
    assert property_at(ROOT, ["unknown"], ROOT) is None
