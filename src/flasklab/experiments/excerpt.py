"""As much of wrong values as is needed to say what is wrong with them.

The validator makes an object of every error: a list of a million wrong items would cost it half a minute, though
nobody reads so many messages. Asking it whether one item is right costs a tenth of a microsecond. So lists and
dicts are cut behind their first wrong items before it is asked for errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flasklab.experiments.shape import item_of, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from flasklab.experiments.shape import Schema

    Check = Callable[[Any], bool]


def excerpt(values: dict[str, Any], schema: Schema, most: int, check_of: Callable[[Schema], Check]) -> dict[str, Any]:
    """`values` without the wrong items that follow the first `most` of them; right ones before those all stay.

    What it leaves is wrong for the same reasons: named properties, and as many items as a schema asks for, stay.
    The alternatives of a true union are not looked into.

    Args:
        values: JSON values by parameter
        schema: an experiment's parameters
        most: how many wrong items are enough
        check_of: makes a check of one value from a schema
    """
    kept: dict[str, Any] = _Cut(schema, most, check_of).of(values, schema)
    return kept


class _Cut:
    """One walk through values, which ends where enough wrong ones were met."""

    def __init__(self, root: Schema, most: int, check_of: Callable[[Schema], Check]) -> None:
        self._root = root
        self._left = most
        self._check_of = check_of
        self._checks: dict[int, Check] = {}  # by the id of an item's schema, which lives in the root

    def of(self, value: Any, schema: Schema) -> Any:
        found = plain(schema, self._root)
        if isinstance(value, list) and found.get("type") == "array":
            return self._list(value, found)
        if isinstance(value, dict) and found.get("type") == "object":
            return self._dict(value, found)
        self._left -= 1
        return value

    def _list(self, values: list[Any], schema: Schema) -> list[Any]:
        named = len(schema.get("prefixItems", ()))
        kept = [self.of(item, item_of(schema, index)) for index, item in enumerate(values[:named])]
        items = schema.get("items")
        if not isinstance(items, dict):
            return kept + values[named:]
        least, is_right = schema.get("minItems", 0), self._check(items)
        for item in values[named:]:
            if is_right(item):
                kept.append(item)
            elif self._left > 0 or len(kept) < least:
                kept.append(self.of(item, items))
            else:
                break  # not left out: each item's place is told
        return kept

    def _dict(self, values: dict[str, Any], schema: Schema) -> dict[str, Any]:
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        least, kept = schema.get("minProperties", 0), {}
        for name, item in values.items():
            if name in known:
                kept[name] = self.of(item, known[name])
            elif not isinstance(others, dict) or self._check(others)(item):
                kept[name] = item
            elif self._left > 0 or len(kept) < least:
                kept[name] = self.of(item, others)
        return kept

    def _check(self, schema: Schema) -> Check:
        if id(schema) not in self._checks:
            self._checks[id(schema)] = self._check_of({**schema, "$defs": self._root.get("$defs", {})})
        return self._checks[id(schema)]
