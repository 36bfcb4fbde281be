"""The catalog: one row that says what experiments the lab has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import delete, insert, select

from flasklab.experiments.description import Catalog
from flasklab.store.tables import catalogs

if TYPE_CHECKING:
    from sqlalchemy import Connection


class CatalogRow:
    """The catalog within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def version(self) -> int:
        """A number that grows with every save; 0 before the first. Cheap: the catalog itself is not read."""
        return int(self._connection.execute(select(catalogs.c.version)).scalar() or 0)

    def load(self) -> Catalog | None:
        """The catalog, or None before the first save."""
        data = self._connection.execute(select(catalogs.c.data)).scalar()
        return None if data is None else msgspec.convert(data, Catalog)

    def save(self, catalog: Catalog) -> None:
        """Replace the catalog."""
        version = self.version() + 1
        self._connection.execute(delete(catalogs))
        values = {"id": 1, "version": version, "data": msgspec.to_builtins(catalog)}
        self._connection.execute(insert(catalogs), values)
