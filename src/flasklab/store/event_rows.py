"""Events: what happened to a run, besides its metrics' points and its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from flasklab.runs.history import RunEvent
from flasklab.store.tables import events

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from flasklab.runs.json import Json

_ADD = insert(events)


class EventRows:
    """The events table within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, run_number: int, seq: int, kind: str, data: Mapping[str, Json], at: datetime) -> None:
        """Note an event under the number `seq` of its run."""
        values = {"run_number": run_number, "seq": seq, "kind": kind, "data": dict(data), "at": at}
        self._connection.execute(_ADD, values)

    def of(self, run_number: int, after_seq: int = 0, limit: int | None = None) -> list[RunEvent]:
        """A run's events after number `after_seq`, in order."""
        statement = (
            select(events.c.seq, events.c.kind, events.c.at, events.c.data)
            .where(events.c.run_number == run_number, events.c.seq > after_seq)
            .order_by(events.c.seq, events.c.id)
            .limit(limit)
        )
        return [RunEvent(**row) for row in self._connection.execute(statement).mappings()]

    def of_kind(self, run_number: int, kind: str) -> list[RunEvent]:
        """A run's events of one kind, in order."""
        return [event for event in self.of(run_number) if event.kind == kind]

    def keep_last(self, run_number: int, kind: str, count: int) -> None:
        """Remove a run's events of one kind but the last `count`."""
        same = (events.c.run_number == run_number, events.c.kind == kind)
        last = select(events.c.id).where(*same).order_by(events.c.id.desc()).limit(count)
        self._connection.execute(delete(events).where(*same, events.c.id.not_in(last)))

    def latest(self, run_number: int) -> int:
        """A number that grows with each of a run's events; 0 where there is none. Cheap."""
        statement = select(func.max(events.c.id)).where(events.c.run_number == run_number)
        return int(self._connection.execute(statement).scalar() or 0)
