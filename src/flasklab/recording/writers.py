"""How objects are written to files: the file's ending and the object's family decide."""

from __future__ import annotations

import importlib
import os
import pickle
import secrets
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from flasklab.recording.media.charts import is_altair, vegalite_spec
from flasklab.recording.media.figures import find_figure
from flasklab.recording.media.kinds import ending_of
from flasklab.recording.media.tables import is_numbered, without_nesting
from flasklab.recording.plain import as_json, printable
from flasklab.runs.json import finite

if TYPE_CHECKING:
    from pathlib import Path

Write: TypeAlias = Callable[["Path"], object]

PARTIAL = ".flasklab-"  # begins the name of a file that is still being written; nobody keeps it
_TEXT_SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": " "}


class NoWriterError(Exception):
    """Nothing knows how to write this object to a file of this ending."""


def write_object(path: Path, obj: Any) -> None:
    """Write `obj` to `path` as its ending says; a file half written never has that name.

    Raises:
        NoWriterError: the ending and the object do not go together.
        Exception: whatever the object's library raises, such as OSError on a full disk.
    """
    write = find_writer(obj, ending_of(path.name))
    if write is None:
        raise NoWriterError(
            f"a {type(obj).__name__} cannot be written as {path.name!r}; give text, bytes or a Path, "
            "or another ending (.json, .csv, .npy, .png, .joblib, .pkl, ...)"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{PARTIAL}{secrets.token_hex(4)}-{path.name}")
    try:
        write(partial)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def find_writer(obj: Any, ending: str) -> Write | None:
    """What writes `obj` to a file with this ending, or None."""
    for family in (_raw, _serialised, _pandas, _polars, _arrays, _figure, _chart, _image, _json):
        write = family(obj, ending)
        if write is not None:
            return write
    return None


def _raw(obj: Any, ending: str) -> Write | None:
    if isinstance(obj, str):
        return lambda path: path.write_text(printable(obj), encoding="utf-8")
    if isinstance(obj, (bytes, bytearray, memoryview)):
        return lambda path: path.write_bytes(obj)
    if callable(getattr(obj, "getvalue", None)):  # io.BytesIO, io.StringIO
        return _raw(obj.getvalue(), ending)
    return None


def _serialised(obj: Any, ending: str) -> Write | None:
    # The ending asks for the library by name, so it is imported here if the experiment has not done it.
    if ending == ".joblib":
        return lambda path: importlib.import_module("joblib").dump(obj, path)
    if ending in {".pt", ".pth"}:
        return lambda path: importlib.import_module("torch").save(obj, path)
    if ending in {".pkl", ".pickle"}:
        return lambda path: _pickle(path, obj)
    return None


def _pickle(path: Path, obj: Any) -> None:
    with path.open("wb") as file:
        pickle.dump(obj, file, protocol=pickle.HIGHEST_PROTOCOL)


def _pandas(obj: Any, ending: str) -> Write | None:
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(obj, (pandas.DataFrame, pandas.Series)):
        return None
    frame = obj if isinstance(obj, pandas.DataFrame) else obj.to_frame()
    index = not is_numbered(frame.index, pandas)
    rows = frame.reset_index() if index else frame
    writers: dict[str, Write] = {
        ".csv": lambda path: frame.to_csv(path, index=index),
        ".tsv": lambda path: frame.to_csv(path, index=index, sep="\t"),
        ".txt": lambda path: path.write_text(frame.to_string(), encoding="utf-8"),
        ".parquet": lambda path: frame.to_parquet(path),
        ".feather": lambda path: rows.to_feather(path),
        ".json": lambda path: rows.to_json(path, orient="records", date_format="iso"),
        ".jsonl": lambda path: rows.to_json(path, orient="records", lines=True, date_format="iso"),
        ".ndjson": lambda path: rows.to_json(path, orient="records", lines=True, date_format="iso"),
        ".xlsx": lambda path: frame.to_excel(path, index=index),
        ".html": lambda path: frame.to_html(path),
    }
    return writers.get(ending)


def _polars(obj: Any, ending: str) -> Write | None:
    polars = sys.modules.get("polars")
    if polars is None or not isinstance(obj, (polars.DataFrame, polars.Series)):
        return None
    frame = obj if isinstance(obj, polars.DataFrame) else obj.to_frame()
    writers: dict[str, Write] = {
        ".csv": lambda path: without_nesting(frame, polars).write_csv(path),
        ".tsv": lambda path: without_nesting(frame, polars).write_csv(path, separator="\t"),
        ".parquet": frame.write_parquet,
        ".feather": frame.write_ipc,
        ".arrow": frame.write_ipc,
        ".json": frame.write_json,
        ".jsonl": frame.write_ndjson,
        ".ndjson": frame.write_ndjson,
        ".xlsx": frame.write_excel,
    }
    return writers.get(ending)


def _arrays(obj: Any, ending: str) -> Write | None:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if ending == ".npz" and isinstance(obj, Mapping) and obj:
        return lambda path: numpy.savez_compressed(path, allow_pickle=False, **obj)
    if not isinstance(obj, (numpy.ndarray, numpy.generic)) and not (ending in {".npy", ".npz"} and _is_list(obj)):
        return None
    if ending == ".npy":
        return lambda path: numpy.save(path, obj, allow_pickle=False)
    if ending == ".npz":
        return lambda path: numpy.savez_compressed(path, obj, allow_pickle=False)
    separator = _TEXT_SEPARATORS.get(ending)
    return None if separator is None else lambda path: numpy.savetxt(path, obj, delimiter=separator)


def _is_list(obj: Any) -> bool:
    return isinstance(obj, (list, tuple, int, float))


def _figure(obj: Any, ending: str) -> Write | None:
    figure = find_figure(obj)
    if figure is None or ending.removeprefix(".") not in figure.canvas.get_supported_filetypes():
        return None
    return lambda path: figure.savefig(path, format=ending.removeprefix("."), bbox_inches="tight")


def _chart(obj: Any, ending: str) -> Write | None:
    plotly = sys.modules.get("plotly.basedatatypes")
    if plotly is not None and isinstance(obj, plotly.BaseFigure):
        if ending == ".json":
            return lambda path: path.write_text(obj.to_json(), encoding="utf-8")
        # With plotly.js inside, so that the page works without the internet.
        return lambda path: obj.write_html(path) if ending == ".html" else obj.write_image(path)
    altair = sys.modules.get("altair")
    if altair is None or not is_altair(obj, altair):
        return None
    if ending == ".json":
        return lambda path: path.write_bytes(msgspec.json.encode(finite(vegalite_spec(obj, altair))))
    return lambda path: obj.save(str(path))


def _image(obj: Any, ending: str) -> Write | None:
    module = sys.modules.get("PIL.Image")
    if module is None or not isinstance(obj, module.Image) or ending not in module.registered_extensions():
        return None
    return lambda path: obj.save(os.fspath(path))


def _json(obj: Any, ending: str) -> Write | None:
    if ending in {".jsonl", ".ndjson"} and isinstance(obj, (list, tuple)):
        return lambda path: path.write_bytes(b"".join(msgspec.json.encode(as_json(row)) + b"\n" for row in obj))
    if ending.endswith("json"):
        return lambda path: path.write_bytes(msgspec.json.format(msgspec.json.encode(as_json(obj)), indent=2))
    return None
