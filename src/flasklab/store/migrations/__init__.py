"""Changes of the schema from one version to the next, for Alembic; imported only when there is something to upgrade."""
