"""Runs, with what they leave behind: the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REAL: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_FINAL = "'succeeded', 'failed', 'canceled', 'timed_out', 'lost'"


def upgrade() -> None:
    """To this revision."""
    _create_catalog()
    _create_runs()
    _create_history()
    _create_metrics()
    _create_artifacts()
    _keep_final_states()


def _create_catalog() -> None:
    op.create_table(
        "catalogs",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", _WHOLE, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_catalogs_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogs")),
        sqlite_strict=True,
    )
    op.create_table(
        "environments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_environments")),
        sqlite_strict=True,
    )


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("number", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("experiment", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("output", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("progress", sa.Text()),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("timeout_seconds", _REAL),
        sa.Column("memory_bytes", _WHOLE),
        sa.Column("created_at", _REAL, nullable=False),
        sa.Column("started_at", _REAL),
        sa.Column("finished_at", _REAL),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("cancel_requested_by", sa.Text()),
        sa.Column("cancel_requested_at", _REAL),
        sa.Column("rerun_of", sa.Text()),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("seed", sa.Text()),
        sa.Column("environment_id", sa.Text()),
        sa.Column("seq", _WHOLE, nullable=False),
        sa.Column("dropped", _WHOLE, nullable=False),
        sa.CheckConstraint(f"state IN ('queued', 'running', {_FINAL})", name=op.f("ck_runs_state")),
        sa.ForeignKeyConstraint(["environment_id"], ["environments.id"], name=op.f("fk_runs_environment_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_runs")),
        sa.UniqueConstraint("id", name=op.f("uq_runs_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_runs_state_number", "runs", ["state", "number"])
    op.create_index("ix_runs_experiment_number", "runs", ["experiment", "number"])
    op.create_index("ix_runs_experiment_state_number", "runs", ["experiment", "state", "number"])
    op.create_index(
        "uq_runs_idempotency",
        "runs",
        ["experiment", "idempotency_key"],
        unique=True,
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )


def _create_history() -> None:
    op.create_table(
        "attempts",
        sa.Column("run_number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("claimed_at", _REAL, nullable=False),
        sa.Column("begun_at", _REAL),
        sa.Column("ended_at", _REAL),
        sa.Column("pid", _WHOLE),
        sa.Column("exit_code", _WHOLE),
        sa.Column("signal", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        _of_run("attempts"),
        sa.PrimaryKeyConstraint("run_number", "attempt", name=op.f("pk_attempts")),
        sqlite_strict=True,
    )
    op.create_table(
        "events",
        sa.Column("id", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("run_number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("seq", _WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", _REAL, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        _of_run("events"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_strict=True,
    )
    op.create_index("ix_events_run_number_seq", "events", ["run_number", "seq"])


def _create_metrics() -> None:
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
        _of_run("metric_summaries"),
        sa.PrimaryKeyConstraint("run_number", "key", name=op.f("pk_metric_summaries")),
        sqlite_strict=True,
    )
    op.create_table(
        "metric_chunks",
        sa.Column("run_number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("start", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("first_seq", _WHOLE, nullable=False),
        sa.Column("last_seq", _WHOLE, nullable=False),
        sa.Column("packed", sa.Integer(), nullable=False),
        sa.Column("steps", sa.LargeBinary(), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.LargeBinary(), nullable=False),
        sa.Column("seqs", sa.LargeBinary(), nullable=False),
        _of_run("metric_chunks"),
        sa.PrimaryKeyConstraint("run_number", "key", "start", name=op.f("pk_metric_chunks")),
        sqlite_strict=True,
    )
    op.create_index("ix_metric_chunks_run_number_last_seq", "metric_chunks", ["run_number", "last_seq"])


def _create_artifacts() -> None:
    op.create_table(
        "artifacts",
        sa.Column("run_number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", _WHOLE, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text()),
        sa.Column("step", _WHOLE),
        sa.Column("position", _WHOLE, nullable=False),
        sa.Column("seq", _WHOLE, nullable=False),
        sa.Column("meta", sa.Text(), nullable=False),
        _of_run("artifacts"),
        sa.PrimaryKeyConstraint("run_number", "name", name=op.f("pk_artifacts")),
        sqlite_strict=True,
    )


def _of_run(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_run_number")
    return sa.ForeignKeyConstraint(["run_number"], ["runs.number"], name=name, ondelete="CASCADE")


def _keep_final_states() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            f"""CREATE TRIGGER runs_final_state BEFORE UPDATE OF state ON runs
WHEN OLD.state IN ({_FINAL}) AND NEW.state IS NOT OLD.state
BEGIN SELECT RAISE(ABORT, 'a final state never changes'); END"""
        )
        return
    op.execute(
        """CREATE FUNCTION runs_keep_final_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a final state never changes' USING ERRCODE = 'check_violation'; END $$"""
    )
    op.execute(
        f"""CREATE TRIGGER runs_final_state BEFORE UPDATE OF state ON runs FOR EACH ROW
WHEN (OLD.state IN ({_FINAL}) AND NEW.state IS DISTINCT FROM OLD.state)
EXECUTE FUNCTION runs_keep_final_state()"""
    )
