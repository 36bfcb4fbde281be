"""The single values that an experiment's JSON Schema asks for, nested ones under dotted names.

A form has one field for each, and a browser says nothing of an unchecked box: both need to know them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.experiments.shape import FILES, MARKS, is_nullable, item_of, kind_of, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flasklab.experiments.shape import Schema

_DEEPEST = 5  # levels of nested models that become fields; deeper ones are written as JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One value that is asked for."""

    name: str  # dotted: "optimizer.lr"
    schema: Schema  # its property, with references and "or null" looked through
    kind: str  # which control fits: "integer", "number", "text", "choice", "file", "objects" (a list of them), ...
    required: bool
    nullable: bool  # None is a value of its own
    group: str = ""  # titles of the nested parameters it belongs to, outermost first: "model · optimizer"

    @property
    def marks(self) -> Mapping[str, Any]:
        """What JSON Schema has no word for: unit, step, accepted endings."""
        found: Mapping[str, Any] = self.schema.get(MARKS, {})
        return found

    @property
    def is_file(self) -> bool:
        """Whether a file is uploaded for it."""
        return self.kind in FILES

    def value_in(self, params: Mapping[str, Any]) -> Any:
        """Its value in `params`, or None."""
        value: Any = params
        for part in self.name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value


def leaves(schema: Schema) -> Iterator[Leaf]:
    """The values that a schema of type object asks for, in their order."""
    yield from _walk(schema, schema, prefix="", group="", depth=0)


def _walk(root: Schema, node: Schema, *, prefix: str, group: str, depth: int) -> Iterator[Leaf]:
    required = node.get("required", ())
    for name, known in node.get("properties", {}).items():
        found = plain(known, root)
        kind = kind_of(found, root)
        nullable = is_nullable(known, root)
        if kind == "object" and found.get("properties") and not nullable and depth < _DEEPEST:
            title = str(found.get("title") or name)
            inner = f"{group} · {title}" if group else title
            yield from _walk(root, found, prefix=f"{prefix}{name}.", group=inner, depth=depth + 1)
        else:
            if isinstance(found.get("items"), dict):
                found = {**found, "items": plain(found["items"], root)}
            yield Leaf(
                name=prefix + name,
                schema=found,
                kind=_kind_of_field(kind, found, root),
                required=name in required,
                nullable=nullable,
                group=group,
            )


def _kind_of_field(kind: str, schema: Schema, root: Schema) -> str:
    """The kind of a single field: an object is written as JSON, and so are a list's items that are no single values."""
    if kind != "list":
        return "json" if kind == "object" else kind
    types = {str(plain(one, root).get("type")) for one in (*schema.get("prefixItems", ()), item_of(schema, 0))}
    if types == {"object"}:
        return "objects"
    return "json" if types & {"object", "array"} else kind
