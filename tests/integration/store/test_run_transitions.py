from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from flasklab.errors import StoreError
from flasklab.runs.artifacts import Artifact
from flasklab.runs.metrics import Points
from flasklab.runs.run import Progress, RunError
from flasklab.runs.state import FINAL_STATES, RunState
from flasklab.runs.times import now
from flasklab.store.hot_writes import Change

if TYPE_CHECKING:
    from flasklab.runs.run import Run
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit


def get(store: Store, run: Run) -> Run:
    with store.read() as unit:
        return unit.runs.get(run.id)


def claim(store: Store, run: Run) -> int:
    with store.write() as unit:
        attempt = unit.runs.claim(run.id, now())
    assert attempt is not None
    return attempt


def says(unit: Unit, run: Run, attempt: int, **said: Any) -> bool:
    """What one attempt has to say in a turn of its supervisor's; whether the run was its own."""
    unit.hot.change(Change(id=run.id, number=run.number, attempt=attempt, **said))
    return unit.hot.flush() == set()


def test_a_run_goes_from_the_queue_to_its_end(queue: Any, store: Store) -> None:
    run = queue()
    began = now()
    with store.write() as unit:
        environment = unit.environments.add({"python": "3.11"})
        [claimable] = unit.runs.queued(1)
        unit.hot.claim(claimable, environment)
        assert unit.hot.flush() == set()
        attempt = claimable.attempt + 1
        assert says(
            unit,
            run,
            attempt,
            seq=7,
            started_at=began,
            progress=Progress(done=1, total=3, message="epoch 1"),
            tags=("a",),
            note="so far",
            seed=2**80,
            dropped=4,
        )
    running = get(store, run)
    ended = now()
    with store.write() as unit:
        answer = {"x": float("nan")}
        assert says(unit, run, attempt, state=RunState.SUCCEEDED, output=answer, finished_at=ended, seq=8)
    done = get(store, run)

    assert running.state is RunState.RUNNING
    assert running.progress == Progress(done=1, total=3, message="epoch 1")
    assert (running.tags, running.note, running.seed, running.dropped) == (("a",), "so far", 2**80, 4)
    assert (running.environment_id, running.seq, running.begun) == (environment, 7, 1)
    assert (done.state, done.output, done.seq) == (RunState.SUCCEEDED, {"x": "NaN"}, 8)
    assert (done.started_at, done.finished_at) == (began, ended)
    assert done.tags == ("a",)


def test_what_is_not_given_stays_as_it_is(queue: Any, store: Store) -> None:
    run = queue(note="mine")
    attempt = claim(store, run)
    with store.write() as unit:
        assert says(unit, run, attempt, seq=3, tags=("kept",), progress=Progress(done=1))
        assert says(unit, run, attempt, seq=4)
    found = get(store, run)
    assert (found.tags, found.note, found.progress, found.seq) == (("kept",), "mine", Progress(done=1), 4)


def test_every_claim_and_beginning_raises_the_sequence(queue: Any, store: Store) -> None:
    run = queue()
    attempt = claim(store, run)
    assert get(store, run).seq == 2
    with store.write() as unit:
        unit.runs.begin(run.id, attempt, now())
    assert get(store, run).seq == 3


def test_only_one_of_many_claimants_gets_a_run(queue: Any, store: Store) -> None:
    run = queue()
    together = threading.Barrier(4)
    attempts: list[int | None] = []

    def claimant() -> None:
        together.wait()
        with store.write() as unit:
            attempts.append(unit.runs.claim(run.id, now()))

    threads = [threading.Thread(target=claimant) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(attempts, key=str) == [1, None, None, None]


def test_a_new_attempt_finds_nothing_of_the_one_before(queue: Any, store: Store) -> None:
    run = queue()
    first = claim(store, run)
    with store.write() as unit:
        unit.runs.begin(run.id, first, now())
        assert says(unit, run, first, seq=5, progress=Progress(done=1), seed=3, dropped=2, tags=("old",))
        unit.metrics.append(run.number, {"loss": Points(steps=[0], values=[1.0], times=[0.0], seqs=[4])})
        unit.artifacts.add(run.number, Artifact(name="a", media_type="text/plain", size=1, sha256="0" * 64))
        assert unit.runs.requeue(run.id, first, seq=6)
    waiting = get(store, run)
    second = claim(store, run)
    found = get(store, run)

    assert (waiting.state, waiting.queue_position, waiting.progress) == (RunState.QUEUED, 1, None)
    assert (second, found.attempt, found.begun, found.seq) == (2, 2, 1, 7)
    assert (found.metrics, found.artifacts, found.progress, found.dropped) == ({}, (), None, 0)
    assert found.started_at is None
    assert (found.seed, found.tags) == (3, ("old",))  # a retry repeats the seed; what people see of the run stays


def test_a_stale_attempt_changes_nothing(queue: Any, store: Store) -> None:
    run = queue()
    stale = claim(store, run)
    with store.write() as unit:
        unit.runs.requeue(run.id, stale, seq=3)
    current = claim(store, run)
    before = get(store, run)
    with store.write() as unit:
        assert not unit.runs.begin(run.id, stale, now())
        assert not says(unit, run, stale, seq=99, note="stale")
        assert not says(unit, run, stale, seq=99, state=RunState.FAILED, finished_at=now())
        assert not unit.runs.settle(run.id, stale, state=RunState.FAILED, output=None, error=None, at=now(), seq=99)
        assert not unit.runs.requeue(run.id, stale, seq=99)
    assert get(store, run) == before
    assert current == stale + 1


@pytest.mark.parametrize("final", FINAL_STATES)
def test_a_final_run_takes_no_further_writes(queue: Any, store: Store, final: RunState) -> None:
    run = queue()
    attempt = claim(store, run)
    error = None if final is RunState.SUCCEEDED else RunError(type="Lost", message="It ended.", traceback="...")
    with store.write() as unit:
        assert unit.runs.settle(run.id, attempt, state=final, output=None, error=error, at=now(), seq=5)
    before = get(store, run)
    assert before.error == error
    with store.write() as unit:
        assert not unit.runs.settle(run.id, attempt, state=RunState.SUCCEEDED, output=1, error=None, at=now(), seq=9)
        assert not unit.runs.begin(run.id, attempt, now())
        assert not says(unit, run, attempt, seq=9, note="late")
        assert not unit.runs.requeue(run.id, attempt, seq=9)
        assert not unit.runs.cancel_queued(run.id, "me", now())
        assert not unit.runs.request_cancel(run.id, "me", now())
        assert unit.runs.claim(run.id, now()) is None
    assert get(store, run) == before


@pytest.mark.parametrize("final", FINAL_STATES)
def test_the_database_itself_keeps_a_final_state(queue: Any, store: Store, final: RunState) -> None:
    run = queue()
    attempt = claim(store, run)
    with store.write() as unit:
        unit.runs.settle(run.id, attempt, state=final, output=None, error=None, at=now(), seq=5)
    with pytest.raises(StoreError, match="cannot go from its state"), store.write() as unit:
        unit.runs._connection.execute(text("UPDATE runs SET state = 'queued'"))
    assert get(store, run).state is final


def test_the_database_knows_no_other_states(queue: Any, store: Store) -> None:
    queue()
    with pytest.raises(StoreError), store.write() as unit:
        unit.runs._connection.execute(text("UPDATE runs SET state = 'nearly done'"))


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING])
def test_a_run_is_settled_in_a_final_state_only(queue: Any, store: Store, state: RunState) -> None:
    run = queue()
    attempt = claim(store, run)
    with store.write() as unit, pytest.raises(ValueError, match=state.value):
        unit.runs.settle(run.id, attempt, state=state, output=None, error=None, at=now(), seq=5)


def test_a_queued_run_is_canceled_at_once_and_says_by_whom(queue: Any, store: Store) -> None:
    run = queue()
    at = now()
    with store.write() as unit:
        assert not unit.runs.request_cancel(run.id, "ada", at)
        assert unit.runs.cancel_queued(run.id, "ada", at)
    found = get(store, run)
    assert (found.state, found.cancel_requested_by, found.finished_at) == (RunState.CANCELED, "ada", at)
    assert found.error == RunError(type="Canceled", message="Canceled by ada before it began.")
    assert found.seq == run.seq + 1
    with store.read() as unit:
        assert unit.runs.queued(1) == []


def test_a_running_runs_cancel_is_seen_by_its_supervisor_and_names_the_first_asker(queue: Any, store: Store) -> None:
    run, other = queue(), queue()
    attempt = claim(store, run)
    claim(store, other)
    first = now()
    with store.write() as unit:
        assert not unit.runs.cancel_queued(run.id, "ada", first)
        assert unit.runs.request_cancel(run.id, "ada", first)
        assert unit.runs.request_cancel(run.id, "bob", now())
        assert unit.runs.cancels() == [(run.id, attempt, "ada")]
    found = get(store, run)
    assert (found.state, found.cancel_requested_by, found.cancel_requested_at) == (RunState.RUNNING, "ada", first)


def test_running_runs_tell_whether_their_code_began(queue: Any, store: Store) -> None:
    first, second = queue(), queue()
    attempt = claim(store, first)
    claim(store, second)
    with store.write() as unit:
        unit.runs.begin(first.id, attempt, now())
        running = unit.runs.running()
    assert [(one.id, one.attempt, one.begun, one.began) for one in running] == [
        (first.id, 1, 1, True),
        (second.id, 1, 0, False),
    ]


def test_attempts_tell_how_each_ended(queue: Any, store: Store) -> None:
    run = queue()
    claimed, began, ended = now(), now(), now()
    with store.write() as unit:
        for attempt in (1, 2):
            unit.hot.open_attempt(run.number, attempt, claimed, "here 1")
        unit.hot.begin_attempt(run.number, 1, began, 4711)
        assert unit.hot.flush() == set()
        assert unit.attempts.close(run.number, 1, at=ended, signal=9, reason="It was killed.")
        assert not unit.attempts.close(run.number, 1, at=now(), exit_code=0, reason="A later opinion.")
        first, second = unit.attempts.of(run.number)
    assert (first.attempt, first.claimed_at, first.begun_at, first.ended_at) == (1, claimed, began, ended)
    assert (first.pid, first.exit_code, first.signal, first.reason) == (4711, None, 9, "It was killed.")
    assert (second.attempt, second.begun_at, second.ended_at, second.reason) == (2, None, None, "")
