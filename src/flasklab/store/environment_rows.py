"""Environments: code, packages and Git commits that runs ran with, each kept once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import insert, select

from flasklab.runs.json import finite
from flasklab.store.tables import environments

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection


class EnvironmentRows:
    """The environments table within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, environment: Mapping[str, Any]) -> str:
        """Keep an environment and return its id: the SHA-256 of its JSON with sorted keys."""
        canonical = msgspec.json.encode(finite(dict(environment)), order="sorted")
        environment_id = hashlib.sha256(canonical).hexdigest()
        if self.get(environment_id) is None:
            self._connection.execute(insert(environments), {"id": environment_id, "data": dict(environment)})
        return environment_id

    def get(self, environment_id: str) -> dict[str, Any] | None:
        """The environment of this id, or None."""
        statement = select(environments.c.data).where(environments.c.id == environment_id)
        found: dict[str, Any] | None = self._connection.execute(statement).scalar()
        return found

    def several(self, environment_ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """The environments of these ids, by id; unknown ones are left out."""
        statement = select(environments).where(environments.c.id.in_(environment_ids))
        return {row.id: row.data for row in self._connection.execute(statement)}
