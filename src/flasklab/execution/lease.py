"""The supervisor's right to act for a lab, as long as nobody else can have taken it.

The lock on the results folder already makes a supervisor the only one of its folder. The lease does the same for a
database that several folders or machines name, and bars a supervisor that was away too long: it stands in the
database, so that no write can pass it. See docs/decisions/0016.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.errors import LeaseLostError, StoreRefusedError
from flasklab.failpoints import failpoint
from flasklab.store.lease_rows import LeaseRow
from flasklab.store.machine import awake_seconds, host_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from flasklab.store.store import Store
    from flasklab.store.unit import Unit

NAME = "supervisor"
LEASE_SECONDS = float(os.environ.get("FLASKLAB_TEST_LEASE_SECONDS") or 30.0)
RENEW_SECONDS = LEASE_SECONDS / 6
# Whoever finds a lease too old watches it for two renewals more: its holder may have slept along with the machine, or
# the database's clock have jumped.
WATCH_SECONDS = LEASE_SECONDS / 3
_EARLY_SECONDS = RENEW_SECONDS / 5  # a write so shortly before the renewal is due renews too


@dataclass(slots=True)
class _Watched:
    """Another's lease, and since when it has not been renewed, as far as this process saw it."""

    row: LeaseRow
    since: float  # awake seconds


class Lease:
    """The lease on being a lab's supervisor: taken once, renewed by writing, looked at before every write.

    Args:
        store: of the lab
        place: of the lock on its results folder, which this process holds; "" proves nothing
        clock: seconds that stand still while the machine sleeps
    """

    def __init__(self, store: Store, place: str, clock: Callable[[], float] = awake_seconds) -> None:
        self._store = store
        self._place = place
        self._clock = clock
        self._holder = uuid.uuid4().hex
        self._term = 0  # 0 while it is not ours
        self._renewed = 0.0  # by `clock`, as last committed
        self._renewing: float | None = None  # in the transaction under way
        self._watched: _Watched | None = None

    def try_to_take(self) -> str:
        """Take the lease if it is free.

        Returns:
            "" when it is ours now; else who holds it and what comes next, in a sentence.

        Raises:
            StoreError: the database cannot be used.
        """
        now = self._clock()
        self.run_out()  # from now on it is watched, even while the database is locked
        try:
            with self._store.write() as unit:
                found = unit.leases.find(NAME)
                if found is not None and not self._is_free(found, unit.leases.clock(), now):
                    return _held_by(found)
                term = found.term if found is not None else 0
                mine = LeaseRow(
                    name=NAME,
                    holder=self._holder,
                    term=term,
                    host=host_name(),
                    pid=os.getpid(),
                    place=self._place,
                    boot="",
                    renewed=0.0,
                )
                taken = unit.leases.take(mine)
        except StoreRefusedError:  # another was faster by a moment, and is seen the next time
            taken = False
        if not taken:
            return "Another supervisor took this lab a moment ago; this one waits."
        self._term, self._renewed = term + 1, now
        return ""

    def run_out(self) -> LeaseRow | None:
        """Another's lease on this machine that has run out; None while it may still be renewed, and where none is held.

        Raises:
            StoreError: the database cannot be read.
        """
        with self._store.read() as unit:
            found, clock = unit.leases.find(NAME), unit.leases.clock()
        mine = found is None or not found.holder or found.holder == self._holder
        if found is None or mine or found.boot != clock[0] or found.host != host_name():
            return None
        return found if self._has_run_out(found, clock[1], self._clock()) else None

    def guard(self, unit: Unit) -> None:
        """Refuse a transaction that writes unless the lease is still ours; renews it when that is due.

        Raises:
            LeaseLostError: another has it. Nothing more may be written.
        """
        now = self._clock()
        due = now - self._renewed >= RENEW_SECONDS - _EARLY_SECONDS
        self._renewing = now if due else None
        ask = unit.leases.renew if due else unit.leases.holds
        if due:
            failpoint("supervisor.before-renew")
        if not ask(NAME, self._holder, self._term):
            raise LeaseLostError(self._why_lost(unit))

    def kept(self) -> None:
        """The transaction that `guard` looked at has been committed."""
        if self._renewing is not None:
            self._renewed, self._renewing = self._renewing, None

    def release(self) -> None:
        """Give the lease back, so that another folder's supervisor need not wait for its end.

        Raises:
            StoreError: the database cannot be used; the lease then ends by itself.
        """
        if self._term:
            with self._store.write() as unit:
                unit.leases.release(NAME, self._holder, self._term)
            self._term = 0

    def _is_free(self, found: LeaseRow, clock: tuple[str, float], now: float) -> bool:
        if not found.holder:
            return True
        if self._place and found.place == self._place:
            return True  # we hold the lock that its holder held as long as it lived
        boot, moment = clock
        if found.boot != boot:
            return True  # the machine has been started anew since, or it is a copy of another machine's database
        return self._has_run_out(found, moment, now)

    def _has_run_out(self, found: LeaseRow, moment: float, now: float) -> bool:
        """Whether a lease was not renewed in its time; watches it."""
        if self._watched is None or self._watched.row != found:
            self._watched = _Watched(found, now)
        watched = now - self._watched.since
        too_old = moment - found.renewed >= LEASE_SECONDS
        return watched >= (WATCH_SECONDS if too_old else LEASE_SECONDS)

    def _why_lost(self, unit: Unit) -> str:
        found = unit.leases.find(NAME)
        if found is None:
            return "This supervisor's lease is gone from the database, so it writes nothing more and ends."
        return (
            f"Another supervisor, pid {found.pid} on {found.host}, has taken this lab over since this one was last "
            "heard of, so it writes nothing more and ends."
        )


def _held_by(found: LeaseRow) -> str:
    return (
        f"Another supervisor, pid {found.pid} on {found.host}, holds this lab: its database is the same. This one "
        f"waits, and takes over when the other has ended or was not heard of for {LEASE_SECONDS:g} s. Give this lab "
        "a FLASKLAB_DATABASE_URL of its own if it is another one."
    )
