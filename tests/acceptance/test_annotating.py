"""People write about a run while it writes about itself, through a real lab."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.conftest import ServedLab


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """A running lab whose runs wait at gates."""
    lab = make_lab("watched", FLASKLAB_WORKERS="2")
    lab.start()
    return lab


def change(lab: ServedLab, run_id: str, **wanted: Any) -> dict[str, Any]:
    sent = json.dumps(wanted).encode()
    answer = lab.request("PATCH", f"/api/v1/runs/{run_id}", sent, {"Content-Type": "application/json"})
    assert answer.status == 200, answer.text
    changed: dict[str, Any] = answer.json
    return changed


def test_neither_a_person_nor_the_run_undoes_what_the_other_wrote(lab: ServedLab, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.write_text("open\n")
    run_id = lab.post("/run/annotated", gate=str(gate)).json["id"]
    lab.until(lambda: lab.status(run_id)["note"] == "after 1", 20, "it noted nothing")

    change(lab, run_id, add_tags=["mine"], remove_tags=["noise"], note="**Watch** this one")
    gate.write_text("open\n" * 3)
    run = lab.finished(run_id)

    assert run["tags"] == ["step 1", "mine", "step 2", "step 3"]
    assert run["note"] == "**Watch** this one\nafter 2\nafter 3"
    assert change(lab, run_id, tags=[*run["tags"], "noise"], note="")["tags"][-1] == "noise"


def test_what_a_person_wrote_outlives_the_loss_of_an_attempt(lab: ServedLab, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.write_text("open\n")
    run_id = lab.post("/run/annotated", gate=str(gate)).json["id"]
    lab.until(lambda: lab.status(run_id)["note"] == "after 1", 20, "it noted nothing")
    change(lab, run_id, add_tags=["mine"], remove_tags=["noise"], note="mine")

    os.kill(lab.supervisor(), signal.SIGKILL)
    lab.until(lambda: lab.status(run_id)["attempt"] == 2, 30, "it was not tried again")
    lab.until(lambda: "step 1" in lab.status(run_id)["tags"], 20, "the second attempt said nothing")
    gate.write_text("open\n" * 3)
    run = lab.finished(run_id)

    assert run["tags"] == ["mine", "step 1", "step 2", "step 3"]
    assert run["note"] == "mine\nafter 1\nafter 2\nafter 3"
