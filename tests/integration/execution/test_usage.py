"""What real processes use, as the system tells it."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from flasklab.execution.usage import ProcessTree, network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MIB = 2**20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def start() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts Python code that prints a line once it is ready, and ends it with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.communicate()  # closes its input, which ends it


WAIT = "print('ready', flush=True); sys.stdin.read()"


def test_memory_is_what_the_processes_hold_and_what_workers_share_counts_once(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    alone = start(f"import sys; held = b'x' * {64 * MIB}; {WAIT}")
    shared = start(f"""
import os, sys, time
held = b'x' * {64 * MIB}
for _ in range(4):
    if os.fork() == 0:
        sys.stdin.read(); os._exit(0)
time.sleep(0.2)
{WAIT}
""")
    for process in (alone, shared):
        held = ProcessTree(process.pid, zygote=0).held_bytes() / MIB
        assert 64 < held < 64 + 48


def test_what_a_run_shares_with_the_process_it_was_forked_from_is_not_its_own(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    zygote = start(f"""
import os, sys
held = b'x' * {64 * MIB}
child = os.fork()
if child == 0:
    more = b'y' * {16 * MIB}
    sys.stdin.read(); os._exit(0)
import time; time.sleep(0.3)
print('ready', flush=True); print(child, flush=True); sys.stdin.read()
""")
    assert zygote.stdout is not None
    child = int(zygote.stdout.readline())
    assert 16 < ProcessTree(child, zygote.pid).held_bytes() / MIB < 32


def test_growth_is_seen_before_pages_are_counted_again(start: Callable[[str], subprocess.Popen[str]]) -> None:
    process = start(f"""
import sys
held = b'x' * {32 * MIB}
print('ready', flush=True)
sys.stdin.readline()
more = b'y' * {64 * MIB}
print('grown', flush=True)
sys.stdin.read()
""")
    tree = ProcessTree(process.pid, zygote=0)
    before = tree.held_bytes()
    tree._counted[process.pid].again_at = time.monotonic() + 1000
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "grown\n"
    assert (tree.held_bytes() - before) / MIB == pytest.approx(64, abs=2)
    assert (tree.held_bytes(exactly=True) - before) / MIB == pytest.approx(64, abs=2)


def test_processor_time_and_bytes_of_workers_that_ended_still_count(
    start: Callable[[str], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start(f"""
import os, sys, time
def work():
    began = time.process_time()
    while time.process_time() - began < 0.3: pass
    with open({str(tmp_path / "file")!r}, "wb") as file:
        file.write(b"x" * {4 * MIB}); file.flush(); os.fsync(file.fileno())
worker = os.fork()
if worker == 0:
    os.setsid(); work(); os._exit(0)
os.waitpid(worker, 0)
{WAIT}
""")
    used = ProcessTree(process.pid, zygote=0).usage()
    assert used.cpu_seconds >= 0.29
    assert used.written_bytes is not None
    assert used.written_bytes >= 4 * MIB
    assert used.pids == {process.pid}


def test_processes_in_other_sessions_and_of_other_threads_belong_to_the_run(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    process = start(f"""
import subprocess, sys, threading
def spawn():
    workers.append(subprocess.Popen([sys.executable, "-c", "input()"], start_new_session=True, stdin=subprocess.PIPE))
workers = []
thread = threading.Thread(target=lambda: (spawn(), done.set(), end.wait()))
done, end = threading.Event(), threading.Event()
thread.start(); done.wait(); spawn()
{WAIT}
end.set()
for worker in workers: worker.communicate(b"x")
""")
    assert len(ProcessTree(process.pid, zygote=0).usage().pids) == 3


def test_processes_that_are_gone_hold_nothing(start: Callable[[str], subprocess.Popen[str]]) -> None:
    process = start("import sys; " + WAIT)
    tree = ProcessTree(process.pid, zygote=0)
    assert tree.held_bytes() > 0
    process.communicate()
    assert (tree.held_bytes(), tree.usage().cpu_seconds, tree.usage().read_bytes) == (0, 0, None)


def test_other_systems_are_asked_through_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "held = b'x' * 2**26; print(flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        tree = ProcessTree(child.pid, zygote=0)
        exact, counted = tree.held_bytes(exactly=True), network()
        monkeypatch.setattr("flasklab.execution.usage._LINUX", False)
        assert tree.held_bytes() == pytest.approx(exact, rel=0.2)
        assert tree.held_bytes() > 2**26
        assert tree.usage().cpu_seconds > 0
        assert child.pid in tree.usage().pids
        assert all(now >= before for now, before in zip(network(), counted, strict=True))
        child.kill()
