"""Text to JSON values and back, guided by a parameter's schema: forms, addresses and the command line.

A text that cannot be read stays a text, and a name that is not known is kept: saying what is wrong is
validation's task, and it says it for all parameters at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab.experiments.canonical import canonical, spoken_duration
from flasklab.experiments.shape import FILES, branches, is_nullable, item_of, kind_of, options, plain
from flasklab.runs.json import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flasklab.experiments.shape import Schema

_WORDS = dict.fromkeys(("on", "true", "1", "yes", "y", "t"), True)
_WORDS |= dict.fromkeys(("off", "false", "0", "no", "n", "f"), False)
_TEXTS = frozenset({"text", "multiline"})
_NON_FINITE = {"nan": "NaN", "inf": "Infinity", "infinity": "Infinity"}
_NUMBER = re.compile(r"[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d+)?", re.IGNORECASE)
_LEFT_OUT = object()  # an empty field: the parameter's default counts


def from_text(schema: Schema, fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The JSON values meant by form fields, query parameters or `name=value` arguments.

    Args:
        schema: an experiment's parameters (`Description.parameters`)
        fields: texts by name; a repeated field has several, a nested one is written "optimizer.lr"

    Returns:
        Values by parameter, not validated. An empty text is None where None is allowed, "" for text, [] for
        several choices, and otherwise left out. Of a repeated boolean the last counts (a hidden "off" stands
        before a checkbox).
    """
    return _read_fields(schema, fields, schema, {})


def to_text(schema: Schema, params: Mapping[str, Any]) -> dict[str, list[str]]:
    """The texts from which `from_text` reads `params` again; files are left out.

    Args:
        schema: an experiment's parameters (`Description.parameters`)
        params: JSON values by parameter
    """
    return _write_fields(schema, params, schema)


def choice_text(value: Any) -> str:
    """How one of a choice's values is written in a form or an address."""
    return value if isinstance(value, str) else encode(value).decode()


def _read_fields(
    schema: Schema, fields: Mapping[str, Sequence[str]], root: Schema, defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """The values in `fields`; what a nested object does not name, `defaults` or its own default says."""
    known = schema.get("properties", {})
    values: dict[str, Any] = {}
    nested: dict[str, dict[str, Sequence[str]]] = {}
    for name, texts in fields.items():
        first, dot, rest = name.partition(".")
        if name in known:
            value = _read(list(texts), known[name], root)
            if value is not _LEFT_OUT:
                values[name] = value
        elif dot and first in known and plain(known[first], root).get("properties"):
            nested.setdefault(first, {})[rest] = texts
        else:
            values[name] = texts[0] if len(texts) == 1 else list(texts)
    for name, inner in nested.items():
        found = plain(known[name], root)
        base = values.get(name, defaults.get(name, found.get("default")))
        base = base if isinstance(base, dict) else {}
        read = _read_fields(found, inner, root, base)
        if read or not is_nullable(known[name], root):
            values[name] = {**base, **read}
    return values


def _read(texts: list[str], schema: Schema, root: Schema) -> Any:
    found = plain(schema, root)
    kind = kind_of(found, root)
    empty = None if is_nullable(schema, root) else _LEFT_OUT
    if found.get("type") == "array":
        return _read_many(texts, found, root, [] if empty is _LEFT_OUT else None)
    if kind == "boolean":
        texts = texts[-1:]
    if len(texts) != 1:
        return texts or _LEFT_OUT
    text = texts[0]
    if kind in _TEXTS or (kind == "choice" and text in options(found)):
        return None if text == "" and empty is None else _read_one(text, found, root)
    if text.strip() == "" or (empty is None and text.strip().lower() in ("null", "none")):
        return empty
    return _read_one(text, found, root)


def _read_many(texts: list[str], schema: Schema, root: Schema, nothing: Any) -> Any:
    texts = [text for text in texts if text.strip()]  # a hidden empty field tells "none" from "not asked"
    if not texts:
        return nothing
    if len(texts) == 1:
        item = plain(item_of(schema, 0), root)
        found = _from_json(texts[0]) if texts[0].lstrip()[0] in "[{" else None
        if isinstance(found, list):
            return found
        if isinstance(found, dict) and item.get("type") == "object":
            return [found]
        if not _is_option(texts[0], item):
            parts = texts[0].splitlines() if "\n" in texts[0].strip() else texts[0].split(",")
            texts = [part.strip() for part in parts if part.strip()]
    return [_read_one(text, plain(item_of(schema, index), root), root) for index, text in enumerate(texts)]


def _is_option(text: str, item: Schema) -> bool:
    return any(text == choice_text(option) for option in options(item))


def _read_one(text: str, schema: Schema, root: Schema) -> Any:
    kind = kind_of(schema, root)
    if kind == "choice":
        return next((option for option in options(schema) if text == choice_text(option)), text)
    if kind == "integer":
        return _integer(text)
    if kind == "number":
        return _number(text)
    if kind == "boolean":
        return _WORDS.get(text.strip().lower(), text)
    if kind in _TEXTS:
        return _read_union(text, schema, root) if branches(schema) else text.replace("\r\n", "\n")
    if kind in ("json", "object", "list", "choices") or kind in FILES:
        found = _from_json(text)
        return text if found is _LEFT_OUT else found
    return canonical(text.strip(), schema, root) if kind in ("duration", "decimal") else text.strip()


def _read_union(text: str, schema: Schema, root: Schema) -> Any:
    """The first alternative that `text` is a spelling of, from the narrowest to plain text."""
    alternatives = {kind_of(found, root): found for found in (plain(one, root) for one in branches(schema))}
    for kind in ("choice", "integer", "number", "boolean"):
        if kind in alternatives:
            value = _read_one(text, alternatives[kind], root)
            if not isinstance(value, str) or (kind == "choice" and value in options(alternatives[kind])):
                return value
    return text


def _integer(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        number = _number(text)
        exact = isinstance(number, float) and number.is_integer() and abs(number) < 2**53
        return int(number) if exact else text


def _number(text: str) -> Any:
    stripped = text.strip()
    word = _NON_FINITE.get(stripped.lstrip("+-").lower())
    if word is not None:
        return f"-{word}" if stripped.startswith("-") and word != "NaN" else word
    if not _NUMBER.fullmatch(stripped):
        return text
    try:
        number = float(stripped)
    except ValueError:
        return text
    # A number too large for a float is no infinity: it stays text and is refused.
    return text if number in (float("inf"), float("-inf")) else number


def _from_json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _LEFT_OUT


def _write_fields(schema: Schema, params: Mapping[str, Any], root: Schema) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name, value in params.items():
        known = schema.get("properties", {}).get(name, {})
        found = plain(known, root)
        kind = kind_of(found, root)
        if kind in FILES:
            continue
        if kind == "object" and isinstance(value, dict) and value:
            inner = _write_fields(found, value, root)
            texts.update({f"{name}.{key}": text for key, text in inner.items()})
        elif isinstance(value, list) and found.get("type") == "array":
            texts[name] = _write_many(value, found, root) or ["[]" if is_nullable(known, root) else ""]
        else:
            texts[name] = [_write_one(value, kind)]
    return texts


def _write_many(values: list[Any], schema: Schema, root: Schema) -> list[str]:
    items = [plain(item_of(schema, index), root) for index in range(len(schema.get("prefixItems", ())) + 1)]
    kinds = [kind_of(item, root) for item in items]
    texts = [_write_item(value, kinds[min(index, len(kinds) - 1)]) for index, value in enumerate(values)]
    if values and all(isinstance(value, dict) for value in values) and items[0].get("type") == "object":
        return texts
    scalars = all(isinstance(value, (str, int, float)) for value in values)
    special = any(text != text.strip() or not text or text.startswith("[") for text in texts)
    if not scalars or special or (len(texts) == 1 and set(texts[0]) & set(",\r\n")):
        return [encode(values).decode()]
    return texts


def _write_item(value: Any, kind: str) -> str:
    return spoken_duration(value) if kind == "duration" and isinstance(value, str) else choice_text(value)


def _write_one(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "duration" and isinstance(value, str):
        return spoken_duration(value)
    if isinstance(value, str) and kind not in ("json", "object"):
        return value
    return encode(value).decode()
