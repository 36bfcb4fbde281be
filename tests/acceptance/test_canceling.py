"""Each step of a cancel, from the wish to the last signal, with real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import ServedLab


def _canceled(lab: ServedLab, experiment: str, mark: Path | None = None, **params: Any) -> dict[str, Any]:
    if mark is not None:
        params["mark"] = str(mark)
    run = lab.begun(lab.post(f"/run/{experiment}", **params).json["id"])
    lab.until(lambda: lab.status(run["id"])["metrics"] or (mark is not None and mark.exists()), 20, "nothing happened")
    lab.post(f"/cancel/{run['id']}")
    return lab.finished(run["id"])


def _steps(lab: ServedLab, run: dict[str, Any]) -> list[str]:
    events = lab.get(f"/api/v1/runs/{run['id']}/events").json["events"]
    return [event["data"].get("step", event["kind"]) for event in events if event["kind"] in ("cancel", "ending")]


def test_code_that_looks_ends_by_itself_and_keeps_its_output(ends: ServedLab, tmp_path: Path) -> None:
    run = _canceled(ends, "heeds", tmp_path / "mark")
    assert (run["state"], run["output"]["steps"] > 0) == ("canceled", True)
    assert run["error"]["message"].endswith("it stopped by itself.")
    assert _steps(ends, run) == ["cancel", "asked"]
    assert "has 20 seconds to end by itself" in ends.log(run["id"])


def test_code_that_looked_but_goes_on_is_ended_by_an_exception(ends: ServedLab, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    run = _canceled(ends, "looks_and_goes_on", mark)
    assert (run["state"], mark.read_text(encoding="utf-8")) == ("canceled", "canceling=True")
    assert "ended by SIGTERM" in run["error"]["message"]
    assert _steps(ends, run) == ["cancel", "asked", "term"]


def test_code_that_ignores_all_of_it_is_killed(ends: ServedLab, tmp_path: Path) -> None:
    run = _canceled(ends, "looks_and_goes_on", tmp_path / "mark", stubborn="true")
    assert run["state"] == "canceled"
    assert "had to be killed" in run["error"]["message"]
    assert _steps(ends, run) == ["cancel", "asked", "term", "kill"]
    log = ends.log(run["id"])
    assert log.index("to end by itself") < log.index("SIGTERM was sent") < log.index("SIGKILL was sent")


def test_code_that_never_looks_gets_an_exception_at_once(ends: ServedLab) -> None:
    run = _canceled(ends, "sleeps")
    assert run["state"] == "canceled"
    assert _steps(ends, run) == ["cancel", "term"]


def test_a_timeout_lets_code_that_looks_return_what_it_has(ends: ServedLab) -> None:
    run = ends.run("heeds_its_time")
    assert (run["state"], run["output"]) == ("timed_out", "what there was")
    assert "raise timeout=" in run["error"]["message"]


def test_workers_forked_and_spawned_learn_of_the_wish(ends: ServedLab) -> None:
    run = _canceled(ends, "heeds_with_workers")
    assert (run["state"], len(run["output"] or ())) == ("canceled", 2)


def test_a_process_that_serves_run_after_run_heeds_the_wish_and_serves_no_more(ends: ServedLab, tmp_path: Path) -> None:
    first, second = (ends.run("heeds_warm") for _ in range(2))
    assert first["output"] == second["output"]
    canceled = _canceled(ends, "heeds_warm", tmp_path / "mark", seconds=60)
    assert (canceled["state"], canceled["output"]) == ("canceled", first["output"])
    after = ends.run("heeds_warm")
    assert after["state"] == "succeeded"
    assert after["output"] != first["output"]
