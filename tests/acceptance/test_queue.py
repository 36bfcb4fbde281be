"""What waits, why, and for how long: limits, units, moments, priorities and retries of real runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.acceptance.conftest import ServedLab


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., ServedLab]) -> ServedLab:
    lab = make_lab("queue", FLASKLAB_WORKERS="3", FLASKLAB_RESOURCES="gpu=2", CUDA_VISIBLE_DEVICES="4,6")
    lab.start()
    return lab


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file that lets runs go on once it is there; no run outlives its test."""
    gate = tmp_path / "gate"
    yield gate
    gate.touch()


def start(lab: ServedLab, experiment: str, query: str = "", **params: Any) -> str:
    answer = lab.post(f"/run/{experiment}{query}", **params)
    assert answer.status == 202, answer.text
    return str(answer.json["id"])


def waits_for(lab: ServedLab, run_id: str, words: str) -> None:
    seen: list[Any] = []

    def told() -> bool:
        seen[:] = [lab.status(run_id)]
        return words in (seen[0]["waiting"] or "")

    try:
        lab.until(told, 20, f"it does not wait for: {words}")
    except AssertionError as error:
        raise AssertionError(f"{error}: {seen}") from None


def kinds(lab: ServedLab, run_id: str) -> list[str]:
    return [one["kind"] for one in lab.get(f"/api/v1/runs/{run_id}/events").json["events"]]


def test_an_exception_that_may_pass_is_tried_again_and_leaves_nothing_of_its_tries(
    lab: ServedLab, tmp_path: Path
) -> None:
    run = lab.run("flaky", tries=tmp_path / "tries")
    assert (run["state"], run["output"], run["attempt"]) == ("succeeded", {"tries": 3}, 3)
    assert (run["tags"], run["note"], run["error"]) == (["try 3"], "note of try 3", None)
    assert run["metrics"]["count"]["count"] == 1
    assert kinds(lab, run["id"]) == ["queued", "running", "queued", "running", "queued", "running", "succeeded"]
    again = [one["data"] for one in lab.get(f"/api/v1/runs/{run['id']}/events").json["events"] if one["seq"] > 1]
    told = next(data for data in again if "ended" in data)
    assert told["ended"] == "failed"
    assert told["reason"].startswith("UnluckyError: try 1 failed (experiments")
    assert told["not_before"]
    assert re.search(r"try 1 failed \(.*\)\. It is tried again in 1 s\.", lab.log(run["id"]))


def test_tries_are_as_many_as_the_experiment_allows(lab: ServedLab, tmp_path: Path) -> None:
    run = lab.run("flaky", tries=tmp_path / "tries", until=9)
    assert (run["state"], run["attempt"], run["error"]["message"]) == ("failed", 3, "try 3 failed")


def test_another_exception_is_final(lab: ServedLab, tmp_path: Path) -> None:
    run = lab.run("wrong", tries=tmp_path / "tries")
    assert (run["state"], run["attempt"], run["error"]["type"]) == ("failed", 1, "ValueError")


def test_a_run_that_waits_for_its_next_try_says_so_and_is_canceled_at_once(lab: ServedLab, tmp_path: Path) -> None:
    run_id = start(lab, "patient", tries=tmp_path / "tries")
    waits_for(lab, run_id, "attempt 2 of 2")
    assert "It is tried again in" in lab.status(run_id)["waiting"]
    assert lab.status(run_id)["queue_position"] is None
    answer = lab.post(f"/cancel/{run_id}")
    assert (answer.status, answer.json["state"]) == (200, "canceled")


def test_an_experiments_limit_holds_back_its_runs_and_no_others(lab: ServedLab, gate: Path, tmp_path: Path) -> None:
    first, second = start(lab, "single", gate=gate), start(lab, "single", gate=gate)
    lab.begun(first)
    waits_for(lab, second, "and it allows one at once (concurrency=1)")
    assert lab.run("order", name="a", into=tmp_path / "order")["state"] == "succeeded"
    assert lab.status(second)["state"] == "queued"
    gate.touch()
    assert lab.finished(second)["state"] == "succeeded"


def test_runs_never_share_a_gpu_and_say_who_has_it(lab: ServedLab, gate: Path) -> None:
    runs = [start(lab, "device", gate=gate) for _ in range(3)]
    begun = [lab.begun(run_id)["number"] for run_id in runs[:2]]
    waits_for(lab, runs[2], f"It waits for 1 gpu: 2 of 2 are taken by #{begun[0]} and #{begun[1]}.")
    gate.touch()
    outputs = [lab.finished(run_id)["output"]["device"] for run_id in runs]
    assert sorted(outputs[:2]) == ["4", "6"]
    assert outputs[2] in ("4", "6")


def test_a_start_that_could_never_begin_is_refused_with_what_to_set(lab: ServedLab) -> None:
    answer = lab.post("/run/large")
    assert answer.status == 422
    assert "set FLASKLAB_RESOURCES=gpu=3" in answer.json["detail"]
    page = lab.get("/run/large", Accept="text/html").text
    assert "set FLASKLAB_RESOURCES=gpu=3" in page


def test_queued_runs_of_a_higher_priority_begin_first(lab: ServedLab, gate: Path, tmp_path: Path) -> None:
    blocking = [start(lab, "device", gate=gate), start(lab, "device", gate=gate), start(lab, "single", gate=gate)]
    for run_id in blocking:
        lab.begun(run_id)
    into = tmp_path / "order"
    names = {"usual": "", "low": "?priority=-5", "high": "?priority=5"}
    runs = {name: start(lab, "order", query, name=name, into=into) for name, query in names.items()}
    waits_for(lab, runs["usual"], "All 3 workers are busy")
    assert {name: lab.status(run_id)["priority"] for name, run_id in runs.items()} == {
        "usual": -1,
        "low": -5,
        "high": 5,
    }
    assert [lab.status(runs[name])["queue_position"] for name in ("high", "usual", "low")] == [1, 2, 3]
    gate.touch()
    for run_id in runs.values():
        lab.finished(run_id)
    claimed = [
        lab.get(f"/api/v1/runs/{runs[name]}/attempts").json["attempts"][0]["claimed_at"]
        for name in ("high", "usual", "low")
    ]
    assert claimed == sorted(claimed)


def test_a_run_begins_at_its_moment_and_not_before(lab: ServedLab, tmp_path: Path) -> None:
    late = start(lab, "order", "?not_before=2999-01-01T00:00:00Z", name="late", into=tmp_path / "order")
    waits_for(lab, late, "It begins at 2999-01-01 00:00 UTC at the earliest.")
    past = start(lab, "order", "?not_before=2001-01-01T00:00:00Z", name="past", into=tmp_path / "order")
    assert lab.finished(past)["state"] == "succeeded"
    assert lab.post(f"/cancel/{late}").json["state"] == "canceled"


def test_what_cannot_be_read_of_the_options_is_named(lab: ServedLab) -> None:
    answer = lab.post("/run/single?priority=high&not_before=soon")
    assert answer.status == 422
    assert [one["param"] for one in answer.json["errors"]] == ["priority", "not_before"]
