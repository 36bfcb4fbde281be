"""The way without fork, as on macOS: every run in an interpreter of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.conftest import ServedLab


def test_a_fresh_interpreter_runs_fails_and_is_canceled_like_a_fork(make_lab: Callable[..., ServedLab]) -> None:
    lab = make_lab("ends", FLASKLAB_TEST_START="spawn", FLASKLAB_WORKERS="2")
    lab.start()
    assert lab.run("double", param=4)["output"] == {"output": 8.0}
    failed = lab.run("raises", message="no luck")
    assert (failed["state"], failed["error"]["message"]) == ("failed", "no luck")
    assert "about to fail" in lab.log(failed["id"])
    assert lab.run("crashes")["error"]["type"] == "Signal"
    begun = lab.begun(lab.post("/run/sleeps").json["id"])
    lab.post(f"/cancel/{begun['id']}")
    assert lab.finished(begun["id"])["state"] == "canceled"
