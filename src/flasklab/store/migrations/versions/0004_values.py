"""Parameters and outputs as rows that an index finds; runs by a metric; indexes of the queue that hold only it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Iterator

revision = "0004"
down_revision = "0003"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REAL: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_AT_ONCE = 2000  # runs
_LONGEST, _MOST, _DEEPEST = 200, 500, 20
_NON_FINITE = {"Infinity": float("inf"), "-Infinity": float("-inf")}


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "run_values",
        sa.Column("source", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("number", _REAL, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("run_number", _WHOLE, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("source", "name", "kind", "number", "text", "run_number", name=op.f("pk_run_values")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_metric_summaries_key_last", "metric_summaries", ["key", "last", "run_number"])
    for name in ("ix_runs_queue", "ix_runs_experiment_queue", "ix_runs_not_before"):
        op.drop_index(name, table_name="runs")
    op.execute("CREATE INDEX ix_runs_queue ON runs (held, rank, number) WHERE state = 'queued'")
    op.execute("CREATE INDEX ix_runs_experiment_queue ON runs (experiment, held, rank, number) WHERE state = 'queued'")
    op.execute("CREATE INDEX ix_runs_not_before ON runs (held, not_before) WHERE state = 'queued'")
    op.execute("CREATE INDEX ix_runs_running ON runs (state, number) WHERE state = 'running'")
    _fill()


def _fill() -> None:
    connection = op.get_bind()
    table = sa.table("run_values", *map(sa.column, ("source", "name", "kind", "number", "text", "run_number")))
    read = sa.text("SELECT number, params, output FROM runs WHERE number > :after ORDER BY number LIMIT :most")
    after = 0
    while rows := connection.execute(read, {"after": after, "most": _AT_ONCE}).all():
        after = rows[-1].number
        found = [
            row
            for run in rows
            for source, written in ((0, run.params), (1, run.output))
            if written is not None
            for row in _values(run.number, source, json.loads(written))
        ]
        if found:
            connection.execute(table.insert(), found)


def _values(run_number: int, source: int, value: Any) -> Iterator[dict[str, Any]]:
    seen: set[tuple[str, int, float, str]] = set()
    for name, item in _leaves("", value, _DEEPEST):
        row = (_clean(name[:_LONGEST]), *_kept(item))
        if row in seen:
            continue
        over = len(seen) == _MOST
        seen.add(row)
        names = ("name", "kind", "number", "text")
        told = ("", 9, 0.0, "") if over else row
        yield dict(zip(names, told, strict=True)) | {"source": source, "run_number": run_number}
        if over:
            return


def _leaves(name: str, value: Any, deeper: int) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict) or deeper == 0:
        if name or value is not None:
            yield name, value
        return
    if name:
        yield name, value
    for key, item in value.items():
        yield from _leaves(f"{name}.{key}" if name else str(key), item, deeper - 1)


def _kept(item: Any) -> tuple[int, float, str]:
    if item is None:
        return 3, 0.0, ""
    if isinstance(item, bool):
        return 2, float(item), ""
    if isinstance(item, (int, float)):
        try:
            return 0, float(item), ""
        except OverflowError:
            return 0, float("inf") if item > 0 else float("-inf"), ""
    if item == "NaN":
        return 4, 0.0, ""
    if isinstance(item, str):
        return (0, _NON_FINITE[item], "") if item in _NON_FINITE else (1, 0.0, _clean(item[:_LONGEST]))
    return 5, 0.0, ""


def _clean(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
