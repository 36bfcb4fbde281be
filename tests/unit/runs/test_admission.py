"""The one rule by which runs begin, and the sentences that tell why they wait."""

from __future__ import annotations

from typing import Any

from flasklab.runs.admission import Admission, Limits, Wanted, more_than_there_is


def run(number: int, experiment: str = "e", **resources: int) -> Wanted:
    return Wanted(number, experiment, resources)


def admission(*under_way: Wanted, workers: int = 4, **limits: Any) -> Admission:
    return Admission(Limits(workers=workers, **limits), under_way)


def test_a_run_begins_while_a_worker_is_free() -> None:
    rule = admission(workers=2)
    assert [rule.admit(run(1)), rule.admit(run(2)), rule.admit(run(3))] == [True, True, False]
    assert rule.why_not(run(3)) == "All 2 workers are busy; raise FLASKLAB_WORKERS to run more at once."


def test_the_limit_of_an_experiment_holds_its_runs_back_and_no_others() -> None:
    rule = admission(run(1, "train"), run(2, "train"), concurrency={"train": 2})
    assert not rule.admit(run(3, "train"))
    assert rule.admit(run(4, "double"))
    told = rule.why_not(run(3, "train"))
    assert told == "2 runs of train are under way, and it allows 2 at once (concurrency=2)."


def test_units_are_taken_while_a_run_is_under_way_and_told_by_whom() -> None:
    rule = admission(run(12, gpu=1), pools={"gpu": 2})
    assert rule.admit(run(14, gpu=1))
    assert not rule.admit(run(15, gpu=1))
    assert rule.why_not(run(15, gpu=1)) == "It waits for 1 gpu: 2 of 2 are taken by #12 and #14."


def test_nobody_takes_units_for_which_a_run_before_it_waits() -> None:
    rule = admission(run(1, "small", gpu=1), pools={"gpu": 2})
    assert not rule.admit(run(2, "large", gpu=2))
    assert not rule.admit(run(3, "small", gpu=1))
    assert rule.admit(run(4, "cpu"))
    assert rule.why_not(run(3, "small", gpu=1)) == "It waits for 1 gpu: #2 waits for it too, and is first."


def test_a_run_that_waits_for_something_else_keeps_no_units_from_others() -> None:
    rule = admission(run(1, "train", gpu=1), pools={"gpu": 2}, concurrency={"train": 1})
    assert not rule.admit(run(2, "train", gpu=1))
    assert rule.admit(run(3, "device", gpu=1))


def test_within_an_experiment_nobody_overtakes() -> None:
    rule = admission(run(1, "other", gpu=1), pools={"gpu": 1})
    assert not rule.admit(run(2, "e", gpu=1))
    assert not rule.admit(run(3, "e"))
    assert "#2 of e is before it" in rule.why_not(run(3, "e"))


def test_a_run_that_waits_is_not_told_to_wait_for_itself() -> None:
    rule = admission(run(1, gpu=1), pools={"gpu": 1})
    assert not rule.admit(run(2, gpu=1))
    assert rule.why_not(run(2, gpu=1)) == "It waits for 1 gpu: 1 of 1 is taken by #1."


def test_what_the_lab_does_not_have_holds_back_nobody_else() -> None:
    rule = admission(pools={"gpu": 1})
    assert not rule.admit(run(1, "large", gpu=4))
    assert rule.admit(run(2, "small", gpu=1))
    assert "this lab has only 1 of it; set FLASKLAB_RESOURCES=gpu=4" in rule.why_not(run(1, "large", gpu=4))
    assert more_than_there_is({"license": 1}, {})[0].startswith("It takes 1 license, and this lab has none;")
    assert more_than_there_is({"gpu": 1}, {"gpu": 1}) == []
