"""Nested values under dotted names, as pages show and compare them: `{"optimizer": {"lr": 0.1}}` is `optimizer.lr`."""

from __future__ import annotations

from typing import Any


def dotted(value: Any, *, alone: str = "") -> dict[str, Any]:
    """The values inside of a JSON object, none left out but what was shown and stands as a figure.

    Lists, uploads and empty objects are values of their own.

    Args:
        value: a JSON value
        alone: the name of a value that is no object
    """
    if not isinstance(value, dict):
        return {alone: value}
    found: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(item, dict) or not item or {"file", "sha256"} <= item.keys():
            found[key] = item
        elif "$shown" not in item:
            found |= {f"{key}.{inner}": part for inner, part in dotted(item).items()}
    return found
