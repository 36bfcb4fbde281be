"""Runs that were made already are found by their parameters and their code, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from flasklab.runs.run import NewRun, Run, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.store.tables import runs

if TYPE_CHECKING:
    from flasklab.store.store import Store

CODE = {"code": "abc", "python": "3.11.7", "implementation": "CPython", "packages": {}}


def environment(store: Store, **changes: Any) -> str:
    with store.write() as unit:
        return unit.environments.add({**CODE, **changes})


def made(store: Store, environment_id: str, state: RunState = RunState.SUCCEEDED, **params: Any) -> Run:
    with store.write() as unit:
        run = unit.runs.add(NewRun(id=new_run_id(), experiment="e", params=params), now())
        [claimable] = unit.runs.queued(1)
        unit.hot.claim(claimable, environment_id)
        assert unit.hot.flush() == set()
        unit.runs.settle(run.id, 1, state=state, output=1, at=now(), seq=3)
        return unit.runs.get(run.id)


def found(store: Store, environment_id: str, **params: Any) -> str | None:
    with store.read() as unit:
        return unit.same.find("e", params, environment_id)


def test_the_latest_of_equal_runs_is_found(store: Store) -> None:
    here = environment(store)
    made(store, here, a=1, b=[0.5])
    latest = made(store, here, b=[0.5], a=1)
    made(store, here, a=2, b=[0.5])
    assert found(store, here, a=1, b=[0.5]) == latest.id
    assert found(store, here, a=1, b=[0.25]) is None
    with store.read() as unit:
        assert unit.same.find("other", {"a": 1, "b": [0.5]}, here) is None


def test_other_code_makes_another_run_and_another_commit_does_not(store: Store) -> None:
    here, edited = environment(store), environment(store, code="abd")
    committed, upgraded = environment(store, git={"commit": "x"}), environment(store, packages={"numpy": "2"})
    run = made(store, here, a=1)
    made(store, edited, a=1)
    made(store, upgraded, a=1)
    assert [found(store, one, a=1) == run.id for one in (here, edited, committed, upgraded)] == [
        True,
        False,
        True,
        False,
    ]
    assert found(store, "nothere", a=1) is None


def test_what_failed_or_was_deleted_is_needed_again(store: Store) -> None:
    here = environment(store)
    made(store, here, RunState.FAILED, a=1)
    run = made(store, here, a=2)
    with store.write() as unit:
        unit.keeping.delete(run.id, now())
    assert (found(store, here, a=1), found(store, here, a=2)) == (None, None)
    with store.write() as unit:
        unit.keeping.restore(run.id)
    assert found(store, here, a=2) == run.id


def test_equal_hashes_are_not_believed(store: Store) -> None:
    here = environment(store)
    run = made(store, here, a=1)
    other = made(store, here, a=2)
    with store.write() as unit:
        connection = unit.same._connection
        same = connection.execute(runs.select().where(runs.c.id == run.id)).one().params_hash
        connection.execute(update(runs).where(runs.c.id == other.id).values(params_hash=same))
    assert found(store, here, a=1) == run.id


def test_a_supervisor_notes_the_same_hash(store: Store) -> None:
    with store.write() as unit:
        first = unit.runs.add(NewRun(id="a", experiment="e", params={"x": [1.5]}), now())
        [number] = unit.hot.next_numbers(1)
        unit.hot.add(NewRun(id="b", experiment="e", params={"x": [1.5]}), number, now())
        assert unit.hot.flush() == set()
        rows = unit.same._connection.execute(runs.select().where(runs.c.number.in_((first.number, number)))).all()
    assert len({row.params_hash for row in rows}) == 1
