"""What the web and an experiment import stays light."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("flask", "sqlalchemy", "pydantic", "numpy", "pandas", "jsonschema_rs", "docstring_parser", "alembic")


def loaded_by(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(*sorted(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split()) & set(HEAVY)


@pytest.mark.parametrize(
    "module",
    ["description", "catalog", "parameters", "shape", "definition", "markers"],
)
def test_what_the_web_reads_imports_nothing_heavy(module: str) -> None:
    assert loaded_by(f"import flasklab.experiments.{module}") == set()


def test_an_experiment_s_imports_load_neither_the_web_nor_the_store() -> None:
    assert loaded_by("from flasklab import experiment, run, Upload, Unit") == set()


def test_decorating_and_marking_an_experiment_loads_nothing_heavy() -> None:
    code = """
from pathlib import Path
from typing import Annotated
from flasklab import Unit, Upload, experiment

@experiment(timeout="30m", memory="2 GiB")
def function(data: Annotated[Path, Upload(".csv")], speed: Annotated[float, Unit("m/s")] = 1.0): ...
"""
    assert loaded_by(code) == set()
