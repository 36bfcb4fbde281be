"""What an author adds to an annotation that Python's types cannot say: a unit, a file to upload.

Pydantic finds the two markers by its own protocol, so that they work at any depth: in a list, behind
`| None`, in a nested dataclass. Nothing is imported for them until a schema is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.config import size_bytes

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit a number is given in: `speed: Annotated[float, Unit("m/s")]`."""

    text: str  # as it is written behind the number

    def __get_pydantic_json_schema__(self, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core_schema), "unit": self.text}


@dataclass(frozen=True, slots=True, init=False)
class Upload:
    """A parameter that is a file: `data: Annotated[pd.DataFrame, Upload(".csv", ".parquet")]`.

    What the function gets follows from the annotated type: a `Path` to the file, a pandas or polars
    `DataFrame` read from it, a NumPy array (.npy, .npz), or a `dict[str, np.ndarray]` (.npz).

    Args:
        endings: the file endings that are taken; those the type can be read from by default
        max_size: the largest file taken, in bytes or as text like "100 MB"

    Raises:
        ValueError: an ending or the size cannot be used.
    """

    endings: tuple[str, ...]  # lower case, with their dot; empty takes what the type can be read from
    max_size: int | None  # bytes

    def __init__(self, *endings: str, max_size: str | int | None = None) -> None:
        for ending in endings:
            if not ending.strip(". ") or set(ending) & set("/\\,"):
                raise ValueError(f'Upload({ending!r}): write a file ending, like Upload(".csv", ".parquet")')
        clean = ("." + ending.strip().lower().lstrip(".") for ending in endings)
        object.__setattr__(self, "endings", tuple(dict.fromkeys(clean)))
        limit = None if max_size is None else size_bytes(max_size)
        if limit is not None and limit <= 0:
            raise ValueError(f"Upload(max_size={max_size!r}): the largest file must have at least one byte")
        object.__setattr__(self, "max_size", limit)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from flasklab.experiments.uploads import core_schema

        return core_schema(self, source, handler)
