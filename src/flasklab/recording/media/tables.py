"""pandas and polars tables: the first rows as JSON for the page, all rows as CSV and, where it goes, as Parquet."""

from __future__ import annotations

import math
import sys
from importlib.util import find_spec
from typing import Any

import msgspec

from flasklab.recording.media.bundle import Bundle, Rendering
from flasklab.recording.media.kinds import media_type_of
from flasklab.recording.plain import MISSING, described, scalar, shortened
from flasklab.runs.artifacts import TABLE

MAX_ROWS = 10_000  # shown
MAX_COLUMNS = 200  # shown
_MAX_SHOWN_CELLS = 500_000
_MAX_CSV_CELLS = 20_000_000  # beyond, writing text would take minutes
_MAX_TEXT = 1_000  # characters of a shown cell
_SAMPLE = 1_000  # values that tell whether a column is of one type


def pandas_table(obj: Any) -> Bundle | None:
    """A pandas frame, series or index."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(obj, (pandas.DataFrame, pandas.Series, pandas.Index)):
        return None
    if isinstance(obj, pandas.Index):
        frame = obj.to_frame(index=False)
    else:
        frame = obj if isinstance(obj, pandas.DataFrame) else obj.to_frame()
    numbered = is_numbered(frame.index, pandas)
    shown = _shown_rows(len(frame), frame.shape[1])
    columns, data = [], []
    index = frame.index[:shown]
    if not numbered:
        for level in range(index.nlevels):
            values = index.get_level_values(level)
            columns.append(_pandas_column(values.name, values, pandas))
            data.append(_pandas_cells(values, pandas))
    for position in range(min(frame.shape[1], MAX_COLUMNS)):
        series = frame.iloc[:shown, position]
        columns.append(_pandas_column(frame.columns[position], series, pandas))
        data.append(_pandas_cells(series, pandas))
    return _bundle(
        columns,
        data,
        (len(frame), frame.shape[1]),
        shown,
        lambda path: frame.to_csv(path, index=not numbered),
        _pandas_parquet(frame, not numbered),
    )


def _pandas_parquet(frame: Any, index: bool) -> Any:
    """What writes the frame as Parquet; None without the engine, or where a column is of no type that Parquet has."""
    if find_spec("pyarrow") is None or not all(map(_has_a_type, (column for _, column in frame.items()))):
        return None
    named = frame.set_axis([" / ".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in frame.columns], axis=1)
    return (lambda path: named.to_parquet(path, index=index)) if named.columns.is_unique else None


def _has_a_type(column: Any) -> bool:
    """Whether a pandas column is of one type, told by its first values where its dtype says "object"."""
    return column.dtype != object or len({type(value) for value in column.head(_SAMPLE).dropna()}) <= 1


def is_numbered(index: Any, pandas: Any) -> bool:
    """Whether a pandas index is the plain 0, 1, 2, ... that tells nothing."""
    return isinstance(index, pandas.RangeIndex) and index.start == 0 and index.step == 1 and index.name is None


def polars_table(obj: Any) -> Bundle | None:
    """A polars frame or series."""
    polars = sys.modules.get("polars")
    if polars is None or not isinstance(obj, (polars.DataFrame, polars.Series)):
        return None
    frame = obj if isinstance(obj, polars.DataFrame) else obj.to_frame()
    shown = _shown_rows(frame.height, frame.width)
    columns, data = [], []
    for series in frame.head(shown).get_columns()[:MAX_COLUMNS]:
        kind = _polars_kind(series.dtype, polars)
        columns.append({"name": series.name, "type": kind})
        data.append(_cells(series.to_list()))
    return _bundle(
        columns,
        data,
        (frame.height, frame.width),
        shown,
        lambda path: without_nesting(frame, polars).write_csv(path),
        None if any(dtype == polars.Object for dtype in frame.dtypes) else frame.write_parquet,
    )


def without_nesting(frame: Any, polars: Any) -> Any:
    """A polars frame whose lists and structs are text, since CSV has none."""
    nested = [series for series in frame.get_columns() if series.dtype.is_nested()]
    texts = [
        polars.Series(
            series.name,
            [None if value is None else str(value) for value in series.to_list()],
            dtype=polars.String,
        )
        for series in nested
    ]
    return frame.with_columns(texts) if texts else frame


def _bundle(
    columns: list[dict[str, str]],
    data: list[list[Any]],
    shape: tuple[int, int],
    shown: int,
    write_csv: Any,
    write_parquet: Any,
) -> Bundle:
    rows, width = shape
    meta = {"rows": rows, "columns": width}
    table = {"columns": columns, "data": data, "rows": rows, "shown": shown}
    renderings = [Rendering(ending=".table.json", media_type=TABLE, content=msgspec.json.encode(table), meta=meta)]
    if rows * width <= _MAX_CSV_CELLS:
        renderings.append(Rendering(ending=".csv", media_type="text/csv", content=write_csv, meta=meta))
    if write_parquet is not None:
        kind = media_type_of(".parquet")
        renderings.append(Rendering(ending=".parquet", media_type=kind, content=write_parquet, optional=True))
    return Bundle(name="table", renderings=tuple(renderings))


def _shown_rows(rows: int, columns: int) -> int:
    return min(rows, MAX_ROWS, _MAX_SHOWN_CELLS // max(1, min(columns, MAX_COLUMNS)))


def _pandas_column(label: Any, values: Any, pandas: Any) -> dict[str, str]:
    names = label if isinstance(label, tuple) else (label,)
    name = " / ".join("" if part is None else str(part) for part in names)
    types = pandas.api.types
    kind = "text"
    for test, found in (
        (types.is_bool_dtype, "boolean"),
        (types.is_integer_dtype, "integer"),
        (types.is_float_dtype, "number"),
        (types.is_datetime64_any_dtype, "datetime"),
        (types.is_timedelta64_dtype, "duration"),
    ):
        if test(values.dtype):
            kind = found
            break
    return {"name": name, "type": kind}


def _pandas_cells(values: Any, pandas: Any) -> list[Any]:
    missing = pandas.isna(values)
    cells = _cells(values.tolist())
    if missing.any():  # NaN, NaT, None and NA all mean missing in pandas
        return [None if gone else cell for cell, gone in zip(cells, missing.tolist(), strict=True)]
    return cells


def _polars_kind(dtype: Any, polars: Any) -> str:
    if dtype == polars.Boolean:
        return "boolean"
    if dtype.is_integer():
        return "integer"
    if dtype.is_float() or dtype.is_decimal():
        return "number"
    if dtype == polars.Duration:
        return "duration"
    return "datetime" if dtype.is_temporal() else "text"


def _cells(values: list[Any]) -> list[Any]:
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    if type(value) is float:
        return value if math.isfinite(value) else scalar(value)
    if type(value) is int:
        return value
    if isinstance(value, str):
        return shortened(scalar(value), _MAX_TEXT)
    plain = scalar(value)
    return described(value, _MAX_TEXT) if plain is MISSING else plain
