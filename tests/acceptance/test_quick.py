"""Runs that begin at once: starts over the socket, the child that is ready, processes that serve run after run."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.conftest import ServedLab


@pytest.fixture
def quick(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """A running lab that does one run at a time, so that the same process is asked again."""
    lab = make_lab("quick", FLASKLAB_WORKERS="1")
    lab.start()
    lab.run("fresh")
    return lab


def stored(lab: ServedLab) -> int:
    return len(lab.get("/api/v1/runs?experiment=fresh").json["runs"])


def test_a_warm_experiment_is_served_by_one_process_and_each_run_has_its_own_record(quick: ServedLab) -> None:
    runs = [quick.run("counts", param=number) for number in range(4)]
    assert [run["output"]["calls"] for run in runs] == [1, 2, 3, 4]
    assert len({run["output"]["pid"] for run in runs}) == 1
    assert len({run["seed"] for run in runs}) == 4
    for number, run in enumerate(runs):
        assert quick.log(run["id"]).strip().endswith(f"call {number + 1} with {number}")
        assert run["metrics"]["param"] == {"last": number, "min": number, "max": number, "count": 1, "step": number + 1}


@pytest.mark.parametrize(("given", "state"), [({"fails": "true"}, "failed"), ({"leaves": "thread"}, "succeeded")])
def test_a_run_that_is_not_left_clean_ends_its_process(quick: ServedLab, given: dict[str, Any], state: str) -> None:
    first = quick.run("counts", **given)
    assert first["state"] == state
    assert quick.run("counts")["output"]["calls"] == 1


def test_files_of_warm_runs_never_mix(quick: ServedLab) -> None:
    left = [quick.run("counts", param=number, leaves="file") for number in (1, 2)]
    saved = [quick.run("counts", param=number, leaves="saved") for number in (3, 4)]
    assert [quick.get(f"/download/{run['id']}/left.txt").text for run in left] == ["1", "2"]
    assert [quick.get(f"/download/{run['id']}/kept.txt").text for run in saved] == ["3", "4"]
    assert [len(run["artifacts"]) for run in (*left, *saved)] == [1, 1, 1, 1]
    quick.until(lambda: len(list((quick.folder / "results" / "work").iterdir())) <= 1, 20, "folders are left")


def test_a_warm_run_is_canceled_as_any_other_and_the_next_has_a_new_process(quick: ServedLab) -> None:
    first = quick.run("lasts", seconds=0)
    run_id = quick.post("/run/lasts").json["id"]
    quick.begun(run_id)
    assert quick.post(f"/cancel/{run_id}").status == 202
    assert quick.finished(run_id)["state"] == "canceled"
    assert quick.run("lasts", seconds=0)["output"] != first["output"]


def test_a_warm_process_that_was_killed_between_two_runs_is_replaced(quick: ServedLab) -> None:
    pid = quick.run("counts")["output"]["pid"]
    os.kill(pid, signal.SIGKILL)
    again = quick.run("counts")["output"]
    assert (again["calls"], again["pid"] != pid) == (1, True)


def test_edited_code_has_a_warm_process_of_its_own(quick: ServedLab) -> None:
    quick.run("counts")
    source = quick.folder / "experiments" / "quick.py"
    source.write_text(source.read_text().replace("2 * param", "3 * param"))
    assert quick.run("counts", param=5)["output"]["output"] == 15.0


def test_the_spare_child_never_runs_twice_and_none_is_reused(quick: ServedLab) -> None:
    runs = [quick.run("fresh") for _ in range(5)]
    assert [run["output"]["calls"] for run in runs] == [1] * 5
    assert len({run["output"]["pid"] for run in runs}) == 5


def test_what_an_exit_hook_leaves_belongs_to_the_run(quick: ServedLab) -> None:
    run = quick.run("hooks")
    assert [one["name"] for one in run["artifacts"]] == ["late.txt"]
    assert "the last word" in quick.log(run["id"])


def test_starts_are_stored_without_a_supervisor_and_an_answer_waits_for_the_next_one(quick: ServedLab) -> None:
    before = quick.supervisor()
    os.kill(before, signal.SIGSTOP)  # it takes nothing, and says nothing
    found: list[dict[str, Any]] = []
    asking = [
        threading.Thread(target=lambda n=n: found.append(quick.post("/run/fresh?wait=30", param=n).json))
        for n in range(3)
    ]
    for thread in asking:
        thread.start()
    quick.until(lambda: stored(quick) == 4, 20, "the starts were not stored")
    os.kill(before, signal.SIGKILL)
    for thread in asking:
        thread.join(60)
    assert sorted(one["output"]["output"] for one in found) == [0.0, 2.0, 4.0]
    assert stored(quick) == 4


def test_one_key_is_one_run_over_the_socket_too(quick: ServedLab) -> None:
    together = threading.Barrier(6)
    found: list[dict[str, Any]] = []

    def start() -> None:
        together.wait()
        answer = quick.request("POST", "/run/fresh?wait=20", b"", {"Idempotency-Key": "k"})
        found.append(answer.json)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({one["id"] for one in found}) == 1
    assert {one["state"] for one in found} == {"succeeded"}
