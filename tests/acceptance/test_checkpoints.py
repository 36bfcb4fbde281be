"""Runs that go on from a checkpoint: after their supervisor was killed, and from another run's."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.acceptance.conftest import ServedLab


def _folder(lab: ServedLab, run: dict[str, Any]) -> Path:
    return Path(lab.folder, "results", "checkpoints", run["id"])


def _series(lab: ServedLab, run: dict[str, Any], key: str) -> dict[str, Any]:
    series: dict[str, Any] = lab.get(f"/api/v1/runs/{run['id']}/metrics?key={key}").json["metrics"][key]
    return series


def test_a_run_whose_supervisor_is_killed_goes_on_from_its_last_checkpoint(ends: ServedLab, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    run = ends.post("/run/counts", ledger=str(ledger)).json
    ends.until(Path(f"{ledger}.stuck").exists, 20, "it did not come so far")
    ends.until(lambda: ends.status(run["id"])["metrics"].get("value", {}).get("count") == 13, 20, "points are missing")

    os.kill(ends.supervisor(), signal.SIGKILL)
    run = ends.finished(run["id"])

    assert (run["state"], run["output"]) == ("succeeded", list(range(20)))
    assert ledger.read_text(encoding="utf-8").split() == ["0", "10"]
    for key in ("value", "unnumbered"):  # what came after the checkpoint was taken back, and no point is there twice
        series = _series(ends, run, key)
        assert series["steps"] == list(range(20))
        assert series["values"] == [float(step) for step in range(20)]
    assert run["metrics"]["value"]["max"] == 19
    events = ends.get(f"/api/v1/runs/{run['id']}/events").json["events"]
    assert [event["data"]["name"] for event in events if event["kind"] == "checkpoint"] == sorted(
        file.name for file in _folder(ends, run).iterdir()
    )


def test_a_rerun_may_go_on_from_the_last_checkpoint_of_another_run(ends: ServedLab) -> None:
    first = ends.run("checkpoints", count=3, fail="true")
    assert first["state"] == "failed"
    assert "run.checkpoint: " in ends.log(first["id"])

    again = ends.post(f"/rerun/{first['id']}?restore=1&wait=30", count=2, fail="false").json

    assert (again["state"], again["output"]) == ("succeeded", 3)
    assert [file.name for file in sorted(_folder(ends, again).iterdir())] == ["0001-000001.ckpt", "0001-000002.ckpt"]


def test_a_run_without_a_checkpoint_cannot_be_gone_on_from(ends: ServedLab) -> None:
    first = ends.run("double")
    answer = ends.post(f"/rerun/{first['id']}?restore=1")
    assert (answer.status, answer.headers["content-type"]) == (409, "application/problem+json")
    assert "no checkpoint" in answer.json["detail"]


def test_a_damaged_checkpoint_gives_way_to_the_one_before_it(ends: ServedLab) -> None:
    first = ends.run("checkpoints", count=3)
    newest = max(_folder(ends, first).iterdir())
    content = newest.read_bytes()
    newest.write_bytes(content[:-3] + b"?" + content[-2:])

    again = ends.post(f"/rerun/{first['id']}?restore=1&wait=30").json

    assert again["output"] == 2
    assert "cannot be used" in ends.log(again["id"])
