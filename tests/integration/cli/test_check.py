from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from flasklab.cli.entrance import Entrance
from flasklab.cli.group import flasklab
from flasklab.cli.importing import import_experiments
from flasklab.config import load_settings
from flasklab.execution import stuck
from flasklab.execution.lease import Lease
from flasklab.runs.json import decode
from flasklab.store.presence import SupervisorLock, is_supervised
from flasklab.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import LabFolder


def findings(lab: LabFolder, *states: str) -> dict[str, Any]:
    found = decode(lab.call("check", "--json").stdout)["checks"]
    return {one["name"]: one for one in found if one["state"] in states}


def test_a_sound_lab_has_nothing_wrong_and_is_left_as_it_is(lab: LabFolder) -> None:
    result = lab.call("check")
    assert result.exit_code == 0, result.output
    assert "1 can be run: double." in result.stdout
    assert findings(lab, "wrong") == {}
    assert not is_supervised(lab.folder / "results")


def test_queued_runs_without_a_supervisor_are_wrong(lab: LabFolder) -> None:
    lab.queue()
    wrong = findings(lab, "wrong")
    assert list(wrong) == ["supervisor"]
    assert wrong["supervisor"]["message"] == "1 run cannot go on: no supervisor sees to the lab."
    assert " has 1 run and " in findings(lab, "ok")["database"]["message"]
    assert "flasklab serve" in wrong["supervisor"]["mend"]


def test_a_setting_that_cannot_be_used_is_named_and_nothing_else_is_looked_at(lab: LabFolder) -> None:
    (lab.folder / "config.py").write_text("FLASKLAB_WORKERS = 'many'\n")
    result = lab.call("check", "--json")
    assert result.exit_code == 1
    (only,) = decode(result.stdout)["checks"]
    assert only["state"] == "wrong"
    assert "FLASKLAB_WORKERS='many'" in only["message"]


def test_another_program_s_database_is_wrong(lab: LabFolder) -> None:
    other = lab.folder / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("PRAGMA application_id=77")
    connection.commit()
    connection.close()
    (lab.folder / "config.py").write_text(f"FLASKLAB_DATABASE_URL = 'sqlite:///{other}'\n")
    wrong = findings(lab, "wrong")
    assert list(wrong) == ["database"]
    assert "another program's database" in wrong["database"]["message"]


def test_a_new_lab_is_sound_and_nothing_is_made_by_looking(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    result = CliRunner().invoke(flasklab, ["-C", str(tmp_path), "check"])
    assert result.exit_code == 0, result.output
    assert "No function in" in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["experiments"]


def test_a_folder_without_experiments_is_wrong(tmp_path: Path) -> None:
    result = CliRunner().invoke(flasklab, ["-C", str(tmp_path), "check"])
    assert result.exit_code == 1
    assert "There is nothing at" in result.stdout


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import os\nos._exit(3)\n", "its import ended the process with status 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "its import ended the process with SIGSEGV"),
        ("import time\ntime.sleep(60)\n", "its import took longer than 2 s"),
        ("raise SystemExit('no')\n", "ended Python with sys.exit('no')"),
        ("import no_such_package\n", "No module named 'no_such_package'"),
    ],
)
def test_a_module_that_cannot_be_imported_is_named_whatever_it_does(tmp_path: Path, code: str, error: str) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "bad.py").write_text("print('noise')\n" + code)
    found = import_experiments(Entrance(folder=tmp_path).settings({}), patience_seconds=2 if "sleep" in code else 60)
    (broken,) = found.broken
    assert broken.file == str(tmp_path / "experiments" / "bad.py")
    assert error in broken.error


def test_a_supervisor_that_moves_no_more_is_wrong_and_its_lease_told(
    lab: LabFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.queue()
    results = lab.folder / "results"
    lock = SupervisorLock(results)
    assert lock.acquire()
    store = Store(load_settings(lab.folder, environ={})).open()
    try:
        assert Lease(store, lock.place).try_to_take() == ""
        lock.beat()
        ok = findings(lab, "ok")
        assert f"pid {os.getpid()}, sees to the runs" in ok["supervisor"]["message"]
        assert f"held by pid {os.getpid()} on " in ok["lease"]["message"]
        assert "clock" in ok
        assert "handles" in ok
        monkeypatch.setattr(stuck, "STUCK_SECONDS", 0.0)
        wrong = findings(lab, "wrong")["supervisor"]
        assert "has given no sign of life for" in wrong["message"]
        assert f"kill -9 {os.getpid()}" in wrong["mend"]
    finally:
        store.close()
        lock.release()


def test_another_folder_s_supervisor_is_told(lab: LabFolder) -> None:
    lab.queue()
    store = Store(load_settings(lab.folder, environ={})).open()
    assert Lease(store, "elsewhere").try_to_take() == ""
    store.close()
    note = findings(lab, "note")["lease"]
    assert "another results folder with the same database" in note["message"]
    assert "FLASKLAB_DATABASE_URL" in note["mend"]


def test_a_look_at_a_lab_whose_database_is_gone_makes_none(lab: LabFolder) -> None:
    (lab.folder / "results" / "lab.db").rename(lab.folder / "moved.db")
    lab.call("check")
    assert not (lab.folder / "results" / "lab.db").exists()
