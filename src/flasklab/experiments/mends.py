"""What to write instead of an annotation that cannot be a parameter."""

from __future__ import annotations

import types
import typing
from typing import Any


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
