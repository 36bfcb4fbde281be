"""However many items are wrong, only as many are looked at as people can be told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from flasklab.experiments.complaints import complaints
from flasklab.experiments.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBER = {"type": "number"}
NUMBERS: dict[str, Any] = {"type": "array", "items": NUMBER}


def of(schema: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"type": "object", "title": "train", "properties": {"x": schema}, **others}


def check_of(schema: dict[str, Any]) -> Callable[[Any], bool]:
    return jsonschema_rs.Draft202012Validator(schema).is_valid


def kept(schema: dict[str, Any], value: Any, most: int = 3, **others: Any) -> Any:
    return excerpt({"x": value}, of(schema, **others), most, check_of)["x"]


@pytest.mark.parametrize(
    ("schema", "value", "left"),
    [
        (NUMBERS, ["a"] * 10, ["a"] * 3),
        (NUMBERS, [1, "a", 2, "b", "c", 3, "d", 4], [1, "a", 2, "b", "c", 3]),
        (NUMBERS, [1] * 9 + ["a"], [1] * 9 + ["a"]),
        ({**NUMBERS, "minItems": 5}, ["a"] * 10, ["a"] * 5),
        ({"anyOf": [NUMBERS, {"type": "null"}]}, ["a"] * 10, ["a"] * 3),
        ({"type": "array", "items": NUMBERS}, [["a", "b"], ["c", "d"], ["e"]], [["a", "b"], ["c"]]),
        ({"type": "array", "prefixItems": [NUMBERS, NUMBER]}, [["a"] * 10, "b", 1], [["a"] * 3, "b", 1]),
        ({"type": "object", "additionalProperties": NUMBER}, dict.fromkeys("abcde", ""), dict.fromkeys("abc", "")),
        ({"type": "object", "properties": {"lr": NUMBERS}}, {"lr": ["a"] * 4, "z": 1}, {"lr": ["a"] * 3, "z": 1}),
        (NUMBER, ["a"] * 10, ["a"] * 10),
    ],
)
def test_what_follows_enough_wrong_items_is_left_out(schema: dict[str, Any], value: Any, left: Any) -> None:
    assert kept(schema, value) == left


def test_items_are_checked_by_what_their_schema_refers_to() -> None:
    items = {"type": "array", "items": {"$ref": "#/$defs/N"}}

    assert kept(items, [1, "a", "b"], most=1, **{"$defs": {"N": NUMBER}}) == [1, "a"]


def test_a_wrong_item_is_named_by_its_place_however_late_it_comes() -> None:
    found = complaints(of(NUMBERS), {"x": [1.5] * 50_000 + ["a"] * 50_000})

    assert found[0].param == "x.50000"
    assert len(found) == 2000


def test_unknown_names_are_told_up_to_a_limit() -> None:
    inner = {"type": "object", "properties": {"lr": NUMBER}, "additionalProperties": False}

    assert len(complaints(of(inner), {"x": dict.fromkeys(map(str, range(5000)), 1)})) == 2000
