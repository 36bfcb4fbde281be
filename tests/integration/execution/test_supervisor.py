"""The supervisor's transactions, without processes: what cannot be stored and what is in doubt."""

from __future__ import annotations

import os
import selectors
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import create_autospec

import pytest

from flasklab.config import Settings
from flasklab.execution.attempt import Attempt, Limits
from flasklab.execution.claiming import refuse
from flasklab.execution.reception import Arrival, Reception, _Visitor
from flasklab.execution.recorded import Recorded
from flasklab.execution.recovery import recover
from flasklab.execution.runner import Runner
from flasklab.execution.settling import Again
from flasklab.execution.spec import RunSpec
from flasklab.execution.turn import Turn
from flasklab.execution.writer import Writer
from flasklab.execution.zygotes import ZygoteHandle
from flasklab.experiments.description import Catalog
from flasklab.recording.frames import Metrics
from flasklab.runs.run import NewRun, Run, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.store.intake import Full
from flasklab.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    results = tmp_path / "results"
    return Settings(root=tmp_path, results=results, experiments="", database_url=f"sqlite:///{results / 'lab.db'}")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = Store(settings, checkpointing=True).open()
    yield store
    store.close()


@pytest.fixture
def writer(settings: Settings, store: Store) -> Writer:
    selector = selectors.DefaultSelector()
    runner = Runner(settings, store, selector, "mark", lambda: None)
    return Writer(settings, store, runner, Reception(settings.results, selector))


def claimed(store: Store) -> Run:
    with store.write() as unit:
        run = unit.runs.add(NewRun(id=new_run_id(), experiment="double", params={}, given=()), now())
        assert unit.runs.claim(run.id, now()) == 1
        unit.hot.open_attempt(run.number, 1, now(), "here 1")
        assert unit.hot.flush() == set()
        return unit.runs.get(run.id)


def under_way(store: Store, settings: Settings) -> Attempt:
    run = claimed(store)
    folder = settings.results / "work" / f"{run.id}-1"
    spec = RunSpec(id=run.id, number=run.number, attempt=1, experiment="double", params={}, folder=folder, files={})
    return Attempt(
        spec=spec,
        created_at=run.created_at,
        limits=Limits(timeout_seconds=None, memory_bytes=None, retries=0),
        begun_before=0,
        zygote=create_autospec(ZygoteHandle),
        log=store.logs.writer(run.id, 10_000),
        recorded=Recorded(id=run.id, number=run.number, attempt=1, seq=run.seq, files=store.files),
    )


def turn(writer: Writer) -> None:
    writer.turn(time.monotonic() + 1, look=False, asked=False)


def hold(writer: Writer, *attempts: Attempt) -> None:
    writer._runner.attempts = {one.spec.id: one for one in attempts}


def test_what_cannot_be_stored_is_left_out_for_its_run_and_holds_up_no_other(
    writer: Writer, settings: Settings, store: Store
) -> None:
    poisoned, sound = under_way(store, settings), under_way(store, settings)
    hold(writer, poisoned, sound)
    for attempt, step in ((poisoned, 2**70), (sound, 1)):
        attempt.recorded.take({"type": "begin"})
        attempt.recorded.take(Metrics(("loss",), (time.time(),), (step,), ((0.5,),)))

    turn(writer)
    turn(writer)

    with store.read() as unit:
        first, second = unit.runs.get(poisoned.spec.id), unit.runs.get(sound.spec.id)
    assert (first.metrics, first.dropped, first.started_at is not None) == ({}, 1, True)
    assert second.metrics["loss"].last == 0.5
    assert "left out" in store.logs.read(first.id).pieces[-1].text


def test_an_output_that_cannot_be_stored_leaves_the_end_as_it_was(
    writer: Writer, settings: Settings, store: Store
) -> None:
    attempt = under_way(store, settings)
    hold(writer, attempt)
    attempt.recorded.take({"type": "begin"})
    attempt.recorded.take({"type": "outcome", "state": "succeeded", "output": {(1, 2): object()}, "error": None})
    attempt.status, attempt.gone, attempt.over = 0, True, True

    for _ in range(4):
        turn(writer)

    with store.read() as unit:
        run = unit.runs.get(attempt.spec.id)
    assert (run.state, run.output) == (RunState.SUCCEEDED, None)
    assert writer._runner.attempts == {}


def test_a_claim_whose_answer_was_lost_is_queued_again(writer: Writer, store: Store) -> None:
    run = claimed(store)
    writer._in_doubt = True
    with store.write() as unit:
        writer._look(unit, Turn())
        assert unit.runs.get(run.id).state is RunState.QUEUED


@pytest.mark.parametrize(("begun", "state"), [(False, RunState.QUEUED), (True, RunState.LOST)])
def test_code_that_began_unheard_does_not_begin_again(store: Store, *, begun: bool, state: RunState) -> None:
    run = claimed(store)
    folder = store.results / "work" / f"{run.id}-1"
    folder.mkdir(parents=True)
    if begun:
        (folder / "begun").write_text(f"{run.id}-1\n")

    recover(store)

    with store.read() as unit:
        found = unit.runs.get(run.id)
    assert (found.state, found.begun) == (state, int(begun))


def test_a_doubt_lasts_until_the_queue_was_looked_at(writer: Writer, settings: Settings, store: Store) -> None:
    attempt = under_way(store, settings)
    hold(writer, attempt)
    attempt.recorded.take({"type": "begin"})
    writer._in_doubt = True

    turn(writer)
    assert attempt.recorded.since is None  # it was written, in a turn that did not look
    assert writer._in_doubt

    writer._act(Turn(looked=True), time.monotonic())
    assert not writer._in_doubt


def test_the_pause_between_claims_grows_while_no_run_begins_and_is_over_when_one_does(
    writer: Writer, settings: Settings, store: Store
) -> None:
    again = Again(reason="No process.", not_before=None)
    pauses = []
    for _ in range(3):
        attempt = under_way(store, settings)
        hold(writer, attempt)
        now_ = time.monotonic()
        writer._act(Turn(written=[attempt], ended=[(attempt, None)], requeued=[(attempt, again)]), now_)
        pauses.append(writer._claim_at - now_)
        writer._act(Turn(looked=True), now_)  # a turn in between, in which nothing began
    assert pauses == pytest.approx([0.5, 1.0, 2.0])

    begun = under_way(store, settings)
    begun.recorded.take({"type": "begin"})
    writer._act(Turn(written=[begun]), time.monotonic())
    assert writer._claim_pause == 0.0


def test_the_supervisor_looks_again_when_a_held_run_is_due(writer: Writer, store: Store) -> None:
    at = time.monotonic()
    with store.write() as unit:
        due = now() + timedelta(seconds=60)
        unit.runs.add(NewRun(id=new_run_id(), experiment="double", params={}, not_before=due), now())
    assert writer.turn(at, look=True, asked=True)
    assert at + 50 < writer.next_look(at + 1000) < at + 70
    assert writer.next_look(at + 5) == at + 5


def test_a_run_whose_experiment_is_gone_fails_with_the_reason_in_its_events(store: Store) -> None:
    with store.write() as unit:
        run = unit.runs.add(NewRun(id=new_run_id(), experiment="removed", params={}, given=()), now())
        (claimable,) = unit.runs.queued(1)
        assert refuse(unit, claimable, Catalog(fingerprint="x", ready=True))
        found, events = unit.runs.get(run.id), unit.events.of(run.number)
    assert found.state is RunState.FAILED
    assert found.error is not None
    assert events[-1].kind == "failed"
    assert events[-1].data["reason"] == found.error.message


def test_what_a_commit_that_was_not_heard_of_held_is_not_stored_twice(
    writer: Writer, store: Store, settings: Settings
) -> None:
    attempt = under_way(store, settings)
    hold(writer, attempt)
    attempt.recorded.take({"type": "begin"})
    attempt.recorded.take(Metrics(("loss",), (1.0,), (7,), ((0.5,),)))
    with store.write() as unit:  # committed, and nobody was told
        writer._write(unit, [attempt], Turn())
        assert unit.hot.flush() == set()
    writer._in_doubt = True
    turn(writer)
    with store.read() as unit:
        assert list(unit.points.series(attempt.spec.number, "loss").steps) == [7]
        assert unit.runs.get(attempt.spec.id).begun == 1
    assert not attempt.recorded.waits


def test_a_start_that_a_power_cut_could_undo_is_brought_onto_the_disk_before_anybody_hears_of_it(
    settings: Settings, store: Store
) -> None:
    selector = selectors.DefaultSelector()
    reception = Reception(settings.results, selector)
    writer = Writer(settings, store, Runner(settings, store, selector, "mark", lambda: None), reception)
    zygote = create_autospec(ZygoteHandle, instance=True, environment_id=None, catalog=Catalog(fingerprint="x"))
    writer._runner.zygotes.current, writer._queue_known_empty = zygote, True
    writer._runner.launch = lambda _: None  # type: ignore[method-assign,assignment]
    new = NewRun(id=new_run_id(), experiment="double", params={})
    reception.arrivals.append(Arrival(create_autospec(_Visitor, instance=True), 1, new, wait=True))
    at = time.monotonic()
    with closing(sqlite3.connect(settings.results / "lab.db")) as other:
        writer.turn(at, look=False, asked=False)
        assert writer.owes
        due = writer.next_time(at)
        assert due is not None
        before = other.execute("PRAGMA data_version").fetchall()
        writer.turn(due, look=False, asked=False)
        assert other.execute("PRAGMA data_version").fetchall() != before  # else nothing was flushed
    assert not writer.owes


def test_a_key_whose_start_was_refused_leads_to_no_run(settings: Settings, store: Store) -> None:
    selector = selectors.DefaultSelector()
    reception = Reception(settings.results, selector)
    runner = Runner(settings, store, selector, "mark", lambda: None)
    writer = Writer(settings.replaced(max_queued=0), store, runner, reception)
    answers: list[Any] = []
    reception.answer = lambda _, answer: answers.append(answer)  # type: ignore[method-assign,assignment]
    visitor = create_autospec(_Visitor, instance=True)
    for n in (1, 2):
        new = NewRun(id=new_run_id(), experiment="double", params={}, idempotency_key="k")
        reception.arrivals.append(Arrival(visitor, n, new, wait=False))
    turn(writer)
    assert answers == [Full(1, 0, 0), Full(2, 0, 0)]


def test_who_lost_a_run_writes_nothing_of_it(writer: Writer, store: Store, settings: Settings) -> None:
    stale, sound = under_way(store, settings), under_way(store, settings)
    hold(writer, stale, sound)
    for attempt in (stale, sound):
        attempt.recorded.take({"type": "begin"})
        attempt.recorded.take(Metrics(("loss",), (1.0,), (7,), ((0.5,),)))
    with store.write() as unit:  # somebody else took it over
        assert unit.runs.requeue(stale.spec.id, 1, seq=9)
        assert unit.runs.claim(stale.spec.id, now()) == 2

    turn(writer)
    turn(writer)

    with store.read() as unit:
        lost, kept = unit.runs.get(stale.spec.id), unit.runs.get(sound.spec.id)
        events = [event.kind for event in unit.events.of(lost.number)]
    assert (lost.metrics, lost.begun, events) == ({}, 0, [])
    assert kept.metrics["loss"].last == 0.5
    assert stale.unstorable


def test_what_was_printed_before_a_traceback_stands_before_it(store: Store, settings: Settings) -> None:
    attempt = under_way(store, settings)
    _, out, err = attempt.open_pipes()
    os.write(out, b"the last words\n")
    os.write(err, b"Traceback (most recent call last):\n")
    assert attempt.read(attempt.outputs["err"])
    assert [piece.stream for piece in store.logs.read(attempt.spec.id).pieces] == ["out", "err"]
    os.close(out)
    os.write(err, b"ValueError: no\n")
    assert attempt.read(attempt.outputs["err"])
    assert not attempt.read(attempt.outputs["out"])
    attempt.drain()
    os.close(err)
    attempt.log.close()
