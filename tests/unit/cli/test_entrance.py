from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from flasklab.cli.entrance import FLAGS, Entrance, lab_settings, read_config, setting_flags
from flasklab.config import NAMES, PREFIX
from flasklab.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def test_every_setting_has_a_flag_with_a_help_text() -> None:
    assert {PREFIX + key.upper() for key in FLAGS} == set(NAMES)
    assert all(FLAGS.values())


@pytest.fixture
def seen() -> list[Any]:
    return []


@pytest.fixture
def command(seen: list[Any]) -> click.Command:
    @click.command()
    @setting_flags("port", "results", "max_upload")
    def show() -> None:
        seen.append(lab_settings())

    return show


def test_a_flag_beats_the_environment_which_beats_the_config_file(
    tmp_path: Path, command: click.Command, seen: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.py").write_text(
        "FLASKLAB_PORT = 1\nFLASKLAB_RESULTS = 'a'\nFLASKLAB_MAX_UPLOAD = '1 KB'\nOTHER = 1\n"
    )
    monkeypatch.setenv("FLASKLAB_PORT", "2")
    monkeypatch.setenv("FLASKLAB_RESULTS", "b")
    result = CliRunner().invoke(command, ["--port", "3"], obj=Entrance(folder=tmp_path))
    assert result.exit_code == 0, result.output
    (settings,) = seen
    assert settings.port == 3
    assert settings.results == tmp_path / "b"
    assert settings.max_upload == 1000


def test_under_flask_the_app_s_config_counts_and_no_file_is_read(
    tmp_path: Path, command: click.Command, seen: list[Any]
) -> None:
    (tmp_path / "config.py").write_text("raise RuntimeError")
    config = {"FLASKLAB_PORT": 5, "SECRET_KEY": "x"}
    CliRunner().invoke(command, [], obj=Entrance(folder=tmp_path, config=config), catch_exceptions=False)
    assert seen[0].port == 5


def test_a_folder_without_config_file_has_the_defaults(tmp_path: Path) -> None:
    assert read_config(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FLASKLAB_PORT = 1\nFLASKLAB_HOST = undefined\n", r"config\.py:2: NameError: name 'undefined'"),
        ("FLASKLAB_PORT = 1\nif x\n", r"config\.py:2: SyntaxError"),
    ],
)
def test_a_broken_config_file_names_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "config.py").write_text(text)
    with pytest.raises(SettingsError, match=message):
        read_config(tmp_path)


def test_an_unknown_setting_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text("FLASKLAB_RESULT = 'x'\n")
    with pytest.raises(SettingsError, match="Did you mean FLASKLAB_RESULTS"):
        Entrance(folder=tmp_path).settings({})


def test_an_unknown_setting_that_is_near_to_none_is_answered_with_all(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        Entrance(folder=tmp_path, config={"FLASKLAB_X": "1"}).settings({})
    assert "Did you mean" not in str(refused.value)
    assert all(name in str(refused.value) for name in NAMES)


@pytest.mark.parametrize(
    ("port", "why"),
    [("abc", "it must be a whole number"), ("-1", "it must be at least 0"), ("65536", "it must be at most 65535")],
)
def test_a_port_that_is_none_is_said_without_python_s_words(tmp_path: Path, port: str, why: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Entrance(folder=tmp_path).settings({"FLASKLAB_PORT": port})
    assert str(refused.value) == f"FLASKLAB_PORT='{port}' from the command line cannot be used: {why}."
