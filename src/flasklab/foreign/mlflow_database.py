"""MLflow's SQLite store, read by plain SQL; the file is opened for reading only."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from flasklab.errors import ImportFailedError
from flasklab.foreign.mlflow import MlflowRun, arriving, local_folder
from flasklab.runs.arriving import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flasklab.runs.arriving import Arriving, Passed

_HEAD = b"SQLite format 3\0"
_AT_ONCE = 20_000  # points
_RUNS = """SELECT r.run_uuid, e.name, r.name AS run_name, r.status, r.start_time, r.end_time, r.user_id,
r.lifecycle_stage, r.artifact_uri FROM runs AS r JOIN experiments AS e ON e.experiment_id = r.experiment_id
ORDER BY r.start_time, r.run_uuid"""
_POINTS = """SELECT key, step, value, is_nan, timestamp FROM metrics WHERE run_uuid = ?
ORDER BY key, timestamp, step, value"""


def is_mlflow_database(path: Path) -> bool:
    """Whether a file is such a store."""
    with path.open("rb") as file:
        if file.read(len(_HEAD)) != _HEAD:
            return False
    try:
        with closing(_opened(path)) as database:
            names = {row["name"] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return False
    return {"experiments", "runs", "metrics", "params", "tags"} <= names


def runs_of_database(path: Path) -> Iterator[Arriving | Passed]:
    """Its runs, oldest first.

    Raises:
        ImportFailedError: it cannot be read.
    """
    try:
        with closing(_opened(path)) as database:
            for row in database.execute(_RUNS).fetchall():
                yield arriving(_run(database, row))
    except sqlite3.Error as error:
        raise ImportFailedError(f"{path} cannot be read as MLflow's database: {error}.") from error


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database


def _run(database: sqlite3.Connection, row: sqlite3.Row) -> MlflowRun:
    run_id = str(row["run_uuid"])
    tags = _texts(database, "tags", run_id)
    return MlflowRun(
        run_id=run_id,
        experiment=str(row["name"]),
        name=tags.get("mlflow.runName") or row["run_name"] or "",
        status=row["status"] or "?",
        start_ms=row["start_time"],
        end_ms=row["end_time"],
        user=row["user_id"] or "",
        active=row["lifecycle_stage"] == "active",
        points=partial(_points, database, run_id),
        params=_texts(database, "params", run_id),
        tags=tags,
        artifacts=local_folder(row["artifact_uri"] or ""),
    )


def _texts(database: sqlite3.Connection, table: str, run_id: str) -> dict[str, str]:
    asked = f"SELECT key, value FROM {table} WHERE run_uuid = ? ORDER BY key"  # noqa: S608 - one of two words of ours
    return {row["key"]: row["value"] or "" for row in database.execute(asked, (run_id,))}


def _points(database: sqlite3.Connection, run_id: str) -> Iterator[Piece]:
    piece: Piece | None = None
    for row in database.execute(_POINTS, (run_id,)):
        if piece is not None and (piece.key != row["key"] or len(piece.steps) == _AT_ONCE):
            yield piece
            piece = None
        if piece is None:
            piece = Piece(key=row["key"], steps=[], values=[], times=[])
        piece.steps.append(int(row["step"] or 0))
        piece.values.append(math.nan if row["is_nan"] else float(row["value"]))
        piece.times.append(row["timestamp"] / 1000)
    if piece is not None:
        yield piece
