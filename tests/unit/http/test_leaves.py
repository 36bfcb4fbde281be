from __future__ import annotations

from typing import Any

from flasklab.http.leaves import leaves

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "epochs": {"type": "integer", "x-flasklab": {"kind": "integer", "unit": "rounds"}},
        "mode": {"anyOf": [{"enum": ["a", "b"], "type": "string"}, {"type": "null"}], "default": None},
        "optimizer": {"$ref": "#/$defs/Optimizer"},
        "maybe": {"anyOf": [{"$ref": "#/$defs/Optimizer"}, {"type": "null"}], "default": None},
        "several": {"type": "array", "items": {"$ref": "#/$defs/Color"}},
        "data": {"type": "object", "properties": {"file": {}}, "x-flasklab": {"kind": "file"}},
        "tree": {"$ref": "#/$defs/Tree"},
    },
    "required": ["epochs", "optimizer"],
    "$defs": {
        "Optimizer": {
            "title": "Optimizer",
            "type": "object",
            "properties": {"lr": {"type": "number"}, "decay": {"$ref": "#/$defs/Decay"}},
            "required": ["lr"],
        },
        "Decay": {"type": "object", "properties": {"rate": {"type": "number", "default": 0.5}}},
        "Color": {"enum": ["red", "blue"]},
        "Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}},
    },
}


def test_nested_values_are_asked_for_one_by_one_and_optional_ones_as_json() -> None:
    found = {leaf.name: leaf.kind for leaf in leaves(SCHEMA)}
    tree = found.popitem()
    assert found == {
        "epochs": "integer",
        "mode": "choice",
        "optimizer.lr": "number",
        "optimizer.decay.rate": "number",
        "maybe": "json",
        "several": "choices",
        "data": "file",
    }
    assert tree == ("tree.left.left.left.left.left", "json")


def test_a_list_is_written_as_what_its_items_are() -> None:
    item = {"type": "object", "properties": {"units": {"type": "integer"}}}
    number = {"type": "number"}
    lists = {
        "numbers": number,
        "anything": {},
        "layers": {"$ref": "#/$defs/Layer"},
        "weights": {"type": "object", "additionalProperties": number},
        "matrix": {"type": "array", "items": number},
    }
    properties = {name: {"type": "array", "items": found} for name, found in lists.items()}
    properties["pair"] = {"type": "array", "prefixItems": [number, {"$ref": "#/$defs/Layer"}]}
    schema = {"type": "object", "properties": properties, "$defs": {"Layer": item}}
    assert {leaf.name: leaf.kind for leaf in leaves(schema)} == {
        "numbers": "list",
        "anything": "list",
        "layers": "objects",
        "weights": "objects",
        "matrix": "json",
        "pair": "json",
    }


def test_a_leaf_knows_what_its_field_needs() -> None:
    found = {leaf.name: leaf for leaf in leaves(SCHEMA)}
    assert found["epochs"].marks["unit"] == "rounds"
    assert [name for name, leaf in found.items() if leaf.required] == ["epochs", "optimizer.lr"]
    assert [name for name, leaf in found.items() if leaf.nullable] == ["mode", "maybe"]
    assert found["optimizer.lr"].group == "Optimizer"
    assert found["optimizer.decay.rate"].group == "Optimizer · decay"
    assert found["several"].schema["items"]["enum"] == ["red", "blue"]
    assert found["data"].is_file
    assert found["optimizer.lr"].value_in({"optimizer": {"lr": 0.1}}) == 0.1
    assert found["optimizer.lr"].value_in({"optimizer": None}) is None
