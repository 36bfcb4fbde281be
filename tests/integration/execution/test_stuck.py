"""Telling a supervisor that moves no more from one that is only busy, and ending no other process in its place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flasklab.config import Settings
from flasklab.errors import StoreBusyError
from flasklab.execution import stuck
from flasklab.execution.lease import Lease
from flasklab.execution.stuck import end_stuck_supervisor, end_stuck_writer, is_stuck, silent_seconds
from flasklab.execution.supervise import try_to_take
from flasklab.runs.json import encode
from flasklab.store.machine import awake_seconds
from flasklab.store.presence import Sign, SupervisorLock, is_supervised, supervisor_sign
from flasklab.store.store import Store

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


WRITER = """
import pathlib, sys
from flasklab.config import Settings
from flasklab.execution.lease import Lease
from flasklab.runs.json import decode
from flasklab.store.store import Store
store = Store(Settings.from_json(decode(sys.argv[1])), checkpointing=True).open()
assert Lease(store, "elsewhere").try_to_take() == ""
with store.write() as unit:
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    results = tmp_path / "results"
    return Settings(root=tmp_path, results=results, experiments="", database_url=f"sqlite:///{results / 'lab.db'}")


@pytest.fixture
def writer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """A supervisor of another folder that has the lease, and was stopped within a transaction."""
    monkeypatch.setattr("flasklab.store.engine.BUSY_SECONDS", 0.2)
    command = [sys.executable, "-c", WRITER, encode(settings.to_json()).decode()]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGSTOP)
        yield process
        process.kill()


def test_one_that_keeps_the_database_beyond_its_lease_is_ended(
    settings: Settings, writer: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(settings, checkpointing=True)
    lease = Lease(store, "here")
    with pytest.raises(StoreBusyError):  # it may still be heard of
        try_to_take(lease, store)
    assert writer.poll() is None
    monkeypatch.setattr("flasklab.execution.lease.LEASE_SECONDS", 0.0)
    monkeypatch.setattr("flasklab.execution.lease.WATCH_SECONDS", 0.0)
    assert try_to_take(lease, store) == ""
    assert writer.wait(5) == -signal.SIGKILL
    store.close()


def test_whoever_keeps_the_database_without_the_lease_is_let_live(
    settings: Settings, writer: subprocess.Popen[str]
) -> None:
    assert not end_stuck_writer(settings.results / "lab.db", os.getppid())
    assert not end_stuck_writer(settings.results / "other.db", writer.pid)
    assert writer.poll() is None
