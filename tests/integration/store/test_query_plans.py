"""What is asked often must go by an index: no question here may read the runs' whole table or sort it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from flasklab.runs.metrics import Points, Window
from flasklab.runs.run import NewRun
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.store.hot_writes import Change
from flasklab.store.prepared import Prepared
from flasklab.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flasklab.store.store import Store
    from flasklab.store.unit import Unit


def _turn(unit: Unit) -> None:
    """What a supervisor writes."""
    numbers = unit.hot.next_numbers(1)
    unit.hot.add(NewRun(id="new", experiment="e", params={}), numbers[0], now())
    unit.hot.change(Change(id="r1", number=1, attempt=1, seq=5, started_at=now(), state=RunState.SUCCEEDED))
    unit.hot.begin_attempt(1, 1, now(), 7)
    unit.hot.close_attempt(1, 1, now(), exit_code=0, signal=None, reason="", state=RunState.SUCCEEDED)
    unit.hot.claim(unit.runs.queued(1)[0], None)
    assert unit.hot.flush() == set()


def _say(unit: Unit) -> None:
    unit.hot.change(Change(id="r1", number=1, attempt=1, seq=9, note="x"))
    assert unit.hot.flush() == set()


ASKED: dict[str, Callable[[Unit], object]] = {
    "the next runs of the queue": lambda unit: unit.runs.queued(4),
    "a claim": lambda unit: unit.runs.claim("r3", now()),
    "claims, changes and ends in one turn": lambda unit: _turn(unit),
    "a recorded change": lambda unit: _say(unit),
    "what is running": lambda unit: unit.runs.running(),
    "cancels": lambda unit: unit.runs.cancels(),
    "a state": lambda unit: unit.runs.state("r1"),
    "one run": lambda unit: unit.runs.get("r1"),
    "the run of a key": lambda unit: unit.runs.find_by_key("e", "k"),
    "a page": lambda unit: unit.runs.page(before=40),
    "a page of a state": lambda unit: unit.runs.page(state=RunState.QUEUED, before=40),
    "a page of an experiment": lambda unit: unit.runs.page(experiment="e", before=40),
    "a page of both": lambda unit: unit.runs.page(experiment="e", state=RunState.QUEUED, before=40),
    "a place in the queue": lambda unit: unit.queue.places([(0, 4)]),
    "places in the queue": lambda unit: unit.queue.places([(0, 3), (0, 5)]),
    "places far back in it": lambda unit: unit.queue._reckoned([(0, 4)]),
    "the first run of each experiment in it": lambda unit: unit.queue.heads(),
    "one experiment's queue": lambda unit: unit.queue.of_experiment("e", 4),
    "when a held run is due": lambda unit: unit.queue.next_release(),
    "runs that are due": lambda unit: unit.queue.release(now()),
    "what is under way": lambda unit: unit.queue.under_way(),
    "a run that goes back to the queue": lambda unit: unit.runs.requeue("r1", 1, seq=9, not_before=now()),
    "counts": lambda unit: (unit.runs.count(RunState.QUEUED), unit.runs.counts()),
    "the latest of each experiment": lambda unit: unit.runs.latest_per_experiment(),
    "points after a cursor": lambda unit: unit.points.new_points(1, 2),
    "metrics that are new": lambda unit: unit.points.new_keys(1, 2),
    "a part of a curve": lambda unit: unit.points.stretch(1, "a", 100, Window(low=0, high=1)),
    "curves of several runs": lambda unit: unit.points.stretches([(1, "a"), (2, "a")], 100, {1: Window(low=0, high=1)}),
    "several runs": lambda unit: unit.runs.several(["r1", "r2"], [3, 4]),
    "environments of several runs": lambda unit: unit.environments.several(["a", "b"]),
    "some summaries": lambda unit: unit.metrics.some_summaries(1, ["a"], 6),
    "the end of a run's metrics": lambda unit: unit.metrics.finish(1),
    "a run at a glance": lambda unit: unit.runs.glance("r1"),
    "a series": lambda unit: unit.points.series(1, "a"),
    "more points": lambda unit: unit.metrics.append(1, {"a": Points(steps=[1], values=[1], times=[1], seqs=[9])}),
    "events": lambda unit: unit.events.of(1, 3),
    "artifacts": lambda unit: unit.artifacts.of_several([1, 2]),
    "the same run": lambda unit: unit.same.find("e", {}, unit.environments.add({"code": "1"})),
    "runs that people write about": lambda unit: unit.annotations.hold(["r1", "r2"]),
}


@contextmanager
def seen_statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "WITH")):
            seen.append((statement, parameters))

    compiled = Prepared._for

    def note_prepared(prepared: Prepared, connection: Any) -> Any:  # these go past SQLAlchemy
        sql, names, constants = compiled(prepared, connection)
        note(None, None, sql, tuple(constants.get(name, 0) for name in names), None, False)
        return sql, names, constants

    event.listen(store._engine, "before_cursor_execute", note)
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(Prepared, "_for", note_prepared)
        yield seen
    event.remove(store._engine, "before_cursor_execute", note)


@pytest.mark.parametrize("name", ASKED)
def test_goes_by_an_index(sqlite_store: Store, name: str) -> None:
    with sqlite_store.write() as unit:
        for number in range(1, 6):
            unit.runs.add(NewRun(id=f"r{number}", experiment="e", params={}, idempotency_key=f"k{number}"), now())
        unit.runs.claim("r1", now())
        unit.metrics.append(1, {"a": Points(steps=[0], values=[1], times=[1], seqs=[3])})
    with seen_statements(sqlite_store) as statements, sqlite_store.write() as unit:
        ASKED[name](unit)
    assert statements
    with sqlite_store.read() as unit:
        for statement, parameters in statements:
            plan = unit.runs._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            steps = [row.detail for row in plan]
            assert [step for step in steps if _reads_too_much(step, statement)] == [], f"{statement}\n{steps}"


def _reads_too_much(step: str, statement: str) -> bool:
    if step.startswith("USE TEMP B-TREE"):
        return "FROM runs" in statement and "row_number" not in statement  # a run's own files and points are few
    table = step.removeprefix("SCAN ").partition(" ")
    return step.startswith("SCAN ") and table[0] in metadata.tables and "USING COVERING INDEX" not in table[2]


def test_a_question_without_an_index_would_be_noticed(sqlite_store: Store) -> None:
    with sqlite_store.read() as unit:
        statement = "SELECT id FROM runs WHERE note = '' ORDER BY note, seq"
        plan = unit.runs._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
    assert [_reads_too_much(row.detail, statement) for row in plan] == [True, True]
