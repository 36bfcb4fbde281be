"""Modules of real files are imported and described, and what is broken says where and how to mend it."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from flasklab.experiments.discovery import (
    Loaded,
    awaited_paths,
    imported_sources,
    load_module,
    module_sources,
    unite,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flasklab.experiments.description import BrokenModule

GOOD = "from flasklab.experiments.definition import experiment\n"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Path]:
    path, modules = list(sys.path), set(sys.modules)
    (tmp_path / "experiments").mkdir()
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.partition(".")[0] in ("experiments", "mylab", "single", "helper", "tools"):
            del sys.modules[name]
    importlib.invalidate_caches()


def write(lab: Path, name: str, text: str) -> Path:
    file = lab / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def load(lab: Path, target: str = "experiments") -> Loaded:
    return unite([load_module(source) for source in module_sources(target, lab)])


def broken(lab: Path) -> BrokenModule:
    (found,) = load(lab).broken
    return found


def test_experiments_of_a_folder_and_its_packages_are_described(lab: Path) -> None:
    write(lab, "experiments/a.py", GOOD + "@experiment\ndef double(param: float = 21.0): ...\n")
    write(lab, "experiments/vision/b.py", GOOD + "@experiment\ndef blur(): ...\n")
    write(lab, "experiments/_shared.py", GOOD + "@experiment\ndef hidden(): ...\n")
    write(lab, "experiments/_private/c.py", GOOD + "@experiment\ndef hidden(): ...\n")

    found = load(lab)

    assert found.broken == ()
    assert [(one.name, one.module) for one in found.descriptions] == [
        ("double", "experiments.a"),
        ("blur", "experiments.vision.b"),
    ]
    assert found.definitions[0].function.__module__ == "experiments.a"
    assert (found.descriptions[0].file, found.descriptions[0].line) == (str(lab / "experiments/a.py"), 2)


def test_a_single_file_and_a_package_by_name_are_found_too(lab: Path) -> None:
    file = write(lab, "single.py", GOOD + "@experiment\ndef double(): ...\n")
    write(lab, "src/mylab/__init__.py", "")
    write(lab, "src/mylab/work/__init__.py", GOOD + "@experiment\ndef first(): ...\n")
    write(lab, "src/mylab/work/more.py", GOOD + "from . import first\n@experiment\ndef second(): ...\n")

    assert [one.module for one in load(lab, str(file)).descriptions] == ["single"]
    assert [(one.name, one.module) for one in load(lab, "mylab.work").descriptions] == [
        ("first", "mylab.work"),
        ("second", "mylab.work.more"),
    ]


def test_an_experiment_imported_from_another_module_counts_once(lab: Path) -> None:
    write(lab, "experiments/a.py", GOOD + "@experiment\ndef double(): ...\ntwice = double\n")
    write(lab, "experiments/b.py", "from experiments.a import double\n")

    found = load(lab)

    assert [one.module for one in found.descriptions] == ["experiments.a"]
    assert found.broken == ()


def test_an_exception_names_the_deepest_line_of_the_lab(lab: Path) -> None:
    helper = write(lab, "experiments/_shared.py", "import json\n\ndef read():\n    return json.loads('{')\n")
    write(lab, "experiments/a.py", "from experiments._shared import read\nread()\n")

    found = broken(lab)

    assert (found.module, found.file, found.line) == ("experiments.a", str(helper), 4)
    assert found.error.startswith("JSONDecodeError: ")
    assert 'a.py", line 2' in found.traceback
    assert "importlib" not in found.traceback
    assert "flasklab" not in found.traceback
    assert found.needs is None


def test_a_syntax_error_names_its_line(lab: Path) -> None:
    file = write(lab, "experiments/a.py", "x = 1\ndef f(:\n")

    found = broken(lab)

    assert (found.file, found.line, found.error) == (str(file), 2, "SyntaxError: invalid syntax")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import sys; sys.exit(3)", "SystemExit: the module ended Python with sys.exit(3)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("class E(Exception):\n  def __str__(self): return 1/0\nraise E", "E"),
    ],
)
def test_whatever_a_module_raises_becomes_a_value(lab: Path, code: str, error: str) -> None:
    write(lab, "experiments/a.py", code)

    assert broken(lab).error == error


@pytest.mark.parametrize(
    ("code", "needs"),
    [
        ("import sklearn_extra_of_tomorrow.cluster", "sklearn_extra_of_tomorrow"),
        ("import serial", "pyserial"),
        ("import experiments.missing", None),
        ("import tools.missing", None),
        ("import beside", None),
        ("import json.missing", None),
        ("import numpy.missing", None),
    ],
)
def test_a_missing_package_is_named_as_it_is_installed(lab: Path, code: str, needs: str | None) -> None:
    write(lab, "tools/__init__.py", "")
    write(lab, "experiments/beside/_y.py", "")
    write(lab, "experiments/a.py", code)

    assert broken(lab).needs == needs


def test_a_broken_definition_leaves_the_others_of_its_module(lab: Path) -> None:
    code = "@experiment\ndef bad(n: int = 'x'): ...\n@experiment\ndef good(): ...\n"
    file = write(lab, "experiments/a.py", GOOD + code)

    found = load(lab)

    assert [one.name for one in found.descriptions] == ["good"]
    assert (found.broken[0].file, found.broken[0].line) == (str(file), 3)
    assert "parameter 'n' of bad" in found.broken[0].error
    assert found.broken[0].experiment == "bad"
    assert found.broken[0].traceback == ""


def test_two_experiments_of_one_name_are_named_with_both_places(lab: Path) -> None:
    first = write(lab, "experiments/a.py", GOOD + "@experiment\ndef double(): ...\n")
    second = write(lab, "experiments/b.py", GOOD + "\n@experiment\ndef double(): ...\n")

    found = load(lab)

    assert [one.module for one in found.descriptions] == ["experiments.a"]
    assert found.broken[0].module == "experiments.b"
    assert f"{first}:2 and {second}:3" in found.broken[0].error


def test_two_experiments_of_one_name_in_one_module_are_named_too(lab: Path) -> None:
    code = "@experiment\ndef double(): ...\n@experiment\ndef double(): ...\n"
    file = write(lab, "experiments/a.py", GOOD + code)

    found = load(lab)

    assert [one.line for one in found.descriptions] == [4]
    assert f"{file}:2 and {file}:4" in found.broken[0].error


def test_a_file_named_like_a_module_of_python_is_told_to_be_renamed(lab: Path) -> None:
    file = write(lab, "random.py", GOOD)

    (found,) = load(lab, str(file)).broken

    assert "another module named 'random'" in found.error
    assert "Rename random.py" in found.error


def test_the_sources_that_experiments_imported_are_known(lab: Path) -> None:
    helper = write(lab, "helper.py", "x = 1\n")
    installed = write(lab, ".venv/lib/site-packages/tools/__init__.py", "")
    sys.path.insert(0, str(installed.parents[1]))
    file = write(lab, "experiments/a.py", "import helper, tools, json\n")

    load(lab)

    assert imported_sources(lab) == [str(file), str(helper)]


def test_what_may_mend_a_broken_module_is_awaited(lab: Path) -> None:
    helper = write(lab, "helper.py", "1/0\n")
    write(lab, "experiments/a.py", "import helper\n")
    write(lab, "experiments/b.py", "import package_of_tomorrow\n")

    found = awaited_paths(load(lab).broken, lab)

    assert str(helper) in found
    assert str(lab) in found
    assert str(helper) not in imported_sources(lab)
