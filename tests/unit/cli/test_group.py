from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from flasklab.cli.group import COMMANDS, LabGroup, flasklab
from flasklab.errors import InvalidParametersError, ParameterError, StoreError


def test_every_command_is_found_and_explains_itself() -> None:
    for name in COMMANDS:
        result = CliRunner().invoke(flasklab, [name, "--help"])
        assert result.exit_code == 0, result.output
        assert result.output.startswith(f"Usage: flasklab {name}")
        assert flasklab.get_command(click.Context(flasklab), name) is not None


def test_help_lists_the_commands_in_the_order_in_which_they_are_met() -> None:
    result = CliRunner().invoke(flasklab, ["--help"])
    places = [result.output.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["run", "--help"], ["check", "--help"]])
def test_help_imports_neither_flask_nor_sqlalchemy_nor_rich(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from flasklab.cli.group import flasklab\n"
        f"flasklab({arguments!r}, standalone_mode=False)\n"
        "heavy = {'flask', 'sqlalchemy', 'rich', 'pydantic', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_error_of_the_lab_is_one_sentence_without_traceback() -> None:
    group = LabGroup("flasklab", places={})

    @group.command()
    def fail() -> None:
        raise StoreError("The disk is full.")

    result = CliRunner().invoke(group, ["fail"])
    assert result.exit_code == 1
    assert result.stderr == "Error: The disk is full.\n"
    assert result.stdout == ""


def test_all_refused_parameters_are_named_at_once() -> None:
    group = LabGroup("flasklab", places={})

    @group.command()
    def fail() -> None:
        raise InvalidParametersError(
            (ParameterError("param", "is not a number: 'abc'"), ParameterError("size", "must be at least 8"))
        )

    result = CliRunner().invoke(group, ["fail"])
    assert result.exit_code == 1
    assert "\n  param: is not a number: 'abc'\n  size: must be at least 8\n" in result.stderr


def test_a_file_that_cannot_be_read_is_named() -> None:
    group = LabGroup("flasklab", places={})

    @group.command()
    def fail() -> None:
        raise PermissionError(13, "Permission denied", "/lab/results")

    result = CliRunner().invoke(group, ["fail"])
    assert (result.exit_code, result.stderr) == (1, "Error: /lab/results: Permission denied.\n")


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(flasklab, ["srve"])
    assert result.exit_code == 2
    assert "No such command 'srve'" in result.stderr
