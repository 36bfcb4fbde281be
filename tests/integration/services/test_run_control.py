from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.errors import RunNotFoundError, WrongStateError
from flasklab.runs.run import NewRun, Run
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services.run_cancel import RunCancel
from flasklab.services.run_read import RunRead
from flasklab.services.run_search import RunSearch, read_query
from flasklab.services.run_wait import RunWait
from flasklab.store.intake import Intake

if TYPE_CHECKING:
    from flasklab.store.store import Store


@pytest.fixture
def cancel(store: Store, bell: Any) -> RunCancel:
    return RunCancel(store, bell)


@pytest.fixture
def read(store: Store) -> RunRead:
    return RunRead(store)


def queue(store: Store, run_id: str = "abc") -> Run:
    with store.write() as unit:
        return unit.runs.add(NewRun(id=run_id, experiment="double", params={}), now())


def claim(store: Store, run: Run) -> None:
    with store.write() as unit:
        assert unit.runs.claim(run.id, now()) == 1


def settle(store: Store, run: Run) -> None:
    with store.write() as unit:
        unit.runs.settle(run.id, 1, state=RunState.SUCCEEDED, output=42, error=None, at=now(), seq=9)


def test_a_queued_run_is_canceled_at_once_without_waking_anyone(store: Store, cancel: RunCancel, bell: Any) -> None:
    run = cancel(queue(store).id, "ada")
    assert run.state is RunState.CANCELED
    assert bell.rings == 0
    with store.read() as unit:
        [event] = unit.events.of(run.number)
    assert (event.kind, event.data, event.seq) == ("canceled", {"by": "ada"}, run.seq)


def test_a_running_runs_supervisor_is_woken_each_time_but_the_cancel_told_once(
    store: Store, cancel: RunCancel, bell: Any
) -> None:
    run = queue(store)
    claim(store, run)
    found = cancel(run.id, "ada")
    assert (found.state, found.cancel_requested_by) == (RunState.RUNNING, "ada")
    assert cancel(run.id, "bob").cancel_requested_by == "ada"
    assert bell.rings == 2
    with store.read() as unit:
        assert [event.kind for event in unit.events.of(run.number)] == ["cancel"]


def test_a_finished_run_cannot_be_canceled(store: Store, cancel: RunCancel, bell: Any) -> None:
    run = queue(store)
    claim(store, run)
    settle(store, run)
    with pytest.raises(WrongStateError, match="succeeded"):
        cancel(run.id, "ada")
    with pytest.raises(RunNotFoundError):
        cancel("nope", "ada")
    assert bell.rings == 0


def waiting(store: Store, max_waiters: int = 4) -> RunWait:
    """Waits where no supervisor tells ends."""
    return RunWait(store, Intake(store.results), max_waiters=max_waiters)


@pytest.fixture
def wait(store: Store) -> RunWait:
    return waiting(store)


def test_waiting_ends_the_moment_the_run_does(store: Store, wait: RunWait) -> None:
    run = queue(store)
    claim(store, run)
    ending = threading.Timer(0.1, settle, (store, run))
    ending.start()
    began = time.monotonic()
    found = wait(run.id, 30)
    took = time.monotonic() - began
    ending.join()
    assert (found.state, found.output) == (RunState.SUCCEEDED, 42)
    assert 0.05 < took < 5


def test_waiting_ends_after_the_seconds_given(store: Store, wait: RunWait) -> None:
    run = queue(store)
    began = time.monotonic()
    assert wait(run.id, 0.05).state is RunState.QUEUED
    assert time.monotonic() - began < 5
    assert wait(run.id, 0).state is RunState.QUEUED


def test_waiting_for_an_unknown_run_is_an_error_and_frees_the_waiters_place(store: Store) -> None:
    wait = waiting(store, max_waiters=1)
    for _ in range(3):
        with pytest.raises(RunNotFoundError):
            wait("nope", 5)
    run = queue(store)
    claim(store, run)
    ending = threading.Timer(0.05, settle, (store, run))
    ending.start()
    assert wait(run.id, 30).state is RunState.SUCCEEDED
    ending.join()


def test_one_waiter_too_many_is_answered_at_once(store: Store) -> None:
    wait = waiting(store, max_waiters=2)
    run = queue(store)
    threads = [threading.Thread(target=wait, args=(run.id, 30)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    began = time.monotonic()
    assert wait(run.id, 30).state is RunState.QUEUED
    assert time.monotonic() - began < 5
    claim(store, run)
    settle(store, run)
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def test_pages_say_where_the_next_one_begins(store: Store) -> None:
    for number in range(5):
        queue(store, f"run{number}")
    search, every = RunSearch(store), read_query()
    first = search(every, limit=2)
    second = search(every, limit=2, after=first.next)
    third = search(every, limit=2, after=second.next)
    assert [[run.number for run in page.runs] for page in (first, second, third)] == [[5, 4], [3, 2], [1]]
    assert (first.next, second.next, third.next) == ("4", "2", None)
    assert search(every, limit=5).next is None
    assert search(read_query("nothing like it")).runs == ()


def test_a_run_is_meant_by_its_id_its_number_or_the_beginning_of_its_id(store: Store, read: RunRead) -> None:
    queue(store, "abc1")
    queue(store, "abd2")
    queue(store, "1")
    assert read.resolve("abc1").number == 1
    assert read.resolve(" ABC ").number == 1
    assert read.resolve("#2").id == "abd2"
    assert read.resolve("2").id == "abd2"
    assert read.resolve("1").id == "1"  # a whole id comes before a number
    assert read.resolve("#1").id == "abc1"
    with pytest.raises(WrongStateError, match="Several"):
        read.resolve("ab")
    for nothing in ("zzz", "", "#", "99", "%", "#99999999999999999999"):
        with pytest.raises(RunNotFoundError):
            read.resolve(nothing)


def test_what_a_run_ran_with_and_went_through_can_be_read(store: Store, read: RunRead) -> None:
    run = queue(store)
    assert read.environment(run) is None
    with store.write() as unit:
        unit.hot.claim(unit.runs.queued(1)[0], unit.environments.add({"python": "3.11"}))
        unit.hot.open_attempt(run.number, 1, now(), "here 1")
        assert unit.hot.flush() == set()
        unit.events.add(run.number, 3, "note", {}, now())
    assert read.environment(read.get(run.id)) == {"python": "3.11"}
    assert [attempt.attempt for attempt in read.attempts(run.id)] == [1]
    assert [event.kind for event in read.events(run.id)] == ["note"]
    assert read.latest()["double"].id == run.id
    with pytest.raises(RunNotFoundError):
        read.events("nope")
