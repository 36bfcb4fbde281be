"""Alembic's entrance: runs the revisions on the connection that `flasklab.store.schema` hands over."""

from __future__ import annotations

from alembic import context

from flasklab.store.tables import metadata

# The connection's transaction is the caller's: all revisions happen, or none.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
