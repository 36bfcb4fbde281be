"""Telling a supervisor that moves no more from one that is only busy, and ending no other process in its place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flasklab.execution import stuck
from flasklab.execution.stuck import end_stuck_supervisor, is_stuck, silent_seconds
from flasklab.store.machine import awake_seconds
from flasklab.store.presence import Sign, SupervisorLock, is_supervised, supervisor_sign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLDER = """
import pathlib, sys, time
from flasklab.store.presence import SupervisorLock
lock = SupervisorLock(pathlib.Path(sys.argv[1]))
assert lock.acquire()
lock.beat()
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the supervisor's lock and gave one sign of life."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_a_supervisor_that_moves_is_left_alone(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    assert not is_stuck(tmp_path)
    assert not end_stuck_supervisor(tmp_path)
    assert holder.poll() is None


def test_a_silent_one_is_ended_and_its_lock_is_free(
    tmp_path: Path, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stuck, "STUCK_SECONDS", 0.0)
    assert is_stuck(tmp_path, holder.pid)
    assert not is_stuck(tmp_path, holder.pid + 1)
    assert end_stuck_supervisor(tmp_path)
    assert holder.wait(5) == -signal.SIGKILL
    assert not is_supervised(tmp_path)


def test_nobody_is_ended_who_does_not_hold_the_lock(
    tmp_path: Path, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number in the file may be a stranger's: of another pid namespace, or given anew."""
    monkeypatch.setattr(stuck, "STUCK_SECONDS", 0.0)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        sign = Sign(pid=stranger.pid, token="x", beat=awake_seconds() - 100)  # noqa: S106 - no password
        (tmp_path / "supervisor.lock").write_bytes(sign.encode())
        assert is_stuck(tmp_path)
        assert not end_stuck_supervisor(tmp_path)
        assert stranger.poll() is None
        stranger.kill()
    assert holder.poll() is None


def test_one_that_has_not_begun_is_not_judged(tmp_path: Path) -> None:
    lock = SupervisorLock(tmp_path)
    assert lock.acquire()
    sign = supervisor_sign(tmp_path)
    assert sign is not None
    assert (sign.pid, sign.beat) == (os.getpid(), None)
    assert silent_seconds(tmp_path, sign) is None
    lock.release()


def test_nobody_is_judged_on_a_disk_that_takes_no_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign = Sign(pid=os.getpid(), token="x", beat=awake_seconds() - 100)  # noqa: S106 - no password
    assert silent_seconds(tmp_path, sign) is not None
    monkeypatch.setattr(stuck, "_LITTLE_SPACE", 2**62)
    assert silent_seconds(tmp_path, sign) is None
    assert silent_seconds(tmp_path / "gone", sign) is None


def test_the_place_of_a_lock_stays_its_own_and_is_no_copy_s(tmp_path: Path) -> None:
    first = SupervisorLock(tmp_path)
    first.acquire()
    first.release()
    again = SupervisorLock(tmp_path)
    again.acquire()
    assert again.place == first.place != ""
    again.release()
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "supervisor.lock").write_bytes((tmp_path / "supervisor.lock").read_bytes())
    elsewhere = SupervisorLock(copy)
    elsewhere.acquire()
    assert elsewhere.place != first.place
    elsewhere.release()
