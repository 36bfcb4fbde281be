from __future__ import annotations

import math
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.errors import RunNotFoundError
from flasklab.runs.run import NewRun, Run, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.search.ordering import NEWEST
from flasklab.search.parsing import parse
from flasklab.store import queue_rows

if TYPE_CHECKING:
    from flasklab.store.store import Store


def test_a_run_comes_back_as_it_was_queued(store: Store) -> None:
    at = datetime(2026, 2, 3, 4, 5, 6, 789012, UTC)
    new = NewRun(
        id="abc",
        experiment="entraîner",
        params={"lr": 0.1, "names": ["a", "ß"], "deep": {"x": None}, "limit": math.inf},
        given=("lr",),
        tags=("first", "zweite"),
        note="a line\nanother",
        created_by="ada",
        rerun_of="xyz",
        idempotency_key="k1",
        timeout_seconds=1800.5,
        memory_bytes=2**33,
        retries=2,
    )
    with store.write() as unit:
        unit.runs.add(new, at)
    with store.read() as unit:
        run = unit.runs.get("abc")
        [claimable] = unit.runs.queued(10)

    assert (run.id, run.number, run.experiment, run.state) == ("abc", 1, "entraîner", RunState.QUEUED)
    assert run.params == {"lr": 0.1, "names": ["a", "ß"], "deep": {"x": None}, "limit": "Infinity"}
    assert (run.given, run.tags, run.note) == (("lr",), ("first", "zweite"), "a line\nanother")
    assert run.created_at == at
    assert (run.created_by, run.rerun_of) == ("ada", "xyz")
    assert (run.queue_position, run.attempt, run.begun, run.seq) == (1, 0, 0, 1)
    assert (claimable.timeout_seconds, claimable.memory_bytes, claimable.retries) == (1800.5, 2**33, 2)


def test_text_that_no_database_takes_is_cleaned_instead_of_refused(store: Store, queue: Any) -> None:
    run = queue(note="nul \0 and half \ud83d", text="nul \0 half \udcff")

    assert run.note == "nul \ufffd and half ?"
    assert run.params == {"text": "nul \0 half ?"}


def test_an_unknown_run_is_an_error_that_names_it(store: Store) -> None:
    with store.read() as unit:
        assert unit.runs.find("nope") is None
        with pytest.raises(RunNotFoundError, match="nope"):
            unit.runs.get("nope")
        with pytest.raises(RunNotFoundError, match="nope"):
            unit.runs.state("nope")


def test_a_second_start_with_the_same_key_gives_the_first_run(queue: Any, store: Store) -> None:
    first = queue(key="k", a=1)
    again = queue(key="k", a=2)
    elsewhere = queue("other", key="k")
    without = [queue(), queue()]

    assert again.id == first.id
    assert again.params == {"a": 1}
    assert elsewhere.id != first.id
    assert without[0].id != without[1].id
    with store.read() as unit:
        assert unit.runs.count() == 4


def test_two_starts_at_once_with_one_key_are_one_run(store: Store) -> None:
    together = threading.Barrier(4)
    found: list[str] = []

    def start() -> None:
        together.wait()
        with store.write() as unit:
            run = unit.runs.add(NewRun(id=new_run_id(), experiment="e", params={}, idempotency_key="same"), now())
        found.append(run.id)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert len(set(found)) == 1


def test_numbers_count_up_and_never_come_back(queue: Any, store: Store) -> None:
    assert [queue().number for _ in range(3)] == [1, 2, 3]


def test_pages_go_backwards_without_gaps_or_repeats(queue: Any, store: Store) -> None:
    for number in range(7):
        queue("even" if number % 2 else "odd")
    with store.read() as unit:
        first = unit.runs.page(limit=3)
        second = unit.runs.page(limit=3, before=first[-1].number)
        third = unit.runs.page(limit=3, before=second[-1].number)
        evens = unit.runs.page(experiment="even")

    assert [run.number for run in (*first, *second, *third)] == [7, 6, 5, 4, 3, 2, 1]
    assert [run.number for run in evens] == [6, 4, 2]
    assert [run.queue_position for run in evens] == [6, 4, 2]


def test_a_page_can_be_of_one_state(queue: Any, store: Store) -> None:
    first, second = queue(), queue()
    with store.write() as unit:
        unit.runs.claim(first.id, now())
    with store.read() as unit:
        assert [run.id for run in unit.runs.page(state=RunState.QUEUED)] == [second.id]
        assert [run.id for run in unit.runs.page(state=RunState.RUNNING)] == [first.id]
        assert unit.runs.count(RunState.RUNNING) == 1
        assert unit.runs.count(RunState.RUNNING, "double") == 1
        assert unit.runs.count(experiment="nothing") == 0
        counts = unit.runs.counts()
    assert counts[RunState.QUEUED] == counts[RunState.RUNNING] == 1
    assert set(counts) == set(RunState)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("BASELINE", [1]),
        ("100%", [2]),
        ("_", []),
        ("forest", [3]),
        ("#2", [2]),
        ("2", [2]),
        ("bbb", [2]),
        ("nothing", []),
    ],
)
def test_text_is_found_in_notes_parameters_and_numbers(queue: Any, store: Store, text: str, numbers: list[int]) -> None:
    queue("classify", run_id="aaa", note="the Baseline")
    queue("classify", run_id="bbb", note="at 100% at last")
    queue("classify", run_id="ccc", model="forest")
    with store.read() as unit:
        found = unit.search().page(parse(text), NEWEST, None, 9)
    assert [one.number for one in found] == numbers


def test_queue_positions_are_those_of_the_claims_to_come(queue: Any, store: Store) -> None:
    runs: list[Run] = [queue() for _ in range(4)]
    with store.write() as unit:
        unit.runs.claim(runs[1].id, now())
    with store.read() as unit:
        assert [unit.runs.get(run.id).queue_position for run in runs] == [1, None, 2, 3]
        assert [run.queue_position for run in unit.runs.page()] == [3, 2, None, 1]
        assert [claimable.id for claimable in unit.runs.queued(2)] == [runs[0].id, runs[2].id]


def test_places_far_back_are_reckoned_from_the_runs_numbers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_rows, "EXACT_PLACES", 2)
    with store.write() as unit:
        for priority in (0, 0, 1, 0, 5):
            unit.runs.add(NewRun(id=new_run_id(), experiment="e", params={}, priority=priority), now())
    with store.read() as unit:
        numbers = sorted(run.number for run in unit.runs.page())
        found = [unit.runs.find_by_number(number) for number in numbers]
    # The fourth is the fifth in truth: one between it and the first has another priority.
    assert [run.queue_position for run in found if run is not None] == [3, 4, 2, 6, 1]


def test_the_latest_run_of_each_experiment_is_found(queue: Any, store: Store) -> None:
    with store.read() as unit:
        assert unit.runs.latest_per_experiment() == {}
    for experiment in ("b", "a", "b", "c", "a"):
        queue(experiment)
    with store.read() as unit:
        latest = unit.runs.latest_per_experiment()
    assert {name: run.number for name, run in latest.items()} == {"a": 5, "b": 3, "c": 4}


def test_runs_are_found_by_number_and_by_the_beginning_of_an_id(store: Store) -> None:
    with store.write() as unit:
        for run_id in ("aab", "aac", "b"):
            unit.runs.add(NewRun(id=run_id, experiment="e", params={}), now())
    with store.read() as unit:
        assert unit.runs.ids_starting("aa") == ["aab", "aac"]
        assert unit.runs.ids_starting("b") == ["b"]
        assert unit.runs.ids_starting("c") == []
        third = unit.runs.find_by_number(3)
        assert third is not None
        assert third.id == "b"
        assert unit.runs.find_by_number(4) is None
