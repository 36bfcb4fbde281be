"""Metrics in open and closed chunks, with coarser levels of long series."""

from __future__ import annotations

import zlib
from array import array
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from sqlalchemy import Connection

revision = "0002"
down_revision = "0001"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REAL: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_OPEN = 0  # coding of a chunk: steps, values, times, event numbers, eight bytes each
_COLUMNS = ("steps", "points", "times", "seqs")  # as revision 0001 kept them


def upgrade() -> None:
    """To this revision: a chunk becomes an open one of the same points."""
    connection = op.get_bind()
    for table in ("metric_summaries", "metric_chunks"):
        op.execute(f"CREATE TABLE old_{table} AS SELECT * FROM {table}")  # noqa: S608 - two names of ours
        op.drop_table(table)
    _create()
    _copy_chunks(connection)
    connection.execute(
        sa.text(
            "INSERT INTO metric_summaries"
            " SELECT s.run_number, s.key, s.last, s.min, s.max, s.mean, s.total, s.numbers, s.step, 0,"
            " (SELECT count(*) FROM metric_chunks c WHERE c.run_number = s.run_number AND c.key = s.key)"
            " FROM old_metric_summaries s"
        )
    )
    for table in ("metric_summaries", "metric_chunks"):
        op.drop_table(f"old_{table}")


def _create() -> None:
    op.create_table(
        "metric_summaries",
        sa.Column("run_number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("last", _REAL),
        sa.Column("min", _REAL),
        sa.Column("max", _REAL),
        sa.Column("mean", _REAL),
        sa.Column("total", _WHOLE, nullable=False),
        sa.Column("numbers", _WHOLE, nullable=False),
        sa.Column("step", _WHOLE, nullable=False),
        sa.Column("closed", _WHOLE, nullable=False),
        sa.Column("open_chunks", sa.Integer(), nullable=False),
        _of_run("metric_summaries"),
        sa.PrimaryKeyConstraint("run_number", "key", name=op.f("pk_metric_summaries")),
        sqlite_strict=True,
    )
    op.create_table(
        "metric_chunks",
        sa.Column("run_number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("first_seq", _WHOLE, nullable=False),
        sa.Column("last_seq", _WHOLE, nullable=False),
        sa.Column("low_step", _WHOLE, nullable=False),
        sa.Column("high_step", _WHOLE, nullable=False),
        sa.Column("low_time", _REAL, nullable=False),
        sa.Column("high_time", _REAL, nullable=False),
        sa.Column("coding", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _of_run("metric_chunks"),
        sa.PrimaryKeyConstraint("run_number", "key", "level", "start", name=op.f("pk_metric_chunks")),
        sqlite_strict=True,
    )
    op.create_index("ix_metric_chunks_run_number_last_seq", "metric_chunks", ["run_number", "last_seq"])


def _of_run(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_run_number")
    return sa.ForeignKeyConstraint(["run_number"], ["runs.number"], name=name, ondelete="CASCADE")


def _copy_chunks(connection: Connection) -> None:
    """A run at a time, as all of them may be more than memory holds."""
    add = sa.text(
        "INSERT INTO metric_chunks VALUES (:run_number, :key, 0, :start, :length, :first_seq, :last_seq,"
        " :low_step, :high_step, :low_time, :high_time, :coding, :data)"
    )
    numbers = connection.execute(sa.text("SELECT DISTINCT run_number FROM old_metric_chunks")).scalars().all()
    if numbers:
        op.create_index("ix_old_metric_chunks", "old_metric_chunks", ["run_number"])
    for number in numbers:
        rows = connection.execute(
            sa.text("SELECT * FROM old_metric_chunks WHERE run_number = :number"), {"number": number}
        )
        connection.execute(add, [_changed(row) for row in rows])


def _changed(row: Any) -> dict[str, Any]:
    columns = [bytes(getattr(row, name)) for name in _COLUMNS]
    if row.packed:
        columns = [zlib.decompress(column) for column in columns]
    steps, times = array("q", columns[0]), array("d", columns[2])
    return {
        "run_number": row.run_number,
        "key": row.key,
        "start": row.start,
        "length": row.length,
        "first_seq": row.first_seq,
        "last_seq": row.last_seq,
        "low_step": min(steps),
        "high_step": max(steps),
        "low_time": min(times),
        "high_time": max(times),
        "coding": _OPEN,
        "data": b"".join(columns),
    }
