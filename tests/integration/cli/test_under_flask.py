from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask

from flasklab import Lab
from flasklab.cli.group import COMMANDS
from flasklab.cli.under_flask import app_file_of
from flasklab.runs.json import decode
from flasklab.runs.run import NewRun, new_run_id
from flasklab.runs.times import now
from flasklab.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = Flask("somewhere", root_path=str(tmp_path))
    app.config["FLASKLAB_RESULTS"] = str(tmp_path / "kept")
    Lab(app, url_prefix="/lab")
    return app


def test_every_command_stands_under_flask_lab(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["lab", "--help"])
    assert result.exit_code == 0, result.output
    assert all(f"\n  {name} " in result.output for name in COMMANDS)


def test_the_app_s_settings_say_which_lab_is_meant(app: Flask) -> None:
    store = Store(app.extensions["flasklab"].settings).open()
    with store.write() as unit:
        run = unit.runs.add(NewRun(id=new_run_id(), experiment="double", params={"param": 1.0}), now())
    store.close()
    result = app.test_cli_runner().invoke(args=["lab", "runs", "--json"])
    assert result.exit_code == 0, result.output
    assert [found["id"] for found in decode(result.stdout)["runs"]] == [run.id]


def test_a_flag_beats_the_app_s_config(app: Flask, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(args=["lab", "runs", "--results", str(tmp_path / "elsewhere")])
    assert result.exit_code == 1
    assert "nothing has run here yet" in result.stderr


def test_errors_are_said_in_one_sentence_there_too(app: Flask) -> None:
    Store(app.extensions["flasklab"].settings).open().close()
    result = app.test_cli_runner().invoke(args=["lab", "show", "5"])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("Error: There is no run '5'")


def test_the_file_to_serve_is_the_one_that_makes_the_app(app: Flask) -> None:
    assert app_file_of(app) is None
