from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flasklab.store.doorbell import Doorbell
from flasklab.store.presence import Attendance, SupervisorLock, anyone_attends, is_supervised, supervisor_pid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def other_process(code: str, results: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that runs `code` with `results`, says "ready" and stays until its input ends or it is killed."""
    before = "import sys, pathlib; results = pathlib.Path(sys.argv[1])"
    script = f"{before}\n{code}\nprint('ready', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(results)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


SUPERVISOR = "from flasklab.store.presence import *; lock = SupervisorLock(results); assert lock.acquire()"
ATTENDANT = "from flasklab.store.presence import *; here = Attendance(results); here.join()"


def test_there_is_never_a_second_supervisor(tmp_path: Path) -> None:
    assert not is_supervised(tmp_path)
    mine = SupervisorLock(tmp_path)
    with other_process(SUPERVISOR, tmp_path) as process:
        assert is_supervised(tmp_path)
        assert supervisor_pid(tmp_path) == process.pid
        assert not mine.acquire()
    assert not is_supervised(tmp_path)
    assert supervisor_pid(tmp_path) is None
    assert mine.acquire()
    assert mine.acquire()
    mine.release()
    assert not is_supervised(tmp_path)


def test_a_supervisor_killed_without_warning_is_gone_at_once(tmp_path: Path) -> None:
    with other_process(SUPERVISOR, tmp_path) as process:
        process.kill()
        process.wait()
        mine = SupervisorLock(tmp_path)
        assert mine.acquire()
        mine.release()


def test_waiting_for_the_lock_ends_when_its_holder_ends(tmp_path: Path) -> None:
    mine = SupervisorLock(tmp_path)
    with other_process(SUPERVISOR, tmp_path) as process:
        waiting = threading.Thread(target=mine.acquire, args=(True,))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        process.kill()
        waiting.join(5)
        assert not waiting.is_alive()
    mine.release()


@contextmanager
def probe(results: Path) -> Iterator[int]:
    """The lock as somebody holds it for the moment of asking whether there is a supervisor."""
    descriptor = os.open(results / "supervisor.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_two_who_ask_at_once_do_not_take_each_other_for_the_supervisor(tmp_path: Path) -> None:
    with probe(tmp_path):
        assert not is_supervised(tmp_path)


def test_somebody_asking_keeps_no_supervisor_from_its_lock(tmp_path: Path) -> None:
    lock = SupervisorLock(tmp_path)
    with probe(tmp_path) as descriptor:
        answered = threading.Timer(0.01, fcntl.flock, (descriptor, fcntl.LOCK_UN))
        answered.start()
        assert lock.acquire()
        answered.join()
    lock.release()


def test_any_number_may_attend_and_the_last_to_leave_is_noticed(tmp_path: Path) -> None:
    assert not anyone_attends(tmp_path)
    with other_process(ATTENDANT, tmp_path), Attendance(tmp_path):
        assert anyone_attends(tmp_path)
    assert not anyone_attends(tmp_path)
    with other_process(ATTENDANT, tmp_path):
        assert anyone_attends(tmp_path)


def test_a_ring_is_heard(tmp_path: Path) -> None:
    bell = Doorbell(tmp_path)
    descriptor = bell.listen()
    assert select.select([descriptor], [], [], 0)[0] == []
    Doorbell(tmp_path).ring()
    Doorbell(tmp_path).ring()
    assert select.select([descriptor], [], [], 1)[0] == [descriptor]
    bell.drain(descriptor)
    assert select.select([descriptor], [], [], 0)[0] == []
    with other_process("from flasklab.store.doorbell import Doorbell; Doorbell(results).ring()", tmp_path):
        assert select.select([descriptor], [], [], 1)[0] == [descriptor]


def test_ringing_never_waits_and_never_raises(tmp_path: Path) -> None:
    Doorbell(tmp_path / "missing").ring()
    Doorbell(tmp_path).ring()
    bell = Doorbell(tmp_path)
    descriptor = bell.listen()
    for _ in range(70_000):  # more than the FIFO holds
        bell.ring()
    bell.drain(descriptor)


def test_a_bell_that_was_copied_as_a_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "doorbell").write_bytes(b"")
    bell = Doorbell(tmp_path)
    bell.ring()
    assert (tmp_path / "doorbell").read_bytes() == b""
    descriptor = bell.listen()
    bell.ring()
    assert select.select([descriptor], [], [], 1)[0] == [descriptor]
