from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from flasklab.cli.entrance import Entrance
from flasklab.cli.group import flasklab
from flasklab.cli.serve import Screen
from flasklab.cli.served import note_served
from flasklab.server.serve import ServeReport

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.config import Settings


@pytest.fixture
def report(tmp_path: Path) -> dict[str, Any]:
    settings = Entrance(folder=tmp_path).settings({"FLASKLAB_WORKERS": 2})
    return {"address": "http://127.0.0.1:8750/", "settings": settings}


def test_the_lab_is_said_at_once_and_its_experiments_when_they_are_imported(
    report: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen()
    screen.announce(ServeReport(**report))
    first = capsys.readouterr().out
    assert "address      http://127.0.0.1:8750/\n" in first
    assert f"results      {tmp_path / 'results'}\n" in first
    assert f"database     sqlite:///{tmp_path / 'results' / 'lab.db'}\n" in first
    assert "workers      2 runs at once\n" in first
    assert "experiments" not in first
    broken = (
        ("experiments.b", "/lab/b.py:3", "No module named 'sklearn'", "scikit-learn"),
        ("experiments.c", "/lab/c.py:7", "NameError: name 'x' is not defined", None),
    )
    screen.announce(ServeReport(**report, experiments=("double", "train"), broken=broken))
    second = capsys.readouterr().out
    assert "experiments  double, train\n" in second
    assert "broken       /lab/c.py:7: NameError: name 'x' is not defined\n" in second
    assert "needs        experiments.b waits for scikit-learn: pip install scikit-learn\n" in second
    assert "address" not in second
    assert not screen.failed


def test_a_lab_without_experiments_says_where_they_are_missed(
    report: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Screen().announce(ServeReport(**report, experiments=()))
    assert f"none yet in {tmp_path / 'experiments'}" in capsys.readouterr().out


def test_an_app_that_cannot_be_loaded_is_an_error(report: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.announce(ServeReport(**report, error="app.py:3: NameError: name 'x' is not defined"))
    assert screen.failed
    assert capsys.readouterr().err == "Error: app.py:3: NameError: name 'x' is not defined\n"


def test_a_stop_that_running_work_delays_is_explained(
    report: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    Screen().announce(ServeReport(**report, waits=True))
    assert capsys.readouterr().out == "\n  Stopping: running work gets 5 s; Ctrl-C again hurries.\n"


def test_a_folder_without_experiments_is_not_served(tmp_path: Path) -> None:
    result = CliRunner().invoke(flasklab, ["-C", str(tmp_path), "serve"])
    assert result.exit_code == 1
    assert "flasklab new DIR" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_only_python_files_are_served(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    result = CliRunner().invoke(flasklab, ["-C", str(tmp_path), "serve", "table.csv"])
    assert result.exit_code == 1
    assert "table.csv is no Python file" in result.stderr


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(flasklab, ["-C", str(tmp_path), "serve", "lab.py"])
    assert (result.exit_code, result.stderr) == (1, f"Error: There is no file or folder {tmp_path / 'lab.py'}.\n")


@pytest.mark.parametrize(
    ("argument", "root", "experiments", "app_file"),
    [
        ("sub", "sub", "sub/experiments", "sub/app.py"),
        ("sub/app.py", "sub", "sub/experiments", "sub/app.py"),
        ("sub/ten_lines.py", "sub", "sub/ten_lines.py", None),
    ],
)
def test_a_lab_is_named_by_its_folder_its_app_or_its_one_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argument: str,
    root: str,
    experiments: str,
    app_file: str | None,
) -> None:
    (tmp_path / "sub" / "experiments").mkdir(parents=True)
    (tmp_path / "sub" / "app.py").write_text("def create_app(): ...\n")
    (tmp_path / "sub" / "ten_lines.py").write_text("from flasklab import experiment\n")
    (tmp_path / "sub" / "config.py").write_text("FLASKLAB_PORT = 7\n")
    served: list[Any] = []

    def serve(*arguments: Any) -> int:
        served.append(arguments)
        return 0

    monkeypatch.setattr("flasklab.server.serve.serve", serve)
    result = CliRunner().invoke(flasklab, ["-C", str(tmp_path), "serve", argument, "--workers", "3"])
    assert result.exit_code == 0, result.output
    settings, app, _, flags = served[0]
    assert flags == {"FLASKLAB_WORKERS": "3"}
    assert settings.root == tmp_path / root
    assert settings.experiments == str(tmp_path / experiments)
    assert (settings.port, settings.workers) == (7, 3)
    assert app == (tmp_path / app_file if app_file else None)


def test_other_commands_mean_the_experiments_that_were_served_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ten_lines.py").write_text("from flasklab import experiment\n")
    (tmp_path / "experiments").mkdir()

    def serve(settings: Settings, app_file: Path | None, announce: Any, flags: Any) -> int:
        settings.results.mkdir(exist_ok=True)
        announce(ServeReport(address="http://127.0.0.1:8750/", settings=settings))
        return 0

    monkeypatch.setattr("flasklab.server.serve.serve", serve)
    entrance = Entrance(folder=tmp_path)
    assert CliRunner().invoke(flasklab, ["-C", str(tmp_path), "serve", "ten_lines.py"]).exit_code == 0
    assert entrance.settings({}, as_served=True).experiments == str(tmp_path / "ten_lines.py")
    named = {"FLASKLAB_EXPERIMENTS": "experiments"}
    assert entrance.settings(named, as_served=True).experiments == str(tmp_path / "experiments")
    assert CliRunner().invoke(flasklab, ["-C", str(tmp_path), "serve"]).exit_code == 0
    assert entrance.settings({}, as_served=True).experiments == str(tmp_path / "experiments")


def test_other_commands_know_the_limits_of_the_server_that_lives(tmp_path: Path) -> None:
    entrance = Entrance(folder=tmp_path)
    settings = entrance.settings({"FLASKLAB_WORKERS": "7", "FLASKLAB_RESOURCES": "gpu=2"})
    settings.results.mkdir()
    note_served(settings)
    found = entrance.settings({}, as_served=True)
    assert (found.workers, found.resources) == (7, {"gpu": 2})
    assert entrance.settings({}).resources == {}  # of a lab that is to be served anew

    note = settings.results / "served_limits"
    assert note.stat().st_mode & 0o077 == 0
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    note.write_text(json.dumps(json.loads(note.read_text()) | {"pid": gone.pid}))
    assert entrance.settings({}, as_served=True).resources == {}
    note.write_text("[1")
    assert entrance.settings({}, as_served=True).resources == {}


def test_a_lab_that_was_moved_still_knows_its_experiments(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "lab.py").write_text("")
    settings = Entrance(folder=tmp_path / "old").settings({"FLASKLAB_EXPERIMENTS": "lab.py"})
    settings.results.mkdir()
    note_served(settings)
    (tmp_path / "old").rename(tmp_path / "new")
    found = Entrance(folder=tmp_path / "new").settings({}, as_served=True)
    assert found.experiments == str(tmp_path / "new" / "lab.py")
