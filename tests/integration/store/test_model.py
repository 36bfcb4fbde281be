"""The store's runs against a model of them: whatever happens in whatever order, both say the same.

The model is a dictionary and a dozen lines of rules. Writes of attempts that are over are part of what happens: they
must be refused, every time. `FLASKLAB_TEST_STEPS` says how many steps are taken; `make storm` takes 20,000.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from flasklab.errors import WrongStateError
from flasklab.execution.choosing import choose
from flasklab.runs.admission import Admission, Limits, Wanted
from flasklab.runs.run import NewRun, new_run_id
from flasklab.runs.state import FINAL_STATES, RunState
from flasklab.services.run_cancel import RunCancel
from flasklab.store.hot_writes import Change
from flasklab.store.tables import runs as runs_table

if TYPE_CHECKING:
    from flasklab.store.store import Store

STEPS = int(os.environ.get("FLASKLAB_TEST_STEPS", "600"))
_STEPS_IN_ONE = 40
LIMITS = Limits(workers=3, pools={"gpu": 2}, concurrency={"one": 1})
EXPERIMENTS = {"one": {}, "free": {}, "small": {"gpu": 1}, "large": {"gpu": 2}}
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Modelled:
    """What must be true of a run."""

    id: str
    number: int
    experiment: str
    priority: int
    not_before: datetime | None
    held: bool
    state: RunState = RunState.QUEUED
    attempt: int = 0
    begun: int = 0
    began: bool = False  # its present attempt did
    seq: int = 1
    tags: tuple[str, ...] = ("first",)
    tags_before: tuple[str, ...] = ()
    output: Any = None
    cancel: bool = False
    attempts: list[str | None] = field(default_factory=list)  # how each ended

    @property
    def place(self) -> tuple[int, int]:
        return -self.priority, self.number

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.number, self.experiment, EXPERIMENTS[self.experiment])


class Lab(RuleBasedStateMachine):
    """One supervisor, people who start and cancel, and attempts that do not know that they are over."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.runs: dict[str, Modelled] = {}
        self.at = BEGINNING
        with store.write() as unit:
            unit.runs._connection.execute(delete(runs_table))

    def some(self, pick: int, *states: RunState) -> Modelled | None:
        """One of the runs in these states, or in any."""
        found = [run for run in self.runs.values() if not states or run.state in states]
        return found[pick % len(found)] if found else None

    def waiting(self) -> list[Modelled]:
        """What may be claimed, in the order of the queue."""
        found = [run for run in self.runs.values() if run.state is RunState.QUEUED and not run.held]
        return sorted(found, key=lambda run: run.place)

    @initialize()
    def some_are_tried_again(self) -> None:
        """Begin where most can happen: with runs under way that have had attempts before."""
        for experiment in ("free", "small", "one"):
            self.start(experiment, priority=0, delay=None, handed_in=True)
        self.claim()
        self.say(0, "a")
        self.try_again(0, wait=None)
        self.claim()

    # What people do

    @rule(
        experiment=st.sampled_from(sorted(EXPERIMENTS)),
        priority=st.integers(-1, 1),
        delay=st.sampled_from([None, -5, 5, 30]),
        handed_in=st.booleans(),
    )
    def start(self, experiment: str, priority: int, delay: int | None, handed_in: bool) -> None:
        new = NewRun(
            id=new_run_id(),
            experiment=experiment,
            params={},
            tags=("first",),
            priority=priority,
            not_before=None if delay is None else self.at + timedelta(seconds=delay),
            resources=EXPERIMENTS[experiment],
        )
        with self.store.write() as unit:
            if handed_in:
                (number,) = unit.hot.next_numbers(1)
                unit.hot.add(new, number, self.at)
                assert unit.hot.flush() == set()
            else:
                number = unit.runs.add(new, self.at).number
        held = delay is not None and delay > 0
        self.runs[new.id] = Modelled(new.id, number, experiment, priority, new.not_before, held)

    @rule(pick=st.integers(0, 99))
    def cancel(self, pick: int) -> None:
        run = self.some(pick)
        if run is None:
            return
        try:
            found = RunCancel(self.store, lambda: None)(run.id, "ada")
        except WrongStateError:
            assert run.state.is_final
            return
        assert not run.state.is_final
        if run.state is RunState.QUEUED:
            run.state, run.seq = RunState.CANCELED, run.seq + 1
        run.cancel = True
        assert found.state is run.state

    # What time and the supervisor do

    @rule(seconds=st.integers(1, 20))
    def pass_time(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)
        due = [run for run in self.runs.values() if run.state is RunState.QUEUED and run.held]
        with self.store.write() as unit:
            assert unit.queue.next_release() == min((run.not_before for run in due if run.not_before), default=None)
            released = unit.queue.release(self.at)
        ready = [run for run in due if run.not_before is not None and run.not_before <= self.at]
        for run in ready:
            run.held = False
        assert released == len(ready)

    @rule()
    def claim(self) -> None:
        under_way = [run for run in self.runs.values() if run.state is RunState.RUNNING]
        naive = Admission(LIMITS, [run.wanted for run in under_way])
        expected = [run for run in self.waiting() if naive.admit(run.wanted)]
        with self.store.write() as unit:
            chosen, exhausted = choose(unit, Admission(LIMITS, [run.wanted for run in under_way]))
            for one in chosen:
                unit.hot.claim(one, None)
                unit.hot.open_attempt(one.number, one.attempt + 1, self.at, "here 1")
            assert unit.hot.flush() == set()
        assert [one.id for one in chosen] == [run.id for run in expected]
        for run in expected:
            run.state, run.attempt, run.seq = RunState.RUNNING, run.attempt + 1, run.seq + 1
            run.began, run.tags_before = False, run.tags
            run.attempts.append(None)
        assert not exhausted or not self.waiting()

    def write(self, run: Modelled, attempt: int, **said: Any) -> bool:
        """A turn in which one attempt writes; whether the run was its own."""
        with self.store.write() as unit:
            unit.hot.change(Change(id=run.id, number=run.number, attempt=attempt, seq=run.seq + 1, **said))
            return unit.hot.flush() == set()

    @rule(pick=st.integers(0, 99))
    def begin(self, pick: int) -> None:
        run = self.some(pick, RunState.RUNNING)
        if run is None or run.began:
            return
        assert self.write(run, run.attempt, started_at=self.at)
        run.began, run.begun, run.seq = True, run.begun + 1, run.seq + 1

    @rule(pick=st.integers(0, 99), tag=st.sampled_from("abc"))
    def say(self, pick: int, tag: str) -> None:
        run = self.some(pick, RunState.RUNNING)
        if run is None:
            return
        tags = (*run.tags, tag)
        assert self.write(run, run.attempt, tags=tags)
        run.tags, run.seq = tags, run.seq + 1

    @rule(pick=st.integers(0, 99), state=st.sampled_from(FINAL_STATES), output=st.integers(0, 9))
    def settle(self, pick: int, state: RunState, output: int) -> None:
        run = self.some(pick, RunState.RUNNING)
        if run is None:
            return
        self.close(run, state)
        assert self.write(run, run.attempt, state=state, output=output, finished_at=self.at)
        run.state, run.output, run.seq = state, output, run.seq + 1

    @rule(pick=st.integers(0, 99), wait=st.sampled_from([None, 5, 30]))
    def try_again(self, pick: int, wait: int | None) -> None:
        run = self.some(pick, RunState.RUNNING)
        if run is None:
            return
        self.close(run, RunState.LOST)
        until = None if wait is None else self.at + timedelta(seconds=wait)
        with self.store.write() as unit:
            assert unit.runs.requeue(run.id, run.attempt, seq=run.seq + 1, not_before=until)
        run.state, run.held, run.seq = RunState.QUEUED, until is not None, run.seq + 1
        run.not_before, run.tags = until or run.not_before, run.tags_before

    def close(self, run: Modelled, state: RunState) -> None:
        with self.store.write() as unit:
            unit.hot.close_attempt(run.number, run.attempt, self.at, exit_code=1, signal=None, reason="", state=state)
            unit.hot.flush()
        run.attempts[-1] = state.value

    # What must not be

    @rule(end=st.sampled_from([None, *FINAL_STATES]))
    def write_too_late(self, end: RunState | None) -> None:
        for run in self.runs.values():
            for back in range(run.state is RunState.RUNNING, run.attempt):
                self.write_for(run, back, end)

    def write_for(self, run: Modelled, back: int, end: RunState | None) -> None:
        attempt = run.attempt - back
        # A settled run may be settled so once more by its own attempt, which doubts that it was: nothing comes of it.
        repeated = back == 0 and end is run.state
        assert self.write(run, attempt, tags=("late",), state=end, output="late") is repeated
        with self.store.write() as unit:
            assert not unit.runs.requeue(run.id, attempt, seq=99)
            assert not unit.runs.begin(run.id, attempt, self.at)
            assert not unit.runs.settle(run.id, attempt, state=RunState.SUCCEEDED, at=self.at, seq=99)

    # What must be true at every moment

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        places = {run.id: place for place, run in enumerate(self.waiting(), start=1)}
        with self.store.read() as unit:
            page = {run.id: run for run in unit.runs.page(limit=1000)}
            order = [one.id for one in unit.runs.queued(1000)]
            heads = unit.queue.heads()
            under_way = [number for number, _, _ in unit.queue.under_way()]
            ended = {run.id: [one.state for one in unit.attempts.of(run.number)] for run in self.runs.values()}
            counts = unit.runs.counts()
        assert page.keys() == self.runs.keys()
        for run in self.runs.values():
            found = page[run.id]
            expected = (
                run.state,
                run.attempt,
                run.begun,
                run.seq,
                run.tags,
                run.output,
                run.cancel,
                places.get(run.id),
            )
            cancel = found.cancel_requested_at is not None
            told = (found.state, found.attempt, found.begun, found.seq, found.tags, found.output, cancel)
            assert (*told, found.queue_position) == expected
            assert (found.note, found.not_before) == ("", run.not_before)
            assert ended[run.id] == run.attempts
        assert order == list(places)
        firsts: dict[str, int] = {}
        for run in self.waiting():
            firsts.setdefault(run.experiment, run.number)
        assert {head.experiment: head.number for head in heads} == firsts
        running = [run.number for run in self.runs.values() if run.state is RunState.RUNNING]
        assert under_way == sorted(running)
        assert counts == {state: sum(run.state is state for run in self.runs.values()) for state in RunState}


def test_runs_are_what_a_model_of_them_says(store: Store) -> None:
    run_state_machine_as_test(
        lambda: Lab(store),  # type: ignore[arg-type]  # anything that makes one will do
        settings=settings(
            max_examples=max(1, STEPS // _STEPS_IN_ONE),
            stateful_step_count=_STEPS_IN_ONE,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
