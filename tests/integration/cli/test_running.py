"""Runs started from the command line without a server: real processes, one lab for the whole file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from flasklab.cli.entrance import Entrance
from flasklab.cli.served import note_served
from flasklab.runs.json import decode
from flasklab.runs.state import RunState
from flasklab.services.preset_keep import PresetKeep
from flasklab.store import Store
from flasklab.store.presence import supervisor_pid

from .conftest import LabFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXPERIMENTS = '''
import time
from pathlib import Path
from typing import Annotated

from pydantic import Field

from flasklab import Upload, experiment, run


@experiment
def double(param: float = 21.0):
    """Twice the parameter."""
    print("doubling", param)
    return {"output": 2 * param}


@experiment
def measure(data: Annotated[Path, Upload(".txt")], repeat: Annotated[int, Field(ge=1)] = 1):
    """The length of a file."""
    return {"length": repeat * len(data.read_text())}


@experiment
def fail(word: str = "no"):
    """Fails."""
    raise ValueError(f"it says {word}")


@experiment
def wait(seconds: float = 60.0):
    """Waits."""
    print("waiting", flush=True)
    for _ in run.track(range(int(seconds * 20))):
        time.sleep(0.05)
'''


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabFolder]:
    folder = tmp_path_factory.mktemp("live")
    (folder / "experiments").mkdir()
    (folder / "experiments" / "some.py").write_text(EXPERIMENTS)
    (folder / "experiments" / "broken.py").write_text("import no_such_package\n")
    (folder / "config.py").write_text("FLASKLAB_WORKERS = 2\n")
    settings = Entrance(folder=folder).settings({})
    store = Store(settings).open()
    yield LabFolder(folder=folder, store=store)
    store.close()
    pid = supervisor_pid(settings.results)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)


def test_a_run_that_was_made_already_is_printed_instead(live: LabFolder) -> None:
    first = live.call("run", "double", "-p", "param=8.5", "--needed", "-q")
    again = live.call("run", "double", "-p", "param=8.50", "--needed")
    detached = live.call("run", "double", "-p", "param=8.5", "--needed", "-d")
    whole = live.call("run", "double", "-p", "param=8.5", "--needed", "--json")
    assert (first.exit_code, again.exit_code) == (0, 0), again.output
    assert decode(first.stdout) == decode(again.stdout) == {"output": 17.0}
    assert "nothing was started" in again.stderr
    assert detached.stdout.strip() == decode(whole.stdout)["id"]
    assert decode(whole.stdout)["state"] == "succeeded"

    other = live.call("run", "double", "-p", "param=8.25", "--needed", "-q")
    assert decode(other.stdout) == {"output": 16.5}
    assert other.stderr == ""
    assert live.call("run", "fail", "--needed", "-q").exit_code == 1
    assert live.call("run", "fail", "--needed", "-q").exit_code == 1  # what failed is needed again
    found = next((live.folder / "experiments").glob("some.py"))
    found.write_text(found.read_text() + "\n# edited\n")
    edited = live.call("run", "double", "-p", "param=8.5", "--needed", "-q")
    assert (decode(edited.stdout), edited.stderr) == ({"output": 17.0}, "")


def test_a_run_prints_its_output_to_stdout_and_its_log_to_stderr(live: LabFolder) -> None:
    result = live.call("run", "double", "-p", "param=4")
    assert result.exit_code == 0, result.output
    assert decode(result.stdout) == {"output": 8.0}
    assert "doubling 4.0" in result.stderr


def test_parameters_come_from_a_file_and_are_changed_one_by_one(live: LabFolder, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("repeat: 3\n")
    (tmp_path / "text.txt").write_text("seven c")
    options = ["--params", str(tmp_path / "params.yaml"), "--file", f"data=@{tmp_path / 'text.txt'}", "--quiet"]
    result = live.call("run", "measure", *options)
    assert (result.exit_code, decode(result.stdout)) == (0, {"length": 21}), result.output
    result = live.call("run", "measure", *options, "-p", "repeat=2", "--json")
    run = decode(result.stdout)
    assert run["state"] == "succeeded"
    assert run["output"] == {"length": 14}
    again = live.call("rerun", str(run["number"]), "-p", "repeat=1", "--json")
    assert decode(again.stdout)["output"] == {"length": 7}
    assert decode(again.stdout)["rerun_of"] == run["id"]


def test_a_preset_gives_the_parameters_that_nothing_else_does(live: LabFolder) -> None:
    PresetKeep(live.store).save("double", "my own", {"param": 3.0, "gone": 1}, "ada")
    assert decode(live.call("run", "double", "--preset", "my own", "-q").stdout) == {"output": 6.0}
    assert decode(live.call("run", "double", "--preset", "my own", "-p", "param=4", "-q").stdout) == {"output": 8.0}
    assert "no preset 'other'" in live.call("run", "double", "--preset", "other").output


def test_a_failed_run_fails_the_command(live: LabFolder) -> None:
    result = live.call("run", "fail", "-p", "word=stop", "-q")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "of fail failed: ValueError: it says stop" in result.stderr


def test_bad_parameters_are_all_named_and_nothing_runs(live: LabFolder, tmp_path: Path) -> None:
    with live.store.read() as unit:
        before = unit.runs.count()
    result = live.call("run", "double", "-p", "param=abc", "-p", "parm=1")
    assert result.exit_code == 1
    assert "\n  param: " in result.stderr
    assert "did you mean 'param'" in result.stderr
    assert live.call("run", "double", "-p", "param").exit_code == 2
    missing = live.call("run", "measure", "--file", f"data=@{tmp_path / 'nothing.txt'}")
    assert missing.exit_code == 2
    assert "there is no file" in missing.stderr
    text = live.call("run", "measure", "-p", "data=nothing.txt")
    assert (text.exit_code, "use --file data=@nothing.txt" in text.stderr) == (2, True)
    with live.store.read() as unit:
        assert unit.runs.count() == before


def test_an_experiment_that_cannot_be_run_is_said_in_one_sentence(live: LabFolder) -> None:
    unknown = live.call("run", "dubble")
    assert unknown.exit_code == 1
    assert unknown.stderr.startswith("Error: There is no experiment named 'dubble'.")
    broken = live.call("run", "broken")
    assert broken.exit_code == 1
    assert "broken.py:1" in broken.stderr
    assert "Traceback" not in broken.stderr


def test_a_detached_run_is_canceled_while_it_runs(live: LabFolder) -> None:
    started = live.call("run", "wait", "--detach")
    assert started.exit_code == 0, started.output
    run_id = started.stdout.strip()
    _until_begun(live, run_id)
    canceled = live.call("cancel", run_id)
    assert canceled.exit_code == 0, canceled.output
    assert "is canceled." in canceled.stdout
    with live.store.read() as unit:
        assert unit.runs.get(run_id).state is RunState.CANCELED


def test_ctrl_c_asks_for_the_run_s_cancel_and_waits_for_its_end(live: LabFolder) -> None:
    command = [sys.executable, "-m", "flasklab.cli", "-C", str(live.folder), "run", "wait", "-p", "seconds=50"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert first == "waiting\n"
    assert process.returncode == 130
    assert out == ""
    assert "Asked to cancel run #" in err
    assert "waiting\n" not in err  # the log goes on where it was
    assert "of wait: Canceled" in err
    assert "Traceback" not in err


def test_check_names_the_broken_module_and_its_mend(live: LabFolder) -> None:
    result = live.call("check", "--json")
    assert result.exit_code == 1
    findings = decode(result.stdout)
    assert findings["ok"] is False
    wrong = [found for found in findings["checks"] if found["state"] == "wrong"]
    assert [found["name"] for found in wrong] == ["experiments"]
    assert "broken.py:1" in wrong[0]["message"]
    assert "no_such_package" in wrong[0]["mend"]
    names = [found["name"] for found in findings["checks"]]
    assert names[:6] == ["settings", "results", "disk", "sqlite", "database", "supervisor"]
    assert "4 can be run: double, fail, measure, wait." in live.call("check").stdout


def _until_begun(lab: LabFolder, run_id: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with lab.store.read() as unit:
            if unit.runs.get(run_id).begun:
                return
        time.sleep(0.05)
    pytest.fail("the run never began")


def test_a_lab_in_one_file_is_run_as_it_was_served(tmp_path: Path) -> None:
    (tmp_path / "lab.py").write_text(EXPERIMENTS)
    settings = Entrance(folder=tmp_path).settings({"FLASKLAB_EXPERIMENTS": "lab.py"})
    store = Store(settings).open()
    note_served(settings)
    try:
        result = LabFolder(folder=tmp_path, store=store).call("run", "double", "-q")
        assert (result.exit_code, decode(result.stdout)) == (0, {"output": 42.0}), result.output
    finally:
        store.close()
        pid = supervisor_pid(settings.results)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
