"""What to write instead of an annotation that cannot be a parameter."""

from __future__ import annotations

import enum
import types
import typing
from typing import Any

from pydantic import Secret, SecretBytes, SecretStr


def mend_for(annotation: Any) -> str | None:
    """A sentence that says what to write instead of `annotation`; None where nothing better is known."""
    inner = typing.get_args(annotation)
    cls = typing.get_origin(annotation) or annotation
    if cls in (typing.Annotated, types.UnionType) or not isinstance(cls, type):
        return next((mend for mend in map(mend_for, inner) if mend), None)
    package = cls.__module__.partition(".")[0]
    if package in ("pandas", "polars") and cls.__name__ in ("DataFrame", "Series", "LazyFrame"):
        alias = {"pandas": "pd", "polars": "pl"}[package]
        return f'a table comes as a file: write `Annotated[{alias}.DataFrame, Upload(".csv", ".parquet")]`'
    if package == "numpy" and cls.__name__ == "ndarray":
        return 'an array comes as a file: write `Annotated[np.ndarray, Upload(".npy")]`, or take `list[float]`'
    if package == "numpy":
        return "NumPy's scalars have no form; write `float`, `int` or `bool`"
    if cls.__module__ == "collections.abc" and cls.__name__ == "Callable":
        return 'a function cannot be typed in; take its name, like `Literal["relu", "tanh"]`'
    if cls.__module__ not in ("builtins", "typing", "collections.abc"):
        return f"make {cls.__name__} a dataclass or a Pydantic model, or take the values it is made of"
    return next((mend for mend in map(mend_for, inner) if mend), None)


def holds_secret(core: Any) -> bool:
    """Whether a secret (SecretStr, SecretBytes, Secret[...]) stands in Pydantic's core schema, at any depth."""
    if isinstance(core, dict):
        return any(map(holds_secret, core.values()))
    if isinstance(core, (list, tuple)):
        return any(map(holds_secret, core))
    if isinstance(core, type):
        return issubclass(core, (SecretStr, SecretBytes))
    owner = str(getattr(core, "__qualname__", "")).partition(".")[0]  # Secret[...] is known by its validator
    return (getattr(core, "__module__", ""), owner) == (Secret.__module__, Secret.__name__)


def mend_for_literals(core: Any) -> str | None:
    """What to write instead of the first `Literal[...]` in Pydantic's core schema that no JSON value can be.

    Pydantic takes such a value only from Python: it would refuse what it wrote itself into the JSON Schema.
    """
    if isinstance(core, dict):
        if core.get("type") == "literal":
            odd = next((value for value in core["expected"] if not _is_json(value)), None)
            return None if odd is None else _mend_for_literal(odd)
        core = core.values()
    elif not isinstance(core, (list, tuple)):
        return None
    return next((mend for mend in map(mend_for_literals, core) if mend), None)


def _is_json(value: object) -> bool:
    return value is None or isinstance(value, str) or type(value) in (int, float, bool)


def _mend_for_literal(value: Any) -> str:
    if isinstance(value, enum.Enum):
        kind = type(value).__name__
        return f"no form can send {kind}.{value.name}; write `{kind}`, or `Literal[{value.value!r}]`"
    return f"no form can send {value!r}; write text, like `Literal[{str(value)!r}]`"
