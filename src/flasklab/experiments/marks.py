"""What a form needs beside JSON Schema, written under "x-flasklab" into each property.

Pydantic leaves what an author gave by `Unit` or `Field(json_schema_extra=...)` as loose keys of the schema;
here they are gathered, and the kind of field is named once for everyone who draws or reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flasklab.experiments.shape import FILES, MARKS, branches, is_nullable, item_of, kind_of, plain

if TYPE_CHECKING:
    from flasklab.experiments.shape import Schema

_EXTRAS = ("unit", "step", "multiline", "log")  # keys of Field(json_schema_extra={...})


def words(name: str) -> str:
    """A Python name as people read it: "test_size" is "test size"."""
    return name.strip("_").replace("_", " ") or name


def mark_property(name: str, schema: Schema, root: Schema, help_text: str = "") -> Schema:
    """`schema` with a title, a description and the marks of its field.

    Args:
        name: the property's name
        schema: as Pydantic made it
        root: the whole schema, with its `$defs`
        help_text: what the docstring says of it; a description of the author's own wins
    """
    marked = {"title": _title(name, schema), **_without_extras(schema)}
    marked["title"] = _title(name, schema)
    if help_text and "description" not in schema:
        marked["description"] = help_text
    marked[MARKS] = _marks(name, schema, root)
    return marked


def mark_definitions(root: Schema) -> None:
    """Mark the fields of all nested types in `$defs`, and let none of them take a name it doesn't know."""
    for definition in root.get("$defs", {}).values():
        properties = definition.get("properties")
        if not properties:
            continue
        definition.setdefault("additionalProperties", False)
        for name, schema in properties.items():
            properties[name] = mark_property(name, schema, root)


def _marks(name: str, schema: Schema, root: Schema) -> dict[str, Any]:
    found = plain(schema, root)
    kind = kind_of(found, root)
    inner = found
    if kind in FILES and found.get("type") == "array":
        inner = plain(item_of(found, 0), root)
    default = schema.get("default")
    if kind == "text" and isinstance(default, str) and "\n" in default:
        kind = "multiline"
    marks: dict[str, Any] = {**inner.get(MARKS, {}), "kind": kind, "optional": is_nullable(schema, root)}
    if inner is not found:
        marks["multiple"] = True
    marks |= {key: found[key] for key in ("unit", "step", "log") if found.get(key) is not None}
    if "multipleOf" in found:
        marks.setdefault("step", found["multipleOf"])
    if name == "seed" and kind == "integer":
        marks["seed"] = True
    return marks


def _title(name: str, schema: Schema) -> str:
    given = schema.get("title")
    by_pydantic = name.title().replace("_", " ").strip()
    return words(name) if given is None or given == by_pydantic else str(given)


def _without_extras(schema: Schema) -> Schema:
    bare = {key: value for key, value in schema.items() if key not in _EXTRAS}
    for key in ("anyOf", "oneOf"):
        if key in bare and branches(bare):
            bare[key] = [{k: v for k, v in one.items() if k not in _EXTRAS} for one in bare[key]]
    return bare
