"""The supervisor's lease on both databases: who may act, and that whoever may not any more writes nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from flasklab.errors import LeaseLostError, StoreError
from flasklab.execution.lease import LEASE_SECONDS, NAME, RENEW_SECONDS, WATCH_SECONDS, Lease
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flasklab.config import Settings
    from flasklab.runs.run import Run

    from .conftest import Queue


class Clock:
    """Awake seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_lease(settings: Settings, store: Store, clock: Clock) -> Iterator[Callable[[str], Lease]]:
    """Leases of supervisors of folders of their own, or of one folder; each with its own connections."""
    stores = []

    def make(place: str) -> Lease:
        stores.append(Store(settings, checkpointing=True).open())
        return Lease(stores[-1], place, clock)

    yield make
    for one in stores:
        one.close()


def aged(store: Store, seconds: float) -> None:
    """The present holder was last heard of so long ago."""
    with store.write() as unit:
        unit.leases._connection.execute(text("UPDATE leases SET renewed = renewed - :age"), {"age": seconds})


def renewed(store: Store) -> float:
    with store.read() as unit:
        found = unit.leases.find(NAME)
        assert found is not None
        return found.renewed


@pytest.fixture
def lease(make_lease: Callable[[str], Lease]) -> Lease:
    lease = make_lease("here")
    assert lease.try_to_take() == ""
    lease._store.fence = lease
    return lease


@pytest.fixture
def other(make_lease: Callable[[str], Lease]) -> Lease:
    """Of another results folder; not taken yet."""
    return make_lease("elsewhere")


def test_a_second_folder_waits_for_a_living_holder_and_says_why(lease: Lease, other: Lease, clock: Clock) -> None:
    for _ in range(20):
        clock.now += RENEW_SECONDS
        with lease._store.write():
            pass
        why = other.try_to_take()
        assert "Another supervisor, pid " in why
        assert "FLASKLAB_DATABASE_URL" in why


def test_a_holder_not_heard_of_is_replaced(lease: Lease, other: Lease, clock: Clock) -> None:
    assert other.try_to_take() != ""
    clock.now += LEASE_SECONDS - 0.1
    assert other.try_to_take() != ""
    clock.now += 0.1
    assert other.try_to_take() == ""


def test_a_lease_that_looks_old_is_watched_first(lease: Lease, other: Lease, store: Store, clock: Clock) -> None:
    aged(store, 3600)  # both slept an hour, or the database's clock was put forward
    assert other.try_to_take() != ""
    clock.now += RENEW_SECONDS
    with lease._store.write():
        pass
    clock.now += WATCH_SECONDS
    assert other.try_to_take() != ""
    aged(store, -7200)  # put back: the lease now is of the future, and its holder dead
    assert other.try_to_take() != ""
    clock.now += LEASE_SECONDS
    assert other.try_to_take() == ""


def test_the_lock_on_its_folder_proves_a_holder_dead(lease: Lease, make_lease: Callable[[str], Lease]) -> None:
    assert make_lease("here").try_to_take() == ""


def test_a_lock_that_proves_nothing_takes_nothing(make_lease: Callable[[str], Lease]) -> None:
    first, second = make_lease(""), make_lease("")
    assert first.try_to_take() == ""
    assert second.try_to_take() != ""


def test_a_lease_of_another_boot_is_void(lease: Lease, other: Lease, store: Store) -> None:
    with store.write() as unit:
        unit.leases._connection.execute(text("UPDATE leases SET boot = 'an earlier one'"))
    assert other.try_to_take() == ""


def test_a_lease_given_back_is_free_at_once(lease: Lease, other: Lease) -> None:
    lease.release()
    assert other.try_to_take() == ""


def test_of_two_that_find_it_free_one_takes_it(make_lease: Callable[[str], Lease], store: Store) -> None:
    """Both read the row before either writes: only one of their conditional writes finds the term it read."""
    assert make_lease("first").try_to_take() == ""
    with store.read() as unit:
        seen = unit.leases.find(NAME)
    assert seen is not None
    with store.write() as unit:
        assert unit.leases.take(seen)
    with store.write() as unit:
        assert not unit.leases.take(seen)


def claim(lease: Lease, run: Run) -> None:
    with lease._store.write() as unit:
        unit.runs.claim(run.id, now())


def settle(lease: Lease, run: Run) -> None:
    with lease._store.write() as unit:
        unit.runs.settle(run.id, 1, state=RunState.SUCCEEDED, output=None, error=None, at=now(), seq=9)


@pytest.mark.parametrize("write", [claim, settle])
@pytest.mark.parametrize("renewal_is_due", [False, True])
def test_whoever_lost_the_lease_writes_nothing(
    lease: Lease,
    other: Lease,
    store: Store,
    queue: Queue,
    clock: Clock,
    write: Callable[[Lease, Run], None],
    renewal_is_due: bool,
) -> None:
    run = queue()
    if write is settle:
        claim(lease, run)
    lease._renewed, before = clock.now, lease._renewed
    aged(store, LEASE_SECONDS)
    other.try_to_take()
    clock.now += WATCH_SECONDS
    assert other.try_to_take() == ""
    lease._renewed = before if renewal_is_due else clock.now
    with store.read() as unit:
        as_it_was = unit.runs.get(run.id)
    with pytest.raises(LeaseLostError, match=r"has taken this lab over .* writes nothing more and ends"):
        write(lease, run)
    with store.read() as unit:
        assert unit.runs.get(run.id) == as_it_was


def test_it_is_renewed_by_what_is_written_and_not_more_often_than_need_be(
    lease: Lease, store: Store, clock: Clock
) -> None:
    first = renewed(store)
    with lease._store.write():
        pass
    assert renewed(store) == first
    clock.now += RENEW_SECONDS
    with pytest.raises(ZeroDivisionError), lease._store.write():
        raise ZeroDivisionError  # what is undone renews nothing
    assert renewed(store) == first
    with lease._store.write():
        pass
    assert renewed(store) > first


def test_a_lease_whose_row_is_gone_is_lost(lease: Lease, store: Store) -> None:
    with store.write() as unit:
        unit.leases._connection.execute(text("DELETE FROM leases"))
    with pytest.raises(LeaseLostError, match="gone from the database"), lease._store.write():
        pass


def test_nobody_takes_the_lease_between_a_look_and_its_commit(
    lease: Lease, other: Lease, queue: Queue, clock: Clock
) -> None:
    """The holder stops in the middle of its transaction: the other cannot pass it, and then finds it renewed."""
    run = queue()
    assert other.try_to_take() != ""
    clock.now += LEASE_SECONDS
    lease._renewed = clock.now  # by its own belief
    make_impatient(other)
    with lease._store.write() as unit:
        unit.runs.claim(run.id, now())
        with pytest.raises(StoreError, match="try again"):
            other.try_to_take()
    assert other.try_to_take() == ""


def make_impatient(lease: Lease) -> None:
    """Let it wait a moment for what another transaction holds, instead of ten seconds."""
    with lease._store.write() as unit:
        sqlite = unit.leases._connection.dialect.name == "sqlite"
        unit.leases._connection.execute(text("PRAGMA busy_timeout=50" if sqlite else "SET lock_timeout = '50ms'"))


def test_wall_clock_time_decides_nothing(
    lease: Lease, other: Lease, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    wall = time.time()
    for hour in (-3600, 3600):
        monkeypatch.setattr(time, "time", lambda hour=hour: wall + hour)
        clock.now += RENEW_SECONDS
        with lease._store.write():
            pass
        assert other.try_to_take() != ""
