"""Leases: who may act for the lab, as one row that changes hands by a conditional write.

The holder reads its row within every transaction that writes. On SQLite `BEGIN IMMEDIATE` keeps others from taking the
lease between that look and the commit; on PostgreSQL a shared lock on the row does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, text, update

from flasklab.store.machine import boot_id, boot_seconds
from flasklab.store.tables import leases

if TYPE_CHECKING:
    from sqlalchemy import Connection

_THIS = (leases.c.name == bindparam("the_name")) & (leases.c.term == bindparam("the_term"))
_FIND = select(leases).where(leases.c.name == bindparam("the_name"))
_TAKE = (
    update(leases)
    .where(_THIS)
    .values(
        holder=bindparam("the_holder"),
        term=leases.c.term + 1,
        host=bindparam("the_host"),
        pid=bindparam("the_pid"),
        place=bindparam("the_place"),
        boot=bindparam("the_boot"),
        renewed=bindparam("the_moment"),
    )
)
_RENEW = (
    update(leases)
    .where(_THIS, leases.c.holder == bindparam("the_holder"))
    .values(boot=bindparam("the_boot"), renewed=bindparam("the_moment"))
)
_RELEASE = update(leases).where(_THIS, leases.c.holder == bindparam("the_holder")).values(holder="")
# As text for the driver itself: it stands before every write, and SQLAlchemy's own way to it costs five times as much.
_SQLITE_HOLDS = "SELECT 1 FROM leases WHERE name = ? AND holder = ? AND term = ?"
_POSTGRES_HOLDS = text("SELECT 1 FROM leases WHERE name = :name AND holder = :holder AND term = :term FOR SHARE")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """A lease as it stands."""

    name: str  # what is held
    holder: str  # token of its holder; "" when it was given back
    term: int  # grows whenever the lease changes hands
    host: str  # where the holder runs, for people
    pid: int  # its process there
    place: str  # the lock that proves that it lives; "" for none
    boot: str  # of the clock that `renewed` is of; "" for the database's own
    renewed: float  # seconds on that clock


class LeaseRows:
    """The leases table within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = connection.dialect.name == "sqlite"

    def clock(self) -> tuple[str, float]:
        """The clock that leases of this database age by, as (boot, seconds).

        The machine's own where the database is a file on it; the database's, at this moment and not at the
        transaction's begin, where several machines may share it.
        """
        if self._sqlite:
            return boot_id(), boot_seconds()
        return "", float(self._connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    def find(self, name: str) -> LeaseRow | None:
        """The lease of this name, or None where it was never taken."""
        row = self._connection.execute(_FIND, {"the_name": name}).mappings().first()
        return None if row is None else LeaseRow(**row)

    def take(self, lease: LeaseRow) -> bool:
        """Take the lease if its term is still `lease.term` (0: it was never taken); its term is one more then.

        `boot` and `renewed` are set to this moment.
        """
        boot, moment = self.clock()
        if lease.term == 0:
            return self._add(lease, boot, moment)
        values = {"the_name": lease.name, "the_term": lease.term, "the_holder": lease.holder, "the_host": lease.host}
        values |= {"the_pid": lease.pid, "the_place": lease.place, "the_boot": boot, "the_moment": moment}
        return self._touched(_TAKE, values)

    def renew(self, name: str, holder: str, term: int) -> bool:
        """Put the lease's age back to nothing; False when it is not this holder's any more."""
        boot, moment = self.clock()
        values = {"the_name": name, "the_term": term, "the_holder": holder, "the_boot": boot, "the_moment": moment}
        return self._touched(_RENEW, values)

    def release(self, name: str, holder: str, term: int) -> bool:
        """Give the lease back, so that the next one need not wait; False when it is not this holder's any more."""
        return self._touched(_RELEASE, {"the_name": name, "the_term": term, "the_holder": holder})

    def holds(self, name: str, holder: str, term: int) -> bool:
        """Whether the lease is this holder's, and stays so until the transaction ends."""
        if self._sqlite:
            driver: Any = self._connection.connection.driver_connection
            return driver.execute(_SQLITE_HOLDS, (name, holder, term)).fetchone() is not None
        values = {"name": name, "holder": holder, "term": term}
        return self._connection.execute(_POSTGRES_HOLDS, values).first() is not None

    def _add(self, lease: LeaseRow, boot: str, moment: float) -> bool:
        if self.find(lease.name) is not None:
            return False
        # Two that add it at once: the second one's commit is refused by the primary key, and it looks again.
        values = {"name": lease.name, "holder": lease.holder, "term": 1, "host": lease.host, "pid": lease.pid}
        values |= {"place": lease.place, "boot": boot, "renewed": moment}
        self._connection.execute(insert(leases), values)
        return True

    def _touched(self, statement: Any, values: dict[str, Any]) -> bool:
        return bool(self._connection.execute(statement, values).rowcount == 1)
