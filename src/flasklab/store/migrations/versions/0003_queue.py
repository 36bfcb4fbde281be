"""Priorities, resources, waits and retries of queued runs; a bin and pins; leases; the whole table of transitions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REAL: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_FINAL = "'succeeded', 'failed', 'canceled', 'timed_out', 'lost'"
_ANSWER = ("output", "error", "finished_at", "attempt", "params", "experiment")
_ZERO = sa.text("0")


def upgrade() -> None:
    """To this revision."""
    _add_columns()
    _add_leases()
    _index_anew()
    _keep_transitions()


def _add_columns() -> None:
    for name, kind, default in (
        ("rank", sa.Integer(), _ZERO),
        ("held", sa.Integer(), _ZERO),
        ("not_before", _REAL, None),
        ("resources", sa.Text(), None),
        ("retry_wait", _REAL, _ZERO),
        ("restore_from", sa.Text(), None),
        ("pinned", sa.Integer(), _ZERO),
        ("deleted", sa.Integer(), _ZERO),
        ("deleted_at", _REAL, None),
    ):
        op.add_column("runs", sa.Column(name, kind, nullable=default is None, server_default=default))
    for name, kind in (
        ("state", sa.Text()),
        ("supervisor", sa.Text()),
        ("tags_before", sa.Text()),
        ("note_before", sa.Text()),
    ):
        op.add_column("attempts", sa.Column(name, kind))


def _add_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("term", _WHOLE, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", _WHOLE, nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("renewed", _REAL, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        sqlite_strict=True,
    )


def _index_anew() -> None:
    for name in ("ix_runs_state_number", "ix_runs_experiment_number", "ix_runs_experiment_state_number"):
        op.drop_index(name, table_name="runs")
    op.create_index("ix_artifacts_sha256", "artifacts", ["sha256"])
    op.create_index("ix_runs_queue", "runs", ["state", "held", "rank", "number"])
    op.create_index("ix_runs_experiment_queue", "runs", ["experiment", "state", "held", "rank", "number"])
    op.create_index("ix_runs_not_before", "runs", ["held", "state", "not_before"])
    op.create_index("ix_runs_state_number", "runs", ["deleted", "state", "number"])
    op.create_index("ix_runs_experiment_number", "runs", ["deleted", "experiment", "number"])
    op.create_index("ix_runs_experiment_state_number", "runs", ["deleted", "experiment", "state", "number"])


def _keep_transitions() -> None:
    allowed = {
        "queued": "'queued', 'canceled', 'failed', 'running'",
        "running": "'running', 'canceled', 'failed', 'lost', 'queued', 'succeeded', 'timed_out'",
    } | {state: f"'{state}'" for state in ("succeeded", "failed", "canceled", "timed_out", "lost")}
    forbidden = " OR ".join(f"(OLD.state = '{old}' AND NEW.state NOT IN ({news}))" for old, news in allowed.items())
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TRIGGER runs_final_state")
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _ANSWER)
        op.execute(
            f"""CREATE TRIGGER runs_transition BEFORE UPDATE OF state ON runs
WHEN {forbidden}
BEGIN SELECT RAISE(ABORT, 'a run cannot go from its state to this one'); END"""  # noqa: S608 - words of ours
        )
        op.execute(
            f"""CREATE TRIGGER runs_answer BEFORE UPDATE OF {", ".join(_ANSWER)} ON runs
WHEN OLD.state IN ({_FINAL}) AND ({changed})
BEGIN SELECT RAISE(ABORT, 'the answer of a run that has ended never changes'); END"""
        )
        return
    op.execute("DROP TRIGGER runs_final_state ON runs")
    op.execute("DROP FUNCTION runs_keep_final_state()")
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _ANSWER)
    op.execute(
        """CREATE FUNCTION runs_refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a run cannot go from its state to this one' USING ERRCODE = 'check_violation'; END $$"""
    )
    op.execute(
        f"""CREATE TRIGGER runs_transition BEFORE UPDATE OF state ON runs FOR EACH ROW
WHEN ({forbidden}) EXECUTE FUNCTION runs_refuse_transition()"""
    )
    op.execute(
        """CREATE FUNCTION runs_keep_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the answer of a run that has ended never changes'
USING ERRCODE = 'check_violation'; END $$"""
    )
    op.execute(
        f"""CREATE TRIGGER runs_answer BEFORE UPDATE OF {", ".join(_ANSWER)} ON runs FOR EACH ROW
WHEN (OLD.state IN ({_FINAL}) AND ({changed})) EXECUTE FUNCTION runs_keep_answer()"""
    )
