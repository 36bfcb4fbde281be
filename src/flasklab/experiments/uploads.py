"""Files as parameters: how an upload is described to Pydantic and read into what the function asked for.

pandas, polars and NumPy are never imported to recognise a type: an annotation that names one of them has
imported it. Arrays are read without pickle, as a pickled file could run any code.
"""

from __future__ import annotations

import re
import sys
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flasklab.experiments.markers import Upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema
    from pydantic_core.core_schema import ValidationInfo

__all__ = ["READABLE", "UnreadableError", "Upload", "core_schema", "read_file"]

# Endings that each kind of value can be read from; a path takes any.
READABLE: dict[str, tuple[str, ...]] = {
    "pandas": (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json", ".xlsx"),
    "polars": (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json", ".xlsx"),
    "numpy": (".npy", ".npz"),
    "arrays": (".npz",),
    "path": (),
}
_KINDS = {"pandas": "table", "polars": "table", "numpy": "array", "arrays": "array", "path": "file"}


class UnreadableError(TypeError):
    """No file can become what a parameter is annotated with."""


def core_schema(upload: Upload, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Pydantic's schema of a file parameter annotated with `source`.

    Its validator takes a file's JSON value and reads the file that the context's `open_file` gives.

    Raises:
        UnreadableError: no file can become a `source`.
    """
    from pydantic_core import core_schema as core

    origin = typing.get_origin(source)
    if origin in (typing.Union, types.UnionType):
        inner = [one for one in typing.get_args(source) if one is not type(None)]
        if len(inner) == 1:
            return core.nullable_schema(core_schema(upload, inner[0], handler))
    if origin is list and typing.get_args(source):
        return core.list_schema(core_schema(upload, typing.get_args(source)[0], handler))
    if origin is typing.Annotated:
        return core_schema(upload, typing.get_args(source)[0], handler)
    reads = _reads(source)
    if reads is None:
        raise UnreadableError(
            f"a file cannot become {_name(source)}; Upload goes with Path, a pandas or polars DataFrame, "
            "np.ndarray or dict[str, np.ndarray]"
        )
    accept = upload.endings or READABLE[reads]
    unreadable = [ending for ending in accept if READABLE[reads] and ending not in READABLE[reads]]
    if unreadable:
        raise UnreadableError(
            f"{_name(source)} cannot be read from {', '.join(unreadable)}, only from "
            f"{', '.join(READABLE[reads])}; take a Path and read the file yourself"
        )

    def validate(value: Any, info: ValidationInfo) -> Any:
        return _open(value, reads, accept, info)

    return core.with_info_plain_validator_function(
        validate, metadata={"pydantic_js_functions": [lambda *_: _json_schema(upload, reads, accept)]}
    )


def read_file(path: Path, name: str, reads: str) -> Any:
    """What the file at `path`, once called `name`, holds.

    Args:
        path: where it lies
        name: its original name, whose ending says what it is
        reads: a key of READABLE

    Raises:
        ValueError: it cannot be read; the message says why, for the person who chose it.
    """
    ending = Path(name).suffix.lower()
    if reads == "path":
        return path
    try:
        if reads == "pandas":
            return _read_pandas(path, ending)
        if reads == "polars":
            return _read_polars(path, ending)
        return _read_arrays(path, single=reads == "numpy")
    except ImportError as error:
        package = error.name or _package_in(str(error))
        needed = f"the package {package}: pip install {package}" if package else f"a package: {error}"
        raise ValueError(f"reading {ending} files needs {needed}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} cannot be read: it is not UTF-8 text") from error
    except MemoryError as error:
        raise ValueError(f"{name} is too large for this run's memory") from error
    except Exception as error:
        detail = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{name} cannot be read as {ending.lstrip('.') or 'a table'}: {detail}") from error


def _reads(source: Any) -> str | None:
    """The key of READABLE that `source` means, told by the class alone."""
    origin = typing.get_origin(source)
    if origin in (dict, Mapping):
        values = typing.get_args(source)
        return "arrays" if len(values) == 2 and values[0] is str and _reads(values[1]) == "numpy" else None
    cls = origin or source
    if not isinstance(cls, type):
        return None
    if issubclass(cls, Path) or cls.__module__.startswith("pathlib"):
        return "path"
    package = cls.__module__.partition(".")[0]
    if package in ("pandas", "polars") and cls.__name__ == "DataFrame":
        return package
    return "numpy" if package == "numpy" and cls.__name__ == "ndarray" else None


def _name(source: Any) -> str:
    return source.__name__ if isinstance(source, type) else str(source)


def _json_schema(upload: Upload, reads: str, accept: tuple[str, ...]) -> dict[str, Any]:
    name: dict[str, Any] = {"type": "string", "minLength": 1}
    if accept:
        # ECMA 262 patterns know no flag for "whatever the case", so each letter stands in both.
        endings = "|".join("".join(_any_case(letter) for letter in ending) for ending in accept)
        name["pattern"] = f"({endings})$"
    size: dict[str, Any] = {"type": "integer", "minimum": 0}
    marks: dict[str, Any] = {"kind": _KINDS[reads], "reads": "numpy" if reads == "arrays" else reads}
    if accept:
        marks["accept"] = list(accept)
    if upload.max_size is not None:
        size["maximum"] = marks["max_size"] = upload.max_size
    return {
        "type": "object",
        "properties": {"file": name, "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}, "size": size},
        "required": ["file", "sha256", "size"],
        "additionalProperties": False,
        "x-flasklab": marks,
    }


def _any_case(letter: str) -> str:
    return f"[{letter}{letter.upper()}]" if letter.isalpha() else re.escape(letter)


def _open(value: Any, reads: str, accept: tuple[str, ...], info: ValidationInfo) -> Any:
    opener: Callable[[dict[str, Any]], Path] | None = (info.context or {}).get("open_file")
    if opener is None or not isinstance(value, dict) or not isinstance(value.get("file"), str):
        raise ValueError("is not an uploaded file")
    if accept and not value["file"].lower().endswith(accept):
        raise ValueError(f"must be a file that ends with {' or '.join(accept)}")
    try:
        path = opener(value)
    except OSError as error:
        raise ValueError(f"{value['file']} is gone from the lab's results folder: {error}") from error
    return read_file(path, value["file"], reads)


def _read_pandas(path: Path, ending: str) -> Any:
    pandas: Any = sys.modules["pandas"]
    if ending in (".csv", ".tsv"):
        return pandas.read_csv(path, sep=_separator(path, ending))
    if ending == ".parquet":
        return pandas.read_parquet(path)
    if ending == ".xlsx":
        return pandas.read_excel(path, engine="openpyxl")
    return pandas.read_json(path, lines=ending != ".json")


def _read_polars(path: Path, ending: str) -> Any:
    polars: Any = sys.modules["polars"]
    if ending in (".csv", ".tsv"):
        return polars.read_csv(path, separator=_separator(path, ending), try_parse_dates=True)
    if ending == ".parquet":
        return polars.read_parquet(path)
    if ending == ".xlsx":
        return polars.read_excel(path, engine="openpyxl")
    return polars.read_json(path) if ending == ".json" else polars.read_ndjson(path)


def _read_arrays(path: Path, *, single: bool) -> Any:
    numpy: Any = sys.modules["numpy"]
    loaded = numpy.load(path, allow_pickle=False)
    if isinstance(loaded, numpy.ndarray):
        if single:
            return loaded
        raise ValueError("it holds one array without a name; save it with np.savez")
    with loaded:
        arrays = {name: loaded[name] for name in loaded.files}
    if not single:
        return arrays
    if len(arrays) != 1:
        raise ValueError(f"it holds {len(arrays)} arrays ({', '.join(arrays)}), and one is needed")
    return next(iter(arrays.values()))


def _separator(path: Path, ending: str) -> str:
    """What separates the columns: many programs write semicolons where the comma is the decimal mark."""
    if ending == ".tsv":
        return "\t"
    with path.open("rb") as stream:
        head = stream.readline(65536)
    counts = {",": head.count(b","), ";": head.count(b";"), "\t": head.count(b"\t")}
    return max(counts, key=lambda mark: counts[mark])


def _package_in(message: str) -> str | None:
    """The first package that an ImportError without a name speaks of, as pandas' own do."""
    for package in ("pyarrow", "openpyxl", "fastparquet", "fastexcel"):
        if package in message.lower():
            return package
    return None
