"""Runs as Parquet: a typed column each, some thousand runs a row group, made while it is sent.

PyArrow is loaded when a file is asked for, and only then.
"""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from flasklab.errors import ExportError
from flasklab.services.run_cells import Kind
from flasklab.services.run_csv import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flasklab.services.run_cells import Cell

_ROWS = 5_000  # of a row group


def require_pyarrow() -> None:
    """Make sure that Parquet can be written.

    Raises:
        ExportError: PyArrow is not installed.
    """
    if find_spec("pyarrow") is None:
        raise ExportError("Parquet needs PyArrow: pip install 'flasklab[parquet]', or ask for csv or jsonl.")


def runs_parquet(rows: Iterable[Mapping[str, Cell]], columns: Mapping[str, Kind]) -> Iterator[bytes]:
    """The pieces of a Parquet file.

    Args:
        rows: the runs' cells
        columns: what each column holds; cells that are something else are left out
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        Kind.EMPTY: pa.string(),
        Kind.BOOL: pa.bool_(),
        Kind.INT: pa.int64(),
        Kind.FLOAT: pa.float64(),
        Kind.TIME: pa.timestamp("us", tz="UTC"),
        Kind.WORDS: pa.list_(pa.string()),
        Kind.TEXT: pa.string(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    sink = _Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for part in _parts(rows):
            data = {name: [_fitting(row.get(name), kind) for row in part] for name, kind in columns.items()}
            writer.write_table(pa.table(data, schema=schema))
            yield from sink.take()
    yield from sink.take()


def _parts(rows: Iterable[Mapping[str, Cell]]) -> Iterator[list[Mapping[str, Cell]]]:
    part: list[Mapping[str, Cell]] = []
    for row in rows:
        part.append(row)
        if len(part) == _ROWS:
            yield part
            part = []
    if part:
        yield part


def _fitting(cell: Cell, kind: Kind) -> Any:
    """The cell as the column's type takes it; None where a run changed since its column was found."""
    match kind, cell:
        case _, None:
            return None
        case (Kind.TEXT, str()):
            return cell.encode("utf-8", "replace").decode()
        case (Kind.TEXT, _):
            return cell_text(cell)
        case (Kind.BOOL, bool()) | (Kind.TIME, _) | (Kind.WORDS, list()):
            return cell
        case (Kind.INT, int()):
            return cell if -(2**63) <= cell < 2**63 else None
        case (Kind.FLOAT, int() | float()):
            return float(cell)
        case _:
            return None


class _Sink(io.RawIOBase):
    """A file that only grows, from which written bytes are taken as they come."""

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._written.append(piece)
        self._at += len(piece)
        return len(piece)

    def take(self) -> Iterator[bytes]:
        """What was written since the last time."""
        written, self._written = b"".join(self._written), []
        if written:
            yield written
