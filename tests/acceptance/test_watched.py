"""What people watch while a run goes on, through a real lab: its loops, and what its processes use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.conftest import ServedLab


@pytest.fixture(scope="module")
def loops(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """A running lab whose experiments loop."""
    lab = make_lab("loops", FLASKLAB_WORKERS="2")
    lab.start()
    return lab


def progress_of(lab: ServedLab, run_id: str) -> dict[str, Any]:
    return lab.status(run_id)["progress"] or {}


def test_bars_of_tqdm_are_the_runs_progress_while_it_goes_on(loops: ServedLab) -> None:
    run_id = loops.post("/run/bars").json["id"]
    loops.until(lambda: bool(progress_of(loops, run_id).get("inner")), 20, "no loop was seen within the other")
    seen = progress_of(loops, run_id)
    assert (seen["total"], seen["message"]) == (3, "epoch")
    assert (seen["inner"][0]["total"], seen["inner"][0]["unit"]) == (20, "batch")
    assert loops.finished(run_id)["progress"]["done"] == 3
    assert "3/3" in loops.log(run_id)  # the inner bars are cleared when they are full, as on a terminal


def test_pace_and_what_is_left_are_told_once_a_loop_has_gone_on_for_a_while(loops: ServedLab) -> None:
    run_id = loops.post("/run/tracked").json["id"]
    loops.until(lambda: progress_of(loops, run_id).get("left_seconds") is not None, 30, "nothing was told to be left")
    seen = progress_of(loops, run_id)
    assert seen["unit"] == "image"
    assert 5 < seen["rate"] <= 10
    assert seen["left_seconds"] == pytest.approx((100 - seen["done"]) / seen["rate"], rel=0.3)
    assert loops.finished(run_id)["progress"]["done"] == 100


def test_what_a_run_uses_is_recorded_and_is_no_metric_of_its_own(loops: ServedLab) -> None:
    run = loops.run("busy")
    assert set(run["metrics"]) == {"length"}
    found = loops.get(f"/api/v1/runs/{run['id']}/metrics?key=system/cpu&key=system/memory").json["metrics"]
    assert found["system/cpu"]["steps"] == [1, 2]
    assert 20 < found["system/cpu"]["values"][-1] < 150
    assert 64 < found["system/memory"]["values"][-1] < 200
