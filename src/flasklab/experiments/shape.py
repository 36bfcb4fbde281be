"""Reading a parameter's JSON Schema: through references and `| None` to what a form or a text needs to know.

Pydantic writes an optional or nested type as `anyOf` and `$ref`; everyone who draws a field, reads a text or
words an error wants the plain schema behind them. Only dicts are read here: no Pydantic, no validation.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

MARKS = "x-flasklab"  # the key of what JSON Schema has no word for: kind, unit, step, accept, ...
SCALARS = frozenset({"integer", "number", "string", "boolean"})
FILES = frozenset({"file", "table", "array"})
_CONSTRAINTS = ("type", "const", "anyOf", "oneOf", "allOf", "not")  # without any of them, anything may stand
_FORMATS = {
    "date": "date",
    "date-time": "datetime",
    "time": "time",
    "duration": "duration",
}


def plain(schema: Schema, root: Schema) -> Schema:
    """`schema` with references followed and the null branch of an optional taken away.

    What stands beside a reference or an `anyOf` (title, description, default) wins over what is behind it.

    Args:
        schema: a property's or an item's schema
        root: the whole schema, with its `$defs`
    """
    found = schema
    for _ in range(32):  # a chain of references is short; a circle of them is no type
        inner = _behind(found, root)
        if inner is None:
            return found
        beside = {key: value for key, value in found.items() if key not in ("$ref", "anyOf", "oneOf")}
        marks = {**inner.get(MARKS, {}), **beside.get(MARKS, {})}
        found = {**inner, **beside}
        if marks:
            found[MARKS] = marks
    return found


def branches(schema: Schema) -> list[Schema]:
    """The alternatives of a union, null left out; [] for anything else."""
    found: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or []
    return [one for one in found if one.get("type") != "null"]


def is_nullable(schema: Schema, root: Schema) -> bool:
    """Whether None is a value of `schema`."""
    if "$ref" in schema:
        return is_nullable(_reference(schema["$ref"], root), root)
    if any(is_nullable(one, root) for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()))):
        return True
    if "enum" in schema:
        return None in schema["enum"]
    return schema.get("type") == "null" or not any(key in schema for key in _CONSTRAINTS)


def kind_of(schema: Schema, root: Schema) -> str:
    """What kind of field a plain schema asks for; see `MARKS` in the parameter's schema."""
    marked = schema.get(MARKS, {}).get("kind")
    if marked is not None:
        return str(marked)
    if "enum" in schema or "const" in schema:
        return "choice"
    kind = schema.get("type")
    if kind == "array":
        return _kind_of_array(schema, root)
    if kind == "object":
        return "object" if schema.get("properties") else "json"
    if kind == "string":
        return "multiline" if schema.get("multiline") else _FORMATS.get(schema.get("format", ""), "text")
    if kind in ("integer", "number", "boolean"):
        return str(kind)
    return _kind_of_union(schema, root)


def options(schema: Schema) -> list[Any]:
    """The values a plain choice allows, None left out."""
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else []
    return [value for value in values if value is not None]


def property_at(schema: Schema, path: list[str | int], root: Schema) -> Schema | None:
    """The plain schema of what stands at `path` in a value of `schema`, or None for what it doesn't know."""
    found = plain(schema, root)
    for part in path:
        inner = found.get("properties", {}).get(part) if isinstance(part, str) else item_of(found, part)
        if inner is None and isinstance(part, str) and isinstance(found.get("additionalProperties"), dict):
            inner = found["additionalProperties"]
        if not isinstance(inner, dict):
            return None
        found = plain(inner, root)
    return found


def item_of(schema: Schema, index: int) -> Schema:
    """The schema of the item at `index` of a plain array; {} where anything may stand."""
    first = schema.get("prefixItems", ())
    if index < len(first):
        return dict(first[index])
    items = schema.get("items", {})
    return items if isinstance(items, dict) else {}


def is_unlimited_number(schema: Schema) -> bool:
    """Whether a plain schema takes any float, NaN and the infinities among them."""
    limits = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "const")
    return schema.get("type") == "number" and not any(limit in schema for limit in limits)


def _behind(schema: Schema, root: Schema) -> Schema | None:
    if "$ref" in schema:
        return _reference(schema["$ref"], root)
    alternatives = branches(schema)
    has_null = len(alternatives) < len(schema.get("anyOf") or schema.get("oneOf") or [])
    return alternatives[0] if len(alternatives) == 1 and has_null else None


def _reference(address: str, root: Schema) -> Schema:
    found: Schema = root.get("$defs", {}).get(address.removeprefix("#/$defs/"), {})
    return found


def _kind_of_array(schema: Schema, root: Schema) -> str:
    if "prefixItems" in schema:
        return "list"
    item = plain(schema.get("items") or {}, root)
    kind = kind_of(item, root)
    if kind in FILES:
        return kind
    return "choices" if kind == "choice" else "list"


def _kind_of_union(schema: Schema, root: Schema) -> str:
    inner = [plain(one, root) for one in branches(schema)]
    return "text" if inner and all(map(_is_scalar, inner)) else "json"


def _is_scalar(schema: Schema) -> bool:
    return schema.get("format") == "decimal" or schema.get("type") in SCALARS or "enum" in schema or "const" in schema
