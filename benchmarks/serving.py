"""Starting servers and asking them, for the benchmarks."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from flasklab.server.serve import THREADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BARE_FLASK = """
from flask import Flask, jsonify, request
app = Flask(__name__)
@app.get("/")
def home():
    return "<!doctype html><title>bare</title>"
@app.post("/run/double")
def double():
    return jsonify(output=2 * request.get_json()["param"])
"""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_lab(folder: Path) -> Path:
    """The example lab, as `flasklab new` makes it."""
    lab = folder / "exp_app"
    subprocess.run([sys.executable, "-m", "flasklab.cli", "new", str(lab)], check=True, capture_output=True)
    return lab


@contextlib.contextmanager
def lab_server(lab: Path, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """`flasklab serve` in folder `lab`, with settings by the names of their environment variables."""
    command = [sys.executable, "-m", "flasklab.cli", "serve", "--port", str(port)]
    with program(command, lab, settings) as process:
        yield process


@contextlib.contextmanager
def bare_server(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Bare Flask on granian, with the threads that `flasklab serve` has."""
    (folder / "bare.py").write_text(BARE_FLASK, encoding="utf-8")
    with program(granian(sys.executable, "bare:app", port, THREADS), folder) as process:
        yield process


def granian(python: str, app: str, port: int, threads: int) -> list[str]:
    """The command of a granian as `flasklab serve` sets it up.

    Args:
        python: the interpreter that has granian and the app
        app: as module:name
        port: of 127.0.0.1
        threads: requests answered at once
    """
    server = [python, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--no-log"]
    return [*server, "--port", str(port), "--workers", "1", "--blocking-threads", str(threads), app]


@contextlib.contextmanager
def program(
    command: list[str], folder: Path, variables: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program in folder `folder`, told to end afterwards; with further environment variables."""
    quiet, environment = subprocess.DEVNULL, os.environ | (variables or {})
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            for one in family(process.pid):
                one.kill()
            process.wait(30)


def seconds_to_first_page(port: int, began: float, patience: float = 30) -> float:
    """Seconds from `began` (perf_counter) until GET / answers 200."""
    while time.perf_counter() - began < patience:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Accept": "text/html"})
            with urllib.request.urlopen(request, timeout=5) as answer:
                answer.read()
                return time.perf_counter() - began
        time.sleep(0.005)
    raise TimeoutError(f"no page within {patience} s")


def family(pid: int) -> list[psutil.Process]:
    """A process and all its descendants."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def role(process: psutil.Process) -> str:
    """What a process of `flasklab serve` is: parent, web, supervisor or zygote; a run's process is a zygote's fork."""
    words = " ".join(process.cmdline())
    for module, name in (("execution.supervise", "supervisor"), ("execution.zygote", "zygote")):
        if module in words:
            return name
    parent = process.parent()
    return "web" if parent is not None and "serve" in " ".join(parent.cmdline()) else "parent"


def wake_ups(process: psutil.Process) -> int:
    """How often the threads of a process have slept and been woken so far: each voluntary switch is one."""
    total = 0
    for thread in Path(f"/proc/{process.pid}/task").glob("*/status"):
        with contextlib.suppress(OSError):
            found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)$", thread.read_text(encoding="utf-8"), re.M)
            total += int(found[1]) if found else 0
    return total


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """CPU time that all their threads have used so far, to the nanosecond; ticks of 10 ms would hide an idle lab's."""
    total = 0
    for process in processes:
        for thread in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                total += int(thread.read_text(encoding="ascii").split()[0])
    return total / 1e9


def peak_megabytes(pid: int) -> float:
    """Peak resident memory of a process (VmHWM), in MB of 2**20 bytes."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123 - a line of /proc
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    raise OSError(f"no VmHWM of {os.fspath(str(pid))}")
