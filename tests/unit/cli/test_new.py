from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from flasklab.cli.entrance import Entrance
from flasklab.cli.group import flasklab
from flasklab.cli.new import missing_packages

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_lab_has_the_folder_that_is_promised(tmp_path: Path) -> None:
    result = CliRunner().invoke(flasklab, ["new", str(tmp_path / "exp_app")])
    assert result.exit_code == 0, result.output
    made = {str(path.relative_to(tmp_path / "exp_app")) for path in (tmp_path / "exp_app").rglob("*")}
    assert made >= {
        "app.py",
        "config.py",
        "experiments/double.py",
        "experiments/classify.py",
        "experiments/describe.py",
        "experiments/heat.py",
        "experiments/train.py",
        "templates/results/double.html",
        "static",
        "requirements.txt",
        "README.md",
        ".gitignore",
    }
    assert not any("__pycache__" in name for name in made)
    assert "results/" in (tmp_path / "exp_app" / ".gitignore").read_text()


def test_the_next_two_commands_are_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(flasklab, ["new", str(tmp_path / "exp_app")])
    assert f"    cd {tmp_path / 'exp_app'}\n    flasklab serve\n" in result.output


def test_the_new_lab_s_settings_can_be_used(tmp_path: Path) -> None:
    CliRunner().invoke(flasklab, ["new", str(tmp_path / "lab")])
    settings = Entrance(folder=tmp_path / "lab").settings({})
    assert settings.results == tmp_path / "lab" / "results"
    assert settings.experiments == str(tmp_path / "lab" / "experiments")
    assert settings.port == 8750


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert CliRunner().invoke(flasklab, ["new", str(tmp_path)]).exit_code == 0
    assert (tmp_path / "app.py").exists()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_there_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    (tmp_path / "app.py").write_text("mine")
    target = tmp_path if kind == "folder" else tmp_path / "app.py"
    result = CliRunner().invoke(flasklab, ["new", str(target)])
    assert result.exit_code == 1
    assert "not an empty folder" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]
    assert (tmp_path / "app.py").read_text() == "mine"


def test_packages_that_cannot_be_imported_are_named() -> None:
    text = "flasklab\n# for tables\nscikit-learn\n\nno-such-package\n"
    assert missing_packages(text) == ["no-such-package"]
