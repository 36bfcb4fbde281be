"""A hash of each run's parameters, to find those that were made already; presets of parameters.

Runs of before have no hash: a newer Flasklab is another package, so none of them is the same as one that starts now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REAL: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """To this revision."""
    op.add_column("runs", sa.Column("params_hash", _WHOLE))
    op.execute(
        "CREATE INDEX ix_runs_same ON runs (params_hash, number) WHERE state = 'succeeded' AND params_hash IS NOT NULL"
    )
    op.create_table(
        "presets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("experiment", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_at", _REAL, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presets")),
        sa.UniqueConstraint("experiment", "name", name=op.f("uq_presets_experiment_name")),
        sqlite_strict=True,
    )
