"""What a run's workers say, wherever they run, is the run's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import ServedLab


@pytest.mark.parametrize("way", ["threads", "fork", "spawn", "forkserver", "joblib", "script"])
def test_workers_of_every_kind_record_to_their_run(ends: ServedLab, way: str) -> None:
    run = ends.run("workers", way=way)
    assert run["state"] == "succeeded", run["error"]
    metrics = ends.get(f"/api/v1/runs/{run['id']}/metrics").json["metrics"]
    for worker in range(4):
        assert metrics[f"worker {worker}"]["steps"] == list(range(300))
        assert metrics[f"worker {worker}"]["values"] == [step / 2 for step in range(300)]
    assert {artifact["name"] for artifact in run["artifacts"]} == {f"shown by {worker}.json" for worker in range(4)}
    assert sorted(run["note"].splitlines()) == [f"note of {worker}" for worker in range(4)]
    assert run["output"]["processes"] >= (1 if way == "threads" else 2)


def test_what_is_logged_in_a_fork_and_at_exit_is_kept(ends: ServedLab) -> None:
    run = ends.run("last_words")
    assert (run["metrics"]["in_fork"]["count"], run["metrics"]["at_exit"]["count"]) == (1, 1)


def test_forked_workers_end_as_those_of_plain_python_do(ends: ServedLab) -> None:
    for _ in range(3):
        run = ends.run("pools")
        assert (run["state"], run["output"]) == ("succeeded", 30), run["error"]
        assert "Traceback" not in ends.log(run["id"])
