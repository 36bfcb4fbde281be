"""What is wrong with parameters, in words for the person who filled in the form.

A JSON Schema validator finds all that is wrong at once; its own messages speak of schemas, so each kind of
error is worded here. The validator is imported when the first values come.
"""

from __future__ import annotations

import difflib
from itertools import islice
from typing import TYPE_CHECKING, Any

from flasklab.errors import ParameterError
from flasklab.experiments.canonical import FORMATS
from flasklab.experiments.excerpt import excerpt
from flasklab.experiments.shape import FILES, MARKS, branches, kind_of, options, property_at
from flasklab.runs.amounts import size
from flasklab.runs.json import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jsonschema_rs import Draft202012Validator, ValidationError

    from flasklab.experiments.shape import Schema

_SHOWN = 60  # characters of a wrong value that a message repeats
_LISTED = 12  # choices that a message lists
_MOST_VALIDATORS = 256
_MOST = 2000  # errors that are worded; nobody reads more
_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object with named values",
    "null": "empty",
}
_FORMAT_WORDS = {
    "date": "a date like 2026-11-23",
    "date-time": "a date and time like 2026-11-23T08:30",
    "time": "a time like 08:30",
    "duration": 'a duration like "90s", "1h 30m" or "PT1H30M"',
    "decimal": "a number",
    "uuid": "a UUID",
    "email": "an email address",
    "uri": "an address like https://example.org",
}
_LIMITS = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "multipleOf": "must be a multiple of {}",
}
_COUNTS = {
    "minLength": ("needs at least {} character{}", "must not be empty"),
    "maxLength": ("takes at most {} character{}", "must be empty"),
    "minItems": ("needs at least {} value{}", "needs at least one value"),
    "maxItems": ("takes at most {} value{}", "takes no values"),
    "minProperties": ("needs at least {} named value{}", "needs at least one named value"),
    "maxProperties": ("takes at most {} named value{}", "takes no named values"),
}


def _new_validator(schema: Schema) -> Draft202012Validator:
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(schema, validate_formats=True, formats=FORMATS)


def _validator(schema: Schema) -> Draft202012Validator:
    """The validator of an experiment's parameters; making one costs as much as a hundred uses."""
    known = _validators.get(id(schema))
    if known is not None and known[0] is schema:
        return known[1]
    if len(_validators) >= _MOST_VALIDATORS:
        _validators.clear()
    made = _new_validator(schema)
    _validators[id(schema)] = (schema, made)
    return made


def _check_of(part: Schema) -> Callable[[Any], bool]:
    return _new_validator(part).is_valid


_validators: dict[int, tuple[Schema, Draft202012Validator]] = {}  # each with its schema, which so keeps its id


def complaints(schema: Schema, values: Mapping[str, Any]) -> tuple[ParameterError, ...]:
    """All that is wrong with `values`, in the order of the parameters; one message per place.

    Args:
        schema: an experiment's parameters
        values: JSON values by parameter
    """
    validator = _validator(schema)
    given = dict(values)
    try:
        if validator.is_valid(given):
            return ()
        found = list(islice(validator.iter_errors(excerpt(given, schema, _MOST, _check_of)), _MOST))
    except ValueError as unreadable:  # nested deeper than any parser takes, or not JSON
        return (ParameterError("", f"the parameters cannot be read: {unreadable}"),)
    worded: dict[str, tuple[int, str]] = {}
    for error in found:
        for path, weight, message in _worded(error, schema):
            name = ".".join(map(str, path))
            if name not in worded or weight > worded[name][0]:
                worded[name] = (weight, message)
    order = {name: index for index, name in enumerate(schema.get("properties", {}))}
    names = sorted(worded, key=lambda name: order.get(name.partition(".")[0], len(order)))
    return tuple(ParameterError(name, worded[name][1]) for name in names)


def _worded(error: ValidationError, root: Schema) -> Iterator[tuple[list[str | int], int, str]]:
    """Place, weight and message of each thing that one error says; the heaviest of a place is told."""
    path = list(error.instance_path)
    kind = error.kind.name
    if kind in ("anyOf", "oneOf"):
        yield from _worded_union(error, root)
    elif (file := _file_above(path, root)) is not None:
        depth, schema = file
        weight = 2 if kind in ("pattern", "maximum") else 1
        yield path[:depth], weight, _file_message(kind, error.instance, schema)
    elif kind == "required":
        yield [*path, error.kind.value], 1, "is required"
    elif kind == "additionalProperties":
        schema = property_at(root, path, root) or {}
        known = list(schema.get("properties", {}))
        for name in error.kind.value[:_MOST]:
            yield (
                [*path, name],
                1,
                _unknown(str(name), known, path, str(schema.get("title", "the experiment"))),
            )
    else:
        schema = property_at(root, path, root) or {}
        yield path, 2 if kind in ("enum", "const") else 1, _message(error, schema)


def _worded_union(error: ValidationError, root: Schema) -> Iterator[tuple[list[str | int], int, str]]:
    """An optional's errors are those of its one alternative; a true union names what it would take."""
    alternatives: list[list[ValidationError]] = error.kind.value
    told = [one for one in alternatives if not any(_expects_null(inner, error) for inner in one)]
    if len(told) == 1 and len(alternatives) > 1:
        for inner in told[0]:
            yield from _worded(inner, root)
        return
    path = list(error.instance_path)
    schema = property_at(root, path, root) or {}
    kinds = [_choices(options(one)) or _TYPES.get(str(one.get("type")), "") for one in branches(schema)]
    words = " or ".join(dict.fromkeys(kind for kind in kinds if kind))
    yield path, 1, f"is not {words or 'of any kind it takes'}: {_shown(error.instance)}"


def _expects_null(inner: ValidationError, outer: ValidationError) -> bool:
    return (
        inner.kind.name == "type"
        and inner.kind.value == ["null"]
        and list(inner.instance_path) == list(outer.instance_path)
    )


def _file_above(path: Sequence[str | int], root: Schema) -> tuple[int, Schema] | None:
    """How deep the file parameter lies that `path` leads into, and its schema; None where it's no file's."""
    for depth in range(1, len(path) + 1):
        schema = property_at(root, list(path[:depth]), root)
        if schema is not None and schema.get("type") == "object" and kind_of(schema, root) in FILES:
            return depth, schema
    return None


def _file_message(kind: str, value: Any, schema: Schema) -> str:
    marks = schema.get(MARKS, {})
    if kind == "pattern" and isinstance(value, str):
        return f"must be a file that ends with {' or '.join(marks.get('accept', ()))}: {_shown(value)}"
    if kind == "maximum":
        return f"must be a file of at most {size(marks.get('max_size', 0))}; this one has {size(value)}"
    return "needs a file"


def _unknown(name: str, known: list[str], path: Sequence[str | int], title: str) -> str:
    owner, noun = (".".join(map(str, path)), "field") if path else (title, "parameter")
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if nearest:
        return f"{owner} has no {noun} {name!r}; did you mean {nearest[0]!r}?"
    return f"{owner} has no {noun} {name!r}; it takes {', '.join(known) or 'none'}"


def _message(error: ValidationError, schema: Schema) -> str:
    kind, value = error.kind.name, error.instance
    if value is None and kind in ("type", "enum", "const"):
        return "must not be empty"
    if kind == "type":
        return _type_message(error.kind.value, value, schema)
    if kind == "enum":
        return f"is not one of {_choices(options(schema) or error.kind.value)}: {_shown(value)}"
    if kind == "const":
        return f"must be {_shown(error.kind.value)}: {_shown(value)}"
    if kind in _LIMITS:
        unit = schema.get(MARKS, {}).get("unit")
        limit = _number(error.kind.value) + (f" {unit}" if unit else "")
        return _LIMITS[kind].format(limit)
    if kind in _COUNTS:
        count = int(error.kind.value)
        several, special = _COUNTS[kind]
        if count == (1 if kind.startswith("min") else 0):
            return special
        return several.format(count, "" if count == 1 else "s")
    if kind == "format":
        return f"is not {_FORMAT_WORDS.get(str(error.kind.value), error.kind.value)}: {_shown(value)}"
    if kind == "pattern":
        return f"does not match the pattern {error.kind.value}: {_shown(value)}"
    if kind == "uniqueItems":
        return "has the same value more than once"
    return f"cannot be used: {error.message}"


def _type_message(types: Sequence[str], value: Any, schema: Schema) -> str:
    if value in ("NaN", "Infinity", "-Infinity") and "number" in types:
        return f"must be a finite number: {value}"
    if "integer" in types and isinstance(value, float):
        return f"must be a whole number: {_number(value)}"
    if isinstance(value, list) and "array" not in types and all(isinstance(item, str) for item in value):
        return f"takes one value, and {len(value)} were given: {_shown(value)}"
    if "format" in schema and "string" in types and schema["format"] in _FORMAT_WORDS:
        return f"is not {_FORMAT_WORDS[schema['format']]}: {_shown(value)}"
    words = " or ".join(_TYPES.get(kind, kind) for kind in types)
    return f"is {'neither true nor false' if words == 'true or false' else f'not {words}'}: {_shown(value)}"


def _choices(values: Sequence[Any]) -> str:
    texts = [value if isinstance(value, str) else _shown(value) for value in values if value is not None]
    rest = len(texts) - _LISTED
    return ", ".join(texts[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
