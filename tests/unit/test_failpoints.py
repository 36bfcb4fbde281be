"""Places where a test lets a process die."""

from __future__ import annotations

import ast
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flasklab import failpoints
from flasklab.errors import StoreBusyError
from flasklab.failpoints import failpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = Path(failpoints.__file__).parent


@pytest.fixture(autouse=True)
def _disarm() -> Iterator[None]:
    yield
    failpoints.arm("", "")


def test_a_place_that_is_not_armed_does_nothing() -> None:
    failpoint("here")
    failpoints.arm("there=busy", "")
    failpoint("here")


def test_a_place_fails_as_it_is_armed() -> None:
    failpoints.arm("full=enospc; busy=busy:1@7", "")
    with pytest.raises(OSError, match="failpoint full") as caught:
        failpoint("full")
    assert caught.value.errno == errno.ENOSPC
    with pytest.raises(StoreBusyError):
        failpoint("busy")


def test_a_probability_holds_and_a_seed_repeats_it() -> None:
    def hits() -> list[bool]:
        failpoints.arm("here=busy:0.3@5", "")
        found = []
        for _ in range(300):
            try:
                failpoint("here")
                found.append(False)
            except StoreBusyError:
                found.append(True)
        return found

    first = hits()
    assert 50 < sum(first) < 130
    assert hits() == first


def test_what_is_armed_in_the_folder_is_taken_once(tmp_path: Path) -> None:
    failpoints.arm("", str(tmp_path))
    failpoint("here")
    (tmp_path / "here").write_text("busy\n", encoding="ascii")
    with pytest.raises(StoreBusyError):
        failpoint("here")
    failpoint("here")
    assert [one.name for one in tmp_path.iterdir()] == [f"here.taken-{os.getpid()}"]


@pytest.mark.parametrize(("action", "status"), [("exit", failpoints.STATUS), ("kill", -signal.SIGKILL)])
def test_the_environment_arms_a_process(action: str, status: int) -> None:
    code = "from flasklab.failpoints import failpoint; failpoint('here')"
    environ = {**os.environ, failpoints.VARIABLE: f"here={action}"}
    assert subprocess.run([sys.executable, "-c", code], env=environ, check=False).returncode == status


def test_what_is_no_action_is_named() -> None:
    with pytest.raises(ValueError, match="name=action"):
        failpoints.arm("here", "")
    failpoints.arm("here=explode", "")
    with pytest.raises(ValueError, match="explode"):
        failpoint("here")


def test_every_place_has_a_plain_name() -> None:
    names = [
        node.args[0].value
        for file in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "failpoint"
        if isinstance(node.args[0], ast.Constant)
    ]
    assert len(set(names)) >= 25
    assert all(isinstance(name, str) and name.count(".") == 1 for name in names)
