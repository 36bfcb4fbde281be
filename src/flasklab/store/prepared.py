"""Statements that are compiled once per dialect and handed to the driver itself: what every turn asks or writes.

SQLAlchemy's own way to the driver costs more than most of these statements do. Columns' own conversions are left to
the caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.sql import ClauseElement


class _cursor:  # noqa: N801 - reads as a function
    """A cursor of the driver's, whose errors come as SQLAlchemy's do."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        driver: Any = connection.connection.driver_connection
        self._cursor: Any = driver.cursor()

    def __enter__(self) -> Any:
        return self._cursor

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: Any) -> None:
        self._cursor.close()
        dialect = self._connection.dialect
        if error is not None and dialect.dbapi is not None and isinstance(error, dialect.dbapi.Error):
            raise DBAPIError.instance(None, None, error, dialect.dbapi.Error, dialect=dialect) from error


class Prepared:
    """A statement whose parameters all have names.

    Raises from its methods:
        sqlalchemy.exc.DBAPIError: as from any statement.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Sequence[str], dict[str, Any]]] = {}

    def many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute it for each row of parameters; how many rows of the table were touched in all."""
        sql, names, _ = self._for(connection)
        with _cursor(connection) as cursor:
            cursor.executemany(sql, [tuple(map(row.__getitem__, names)) for row in rows])
            return int(cursor.rowcount)

    def rows(self, connection: Connection, **parameters: Any) -> list[Any]:
        """The rows that it finds, as the driver gives them."""
        sql, names, constants = self._for(connection)
        with _cursor(connection) as cursor:
            cursor.execute(sql, tuple(map((constants | parameters).__getitem__, names)))
            found: list[Any] = cursor.fetchall()
            return found

    def _for(self, connection: Connection) -> tuple[str, Sequence[str], dict[str, Any]]:
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            style = "qmark" if dialect.name == "sqlite" else "format"
            plain = type(dialect)(paramstyle=style)  # type: ignore[call-arg]  # every dialect takes it
            compiled: Any = self._statement.compile(dialect=plain)
            # What the compiler itself adds, such as SQLite's offset of a limit.
            constants = {name: value for name, value in compiled.params.items() if value is not None}
            self._compiled[dialect.name] = (str(compiled), tuple(compiled.positiontup or ()), constants)
        return self._compiled[dialect.name]
