"""What is accepted is done, whatever is killed meanwhile."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.conftest import ServedLab


@pytest.fixture
def lab(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """A running lab that does one run at a time."""
    lab = make_lab("ends", FLASKLAB_WORKERS="1")
    lab.start()
    return lab


def _start(lab: ServedLab, experiment: str, **params: object) -> str:
    answer = lab.post(f"/run/{experiment}", **params)
    assert answer.status == 202, answer.text
    run_id: str = answer.json["id"]
    return run_id


def test_queued_runs_go_on_after_the_whole_lab_was_killed(lab: ServedLab) -> None:
    under_way = lab.begun(_start(lab, "sleeps"))["id"]
    queued = [_start(lab, "double", param=number) for number in range(3)]
    assert lab.status(queued[2])["queue_position"] == 3
    supervisors = lab.pids("execution.supervise")
    assert lab.process is not None
    for pid in (lab.process.pid, *supervisors):
        os.kill(pid, signal.SIGKILL)
    lab.kill()
    lab.start()
    assert [lab.finished(one)["output"] for one in queued] == [{"output": 2.0 * number} for number in range(3)]
    lost = lab.finished(under_way)
    assert lost["state"] == "lost"
    assert lost["error"]["message"]


def test_a_killed_supervisor_is_replaced_and_its_run_settled(lab: ServedLab) -> None:
    run = lab.begun(_start(lab, "sleeps"))
    before = lab.supervisor()
    os.kill(before, signal.SIGKILL)
    assert lab.finished(run["id"])["state"] == "lost"
    assert lab.supervisor() != before
    assert lab.run("double", param=4)["output"] == {"output": 8.0}


def test_files_of_a_lost_run_are_kept(lab: ServedLab, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    run = lab.begun(_start(lab, "writes", mark=mark))
    lab.until(mark.exists, 20, "the run wrote nothing")
    os.kill(lab.supervisor(), signal.SIGKILL)
    lost = lab.finished(run["id"])
    assert lost["state"] == "lost"
    assert [one["name"] for one in lost["artifacts"]] == ["half.csv"]
    lab.until(lambda: not list((lab.folder / "results").glob("work/*")), 10, "its folder was left")


def test_a_run_that_may_begin_again_does_so_after_its_supervisor_died(lab: ServedLab, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    run_id = _start(lab, "lost_once", ledger=ledger)
    lab.until(ledger.exists, 20, "the run did not begin")
    os.kill(lab.supervisor(), signal.SIGKILL)
    run = lab.finished(run_id)
    assert (run["state"], run["output"], run["attempt"]) == ("succeeded", "second time lucky", 2)
    assert ledger.read_text(encoding="utf-8") == "begun\nbegun\n"


def test_a_killed_zygote_loses_its_run_and_the_next_one_works(lab: ServedLab) -> None:
    run = lab.begun(_start(lab, "sleeps"))
    zygotes = lab.zygotes()
    for pid in zygotes:
        os.kill(pid, signal.SIGKILL)
    assert lab.finished(run["id"])["state"] == "lost"
    assert lab.run("double")["state"] == "succeeded"


def test_stopping_ends_every_process_and_keeps_the_queue(lab: ServedLab) -> None:
    under_way = lab.begun(_start(lab, "sleeps"))["id"]
    queued = _start(lab, "double", param=5)
    lab.stop()
    assert lab.pids("flasklab") == []
    lab.start()
    assert lab.finished(queued)["output"] == {"output": 10.0}
    assert lab.finished(under_way)["state"] == "lost"


def test_a_lab_has_one_supervisor_however_many_are_started(lab: ServedLab) -> None:
    script = (
        "import sys; from pathlib import Path; from flasklab.config import load_settings;"
        "from flasklab.execution import start;"
        "settings = load_settings(Path(sys.argv[1]));"
        "start.is_supervised = lambda results: False;"
        "start.ensure_supervisor(settings)"
    )
    for _ in range(3):
        subprocess.run([sys.executable, "-c", script, str(lab.folder)], check=True, cwd=lab.folder)
    assert lab.run("double", param=6)["output"] == {"output": 12.0}
    # One that waits for its turn is allowed; only the one whose turn it is has a zygote.
    lab.until(lambda: len(lab.zygotes()) == 1, 10, "more than one supervisor works")


def test_edited_code_is_live_at_the_next_run_without_a_restart(lab: ServedLab) -> None:
    source = lab.folder / "experiments" / "ends.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("2 * param", "3 * param"), encoding="utf-8")
    os.utime(source, ns=(time.time_ns(), time.time_ns() + 1_000_000))
    assert lab.run("double", param=2)["output"] == {"output": 6.0}


def test_queued_runs_outlast_code_that_is_broken_for_a_while(lab: ServedLab) -> None:
    source = lab.folder / "experiments" / "ends.py"
    text = source.read_text(encoding="utf-8")
    under_way = lab.begun(_start(lab, "sleeps"))["id"]
    run_id = _start(lab, "double", param=5)
    try:
        source.write_text(text + "def (\n", encoding="utf-8")
        lab.until(lambda: lab.post("/run/double", param=1).status == 409, 30, "nobody noticed")
        assert lab.post(f"/cancel/{under_way}").status == 202
        assert lab.finished(under_way)["state"] == "canceled"
        lab.until(lambda: "until its code is mended" in (lab.status(run_id)["waiting"] or ""), 30, "it does not wait")
    finally:
        source.write_text(text, encoding="utf-8")
    assert lab.finished(run_id)["output"] == {"output": 10.0}


def test_a_broken_module_is_named_while_the_others_work(lab: ServedLab) -> None:
    page = lab.get("/broken/experiments.broken", Accept="text/html")
    assert page.status == 200
    assert "broken on purpose" in page.text
    assert "broken.py" in page.text
    assert lab.run("double")["state"] == "succeeded"


def test_a_killed_web_process_is_replaced_as_often_as_it_dies(lab: ServedLab) -> None:
    run_id = lab.begun(_start(lab, "sleeps", seconds=8))["id"]
    assert lab.process is not None
    for _ in range(3):
        (web,) = [pid for pid in lab.pids("flasklab.cli serve") if pid != lab.process.pid]
        os.kill(web, signal.SIGKILL)
        lab.until(lambda gone=web: gone not in lab.pids("flasklab.cli serve"), 10, "it is still there")  # type: ignore[misc]
        lab.until(lab.answers, 20, "no web process answers")
    assert lab.finished(run_id)["output"] == "slept"
    said = (lab.folder / "serve.log").read_text(encoding="utf-8")
    assert said.count("address") == 1


def test_a_module_that_hangs_when_imported_is_given_up_once_it_is_mended(make_lab: Callable[..., ServedLab]) -> None:
    lab = make_lab("ends", FLASKLAB_WORKERS="1")
    module = lab.folder / "experiments" / "a_first.py"
    module.write_text("import time\ntime.sleep(600)\n", encoding="utf-8")
    lab.start()
    run = lab.request("POST", "/run/double", b"param=3")
    assert (run.status, run.headers["content-type"]) == (503, "application/problem+json")
    module.write_text("", encoding="utf-8")
    lab.until(lambda: lab.post("/run/double", param=3).status == 202, 40, "the mended module did not count")
    assert lab.run("double", param=3)["output"] == {"output": 6.0}


def test_the_code_of_a_run_comes_with_it_after_it_was_edited(lab: ServedLab) -> None:
    source = lab.folder / "experiments" / "ends.py"
    before = source.read_bytes()
    run = lab.run("double", param=1)
    source.write_bytes(before.replace(b"2 * param", b"5 * param"))
    assert lab.run("double", param=1)["output"] == {"output": 5.0}
    with zipfile.ZipFile(io.BytesIO(lab.get(f"/download/{run['id']}").body)) as archive:
        assert archive.read("code/experiments/ends.py") == before
