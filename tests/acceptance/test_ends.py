"""Every way a run can end, told truthfully, with its log kept."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.execution.shared_memory import FOLDER

if TYPE_CHECKING:
    from tests.acceptance.conftest import ServedLab


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        return state != "Z"
    return False


def test_a_function_that_returns_has_succeeded(ends: ServedLab) -> None:
    run = ends.run("double", param=21)
    assert (run["state"], run["output"], run["error"]) == ("succeeded", {"output": 42.0}, None)


def test_an_exception_ends_as_failed_with_its_traceback_and_log(ends: ServedLab) -> None:
    run = ends.run("raises", message="no luck")
    assert (run["state"], run["error"]["type"], run["error"]["message"]) == ("failed", "ValueError", "no luck")
    trace = run["error"]["traceback"]
    assert "ends.py" in trace
    assert "flasklab/execution" not in trace
    assert "about to fail" in ends.log(run["id"])


@pytest.mark.parametrize(
    ("experiment", "params", "state", "word"),
    [
        ("exits", {"code": 3}, "failed", "sys.exit(3)"),
        ("exits", {"code": 0}, "succeeded", ""),
        ("vanishes", {"code": 0}, "failed", "status 0"),
        ("vanishes", {"code": 7}, "failed", "status 7"),
        ("crashes", {}, "failed", "SIGSEGV"),
    ],
)
def test_an_exit_or_crash_is_told_by_its_name(
    ends: ServedLab, experiment: str, params: dict[str, Any], state: str, word: str
) -> None:
    run = ends.run(experiment, **params)
    assert run["state"] == state
    assert word in (run["error"] or {"message": ""})["message"]
    assert ends.log(run["id"])


def test_a_run_past_its_time_is_ended_as_timed_out(ends: ServedLab) -> None:
    run = ends.run("slow")
    assert run["state"] == "timed_out"
    assert "1 second" in run["error"]["message"]


def test_a_run_past_its_memory_is_ended_as_failed(ends: ServedLab) -> None:
    run = ends.run("greedy")
    assert (run["state"], run["error"]["type"]) == ("failed", "OutOfMemory")


def test_a_canceled_run_may_clean_up_and_is_canceled_once_it_is_gone(ends: ServedLab, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    run = ends.begun(ends.post("/run/sleeps", mark=str(mark)).json["id"])
    assert ends.post(f"/cancel/{run['id']}").status in {200, 202}
    assert ends.finished(run["id"])["state"] == "canceled"
    assert mark.read_text(encoding="utf-8") == "ended in peace"


def test_a_run_that_ignores_the_request_is_killed_and_canceled(ends: ServedLab) -> None:
    run = ends.begun(ends.post("/run/stubborn").json["id"])
    ends.post(f"/cancel/{run['id']}")
    assert ends.finished(run["id"])["state"] == "canceled"


def test_canceling_a_finished_run_is_refused(ends: ServedLab) -> None:
    run = ends.run("double")
    answer = ends.post(f"/cancel/{run['id']}")
    assert (answer.status, answer.headers["content-type"]) == (409, "application/problem+json")


def test_a_flood_of_output_keeps_its_beginning_and_its_end_and_says_what_is_missing(ends: ServedLab) -> None:
    run = ends.run("floods", mebibytes=8)
    assert run["state"] == "succeeded"
    log = ends.log(run["id"])
    assert 3.7 * 2**20 <= len(log) <= 4.01 * 2**20
    assert log.count("of output are left out here: this lab keeps at most 4,194,304 bytes of log per run") == 1
    assert log.endswith("x\nthe last line\n")


@pytest.mark.parametrize("detached", ["false", "true"])
def test_a_process_left_behind_is_ended_with_its_run(ends: ServedLab, detached: str) -> None:
    run = ends.run("leaves_process", detached=detached)
    assert run["state"] == "succeeded"
    assert not _is_alive(int(run["output"]))
    assert "left behind" in ends.log(run["id"])


def test_a_daemon_left_behind_is_ended_with_its_run(ends: ServedLab) -> None:
    run = ends.run("leaves_daemon")
    assert run["state"] == "succeeded"
    pid = int(ends.get(f"/download/{run['id']}/daemon.pid").text)
    assert not _is_alive(pid)


def test_a_thread_left_behind_does_not_hold_the_run(ends: ServedLab) -> None:
    run = ends.run("leaves_thread")
    assert (run["state"], run["output"]) == ("succeeded", "returned")
    assert "forgotten" in ends.log(run["id"])


def test_everything_said_is_in_the_log(ends: ServedLab) -> None:
    log = ends.log(ends.run("talks")["id"])
    for said in ("printed", "to stderr", "logged", "warned", "from a descriptor", "from a subprocess"):
        assert said in log


def test_generators_and_coroutines_are_run_to_their_end(ends: ServedLab) -> None:
    run = ends.run("yields", count=3)
    assert (run["state"], run["output"]) == ("succeeded", "done")
    assert (run["metrics"]["loss"]["count"], run["metrics"]["loss"]["step"]) == (3, 2)
    run = ends.run("awaits")
    assert (run["output"], run["metrics"]["loss"]["last"]) == ({"answer": 42}, 0.5)


def test_files_in_the_run_folder_are_kept_even_after_a_kill(ends: ServedLab) -> None:
    run = ends.run("leaves_files")
    assert (run["state"], run["error"]["type"]) == ("failed", "Signal")
    assert {one["name"] for one in run["artifacts"]} == {"table.csv", "deep/er/note.txt"}
    assert ends.get(f"/download/{run['id']}/deep/er/note.txt").text == "kept"


def test_a_seed_is_drawn_recorded_and_repeats_the_run(ends: ServedLab) -> None:
    first = ends.run("draws")
    seed = ends.get(f"/api/v1/runs/{first['id']}").json["seed"]
    assert isinstance(seed, int)
    assert ends.run("draws", seed=seed)["output"] == first["output"]


def test_nothing_of_a_run_is_left_in_the_work_folder(ends: ServedLab) -> None:
    ends.run("double")
    work = ends.folder / "results" / "work"
    ends.until(lambda: not os.listdir(work), 10, "a run's folder was left")  # noqa: PTH208 - a folder's names


def test_only_the_process_that_the_lab_started_tells_how_the_run_ended(ends: ServedLab) -> None:
    run = ends.run("returns_twice")
    assert (run["state"], run["output"]) == ("succeeded", "the original")


def test_a_run_that_stops_what_holds_the_experiments_ends_all_the_same(ends: ServedLab) -> None:
    run = ends.run("stops_parent")
    assert (run["state"], run["output"]) == ("succeeded", "done")


def test_nothing_that_a_run_says_ends_the_supervisor(ends: ServedLab) -> None:
    before = ends.supervisor()
    run = ends.run("speaks_nonsense")
    assert (run["state"], run["output"]) == ("succeeded", "said")
    assert run["metrics"]["largest"]["last"] == sys.float_info.max
    progress = {name: run["progress"][name] for name in ("done", "total", "message")}
    assert progress == {"done": 1, "total": None, "message": "nobody knows"}
    assert ends.get("/", Accept="text/html").status == 200
    assert ends.get(f"/results/{run['id']}", Accept="text/html").status == 200
    nested = ends.run("nests")
    assert nested["output"] == 1200, nested
    assert ends.supervisor() == before


def test_a_parameter_that_looks_like_an_upload_is_the_experiments_own_json(ends: ServedLab) -> None:
    before = ends.supervisor()
    for sha256 in ("zz", 3, "0" * 64):
        body = json.dumps({"config": {"file": "a", "sha256": sha256, "size": 1}}).encode()
        answer = ends.request("POST", "/run/configured?wait=20", body, {"Content-Type": "application/json"})
        assert (answer.json["state"], answer.json["output"]) == ("succeeded", "dict")
    assert ends.supervisor() == before


def test_what_is_logged_never_stands_in_a_file_that_the_run_has_opened(ends: ServedLab) -> None:
    run = ends.run("closes_everything")
    assert run["state"] == "succeeded"
    assert {one["size"] for one in run["artifacts"]} == {0}


def test_an_error_with_an_endless_message_is_still_told(ends: ServedLab) -> None:
    error = ends.run("fails_at_length")["error"]
    assert error["type"] == "ValueError"
    assert len(error["message"]) <= 100_000


@pytest.mark.parametrize("elsewhere", ["false", "true"])
def test_a_file_that_grows_too_large_ends_with_the_limit_and_its_setting(ends: ServedLab, elsewhere: str) -> None:
    run = ends.run("writes_too_much", elsewhere=elsewhere)
    assert run["state"] == "failed"
    if elsewhere == "false":
        assert run["error"]["type"] == "OSError"
        assert "at most 1 MiB" in run["error"]["message"]
        assert "raise max_file= in @experiment" in run["error"]["message"]
    sizes = [artifact["size"] for artifact in run["artifacts"]]
    assert sizes == [2**20]


def test_an_exception_names_the_authors_own_line(ends: ServedLab) -> None:
    run = ends.run("raises")
    assert re.fullmatch(r"experiments/ends\.py:\d+", run["error"]["where"])
    assert f"({run['error']['where']})" in ends.get(f"/api/v1/runs/{run['id']}/attempts").json["attempts"][0]["reason"]


def test_shared_memory_of_a_killed_run_is_removed(ends: ServedLab, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    run = ends.run("leaves_shared_memory", mark=str(mark))
    assert run["state"] == "timed_out"
    name = mark.read_text(encoding="utf-8")
    assert name.startswith("psm_")
    ends.until(lambda: not Path(FOLDER, name).exists(), 10, "the shared memory is still there")
