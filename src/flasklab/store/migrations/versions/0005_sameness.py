"""A hash of each run's parameters, to find those that were made already.

Runs of before have none: a newer Flasklab is another package, so none of them is the same as one that starts now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """To this revision."""
    op.add_column("runs", sa.Column("params_hash", _WHOLE))
    op.execute(
        "CREATE INDEX ix_runs_same ON runs (params_hash, number) WHERE state = 'succeeded' AND params_hash IS NOT NULL"
    )
