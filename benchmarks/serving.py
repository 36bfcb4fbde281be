"""Starting servers and asking them, for the benchmarks."""

from __future__ import annotations

import contextlib
import os
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

if TYPE_CHECKING:
    from collections.abc import Iterator

BARE_FLASK = """
from flask import Flask
app = Flask(__name__)
@app.get("/")
def home():
    return "<!doctype html><title>bare</title>"
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
def lab_server(lab: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`flasklab serve` in folder `lab`."""
    command = [sys.executable, "-m", "flasklab.cli", "serve", "--port", str(port)]
    with _server(command, lab) as process:
        yield process


@contextlib.contextmanager
def bare_server(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A page of bare Flask on granian."""
    (folder / "bare.py").write_text(BARE_FLASK, encoding="utf-8")
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--no-log", "bare:app"]
    with _server(command, folder) as process:
        yield process


@contextlib.contextmanager
def _server(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
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
