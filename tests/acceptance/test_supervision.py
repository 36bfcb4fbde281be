"""A supervisor that dies, hangs or comes back late; and what a lab leaves behind when it is stopped."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from flasklab.execution.processes import ZYGOTE_VARIABLE
from flasklab.store.presence import supervisor_pid, supervisor_sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.conftest import ServedLab

SOON = {"FLASKLAB_TEST_STUCK_SECONDS": "3", "FLASKLAB_TEST_LEASE_SECONDS": "3"}


def start(lab: ServedLab, experiment: str, **params: object) -> str:
    answer = lab.post(f"/run/{experiment}", **params)
    assert answer.status == 202, answer.text
    run_id: str = answer.json["id"]
    return run_id


def marked(lab: ServedLab) -> list[int]:
    """Pids of all processes that the lab's zygotes started, whatever they did to leave their group."""
    mark = f"@{lab.folder.resolve() / 'results'}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "environ").read_bytes().split(b"\0")
                if any(one.startswith(ZYGOTE_VARIABLE.encode()) and one.endswith(mark) for one in words):
                    found.append(int(entry.name))
    return found


def beating(lab: ServedLab) -> int:
    """Pid of the lab's supervisor, once it has given a sign of life."""

    def beats() -> bool:
        assert lab.answers()  # a web process looks after its supervisor when it is asked something
        sign = supervisor_sign(lab.folder / "results")
        return sign is not None and sign.beat is not None

    lab.until(beats, 40, "no supervisor moves")
    pid = supervisor_pid(lab.folder / "results")
    assert pid is not None
    return pid


def zygotes(lab: ServedLab) -> list[int]:
    """Pids of the supervisor's own children that hold experiments, without what they forked."""
    found = []
    for pid in lab.pids("execution.zygote"):
        with contextlib.suppress(OSError):
            parent = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1]
            found += [pid] if int(parent) == lab.supervisor() else []
    return found


def nothing_is_left(lab: ServedLab) -> bool:
    return not marked(lab) and not lab.pids("flasklab")


def test_a_stopped_supervisor_is_replaced_and_its_run_settled(make_lab: Callable[..., ServedLab]) -> None:
    lab = make_lab("ends", FLASKLAB_WORKERS="1", **SOON)
    lab.start()
    under_way = lab.begun(start(lab, "sleeps"))["id"]
    stopped = lab.supervisor()
    os.kill(stopped, signal.SIGSTOP)
    assert lab.finished(under_way)["state"] == "lost"
    assert lab.supervisor() != stopped
    assert "gave no sign of life for 3 s and is killed" in lab.said()
    assert lab.run("double", param=3)["output"] == {"output": 6.0}


def test_a_web_process_replaces_a_stopped_supervisor_that_nobody_keeps(make_lab: Callable[..., ServedLab]) -> None:
    lab = make_lab("mounted", FLASKLAB_WORKERS="1", **SOON)
    lab.command, lab.prefix = ("flask", "run"), "/lab"
    lab.start()
    stopped = beating(lab)
    os.kill(stopped, signal.SIGSTOP)
    lab.until(lambda: beating(lab) != stopped, 40, "the stopped supervisor was not replaced")
    lab.until(lambda: stopped not in lab.pids("execution.supervise"), 5, "it was left")
    os.kill(lab.supervisor(), signal.SIGTERM)


def test_of_two_folders_with_one_database_the_second_waits_says_why_and_takes_over(
    make_lab: Callable[..., ServedLab], tmp_path: Path
) -> None:
    shared = f"sqlite:///{tmp_path / 'shared.db'}"
    first, second = (make_lab("ends", FLASKLAB_WORKERS="1", FLASKLAB_DATABASE_URL=shared, **SOON) for _ in range(2))
    first.start()
    first.until(lambda: first.get("/run/double").status == 200, 60, "the experiments were not imported")
    assert first.run("double", param=1)["output"] == {"output": 2.0}
    holder = first.supervisor()
    second.start()
    second.until(lambda: f"Another supervisor, pid {holder} on " in second.said(), 20, "it did not say why it waits")
    under_way = first.begun(start(first, "sleeps"))["id"]
    # The first one's keeper is stopped with it, or it would replace it.
    assert first.process is not None
    os.kill(first.process.pid, signal.SIGSTOP)
    os.kill(holder, signal.SIGSTOP)
    try:
        assert second.finished(under_way)["state"] == "lost"
        assert second.run("double", param=2)["output"] == {"output": 4.0}
        assert "has taken the lab over" in second.said()
        settled = second.status(under_way)
    finally:
        os.kill(holder, signal.SIGCONT)
    first.until(lambda: holder not in first.pids("execution.supervise"), 20, "it did not end")
    assert f"pid {second.supervisor()} on " in first.said()
    assert "it writes nothing more and ends" in first.said()
    first.until(lambda: not marked(first), 10, "its run goes on")
    assert second.status(under_way) == settled
    os.kill(first.process.pid, signal.SIGCONT)


def test_ctrl_c_lets_running_work_finish_within_its_grace(make_lab: Callable[..., ServedLab]) -> None:
    lab = make_lab("ends", FLASKLAB_WORKERS="2", FLASKLAB_GRACE="30s")
    lab.start()
    finishes = lab.begun(start(lab, "sleeps", seconds=1.0))["id"]
    assert lab.process is not None
    lab.process.send_signal(signal.SIGINT)
    lab.process.wait(40)
    lab.until(lambda: nothing_is_left(lab), 5, "something was left")
    assert "running work gets 30 s" in lab.said()
    lab.start()
    assert lab.status(finishes)["state"] == "succeeded"


def test_a_second_signal_hurries_and_leaves_nothing(make_lab: Callable[..., ServedLab], tmp_path: Path) -> None:
    lab = make_lab("ends", FLASKLAB_WORKERS="3", FLASKLAB_GRACE="10m")
    lab.start()
    ledger = tmp_path / "ledger"
    again = start(lab, "lost_once", ledger=ledger)
    stubborn = lab.begun(start(lab, "stubborn"))["id"]
    lab.until(ledger.exists, 20, "the run did not begin")
    assert lab.process is not None
    lab.process.send_signal(signal.SIGTERM)
    lab.until(lambda: "running work gets 600 s" in lab.said(), 20, "the stop did not wait")
    lab.process.send_signal(
        signal.SIGTERM
    )  # ends the grace; one that ignores its own TERM is killed some seconds later
    lab.process.wait(40)
    lab.until(lambda: nothing_is_left(lab), 5, "something was left")
    lab.start()
    assert lab.finished(again)["output"] == "second time lucky"
    assert lab.status(stubborn)["state"] == "lost"


def test_everything_ends_by_itself_when_serve_is_killed(make_lab: Callable[..., ServedLab]) -> None:
    lab = make_lab("ends", FLASKLAB_WORKERS="2", FLASKLAB_GRACE="0")
    lab.start()
    lab.begun(start(lab, "sleeps"))
    lab.kill()
    lab.until(lambda: nothing_is_left(lab), 20, "something was left")


def test_a_stopped_supervisor_does_not_outlive_its_lab(make_lab: Callable[..., ServedLab]) -> None:
    lab = make_lab("ends", FLASKLAB_WORKERS="2", FLASKLAB_GRACE="0")
    lab.start()
    lab.begun(start(lab, "sleeps"))
    os.kill(lab.supervisor(), signal.SIGSTOP)
    lab.stop()
    lab.until(lambda: nothing_is_left(lab), 5, "something was left")


def test_new_code_serves_new_runs_while_the_old_code_drains(make_lab: Callable[..., ServedLab]) -> None:
    lab = make_lab("ends", FLASKLAB_WORKERS="2")
    lab.start()
    old = lab.begun(start(lab, "sleeps", seconds=4.0))["id"]
    source = lab.folder / "experiments" / "ends.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(
        text.replace('return "slept"', 'return "dreamt"').replace("2 * param", "3 * param"), encoding="utf-8"
    )
    assert lab.run("double", param=2)["output"] == {"output": 6.0}
    assert lab.status(old)["state"] == "running"
    assert lab.finished(old)["output"] == "slept"
    assert lab.run("sleeps", seconds=0)["output"] == "dreamt"
    lab.until(lambda: len(zygotes(lab)) == 1, 20, "the old zygote was kept")
