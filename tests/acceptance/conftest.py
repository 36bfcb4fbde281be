"""Real labs for acceptance tests: a folder, `flasklab serve` as a process, and a small client."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message

LABS = Path(__file__).parent.parent / "labs"
FINAL = {"succeeded", "failed", "canceled", "timed_out", "lost"}


@dataclass(slots=True)
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass(slots=True)
class ServedLab:
    """A lab in a folder, served by a process of its own."""

    folder: Path
    port: int
    environ: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ("flasklab.cli", "serve")  # the module that serves it, and its arguments
    prefix: str = ""  # where the app mounts the lab
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the lab, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", *self.command, "--port", str(self.port)]
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, env={**os.environ, **self.environ}
            )
        self.until(self.answers, 20, "the server did not answer")

    def answers(self) -> bool:
        """Whether the server answers."""
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        with contextlib.suppress(OSError):
            return self.get("/api/v1/health").status == 200
        return False

    def said(self) -> str:
        """The last that the server said."""
        return (self.folder / "serve.log").read_text(encoding="utf-8")[-4000:]

    def stop(self) -> None:
        """Ask the server to end and wait for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)

    def kill(self) -> None:
        """Kill the parent as a power cut would, and wait until the port is free."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.until(self._is_silent, 10, "something still listens")

    def _is_silent(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0

    def request(
        self, method: str, path: str, data: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One HTTP request; any status is an answer."""
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, _lower(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _lower(error.headers), error.read())

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.request("GET", path, headers=headers)

    def post(self, path: str, **fields: Any) -> Answer:
        """POST form fields, as curl -d does."""
        return self.request("POST", path, urllib.parse.urlencode(fields).encode())

    def run(self, experiment: str, wait: float = 30, **params: Any) -> dict[str, Any]:
        """Start a run and wait for its end."""
        answer = self.post(f"/run/{experiment}?wait={wait}", **params)
        assert answer.status in {200, 202}, answer.text
        run: dict[str, Any] = answer.json
        return self.finished(run["id"])

    def status(self, run_id: str) -> dict[str, Any]:
        """The run as it is now."""
        run: dict[str, Any] = self.get(f"/status/{run_id}").json
        return run

    def finished(self, run_id: str, patience: float = 40) -> dict[str, Any]:
        """The run once it is in a final state."""
        self.until(lambda: self.status(run_id)["state"] in FINAL, patience, "the run did not end")
        return self.status(run_id)

    def begun(self, run_id: str) -> dict[str, Any]:
        """The run once its code has begun."""
        self.until(lambda: self.status(run_id)["started_at"] is not None, 20, "the run did not begin")
        return self.status(run_id)

    def log(self, run_id: str) -> str:
        """The run's log as text."""
        return self.get(f"/api/v1/runs/{run_id}/logs", Accept="text/plain").text

    @staticmethod
    def until(true: Callable[[], bool], patience: float, otherwise: str) -> None:
        """Wait until `true()`; the patience is for a slow machine, not a promise."""
        deadline = time.monotonic() + patience
        while not true():
            assert time.monotonic() < deadline, otherwise
            time.sleep(0.02)

    def supervisor(self) -> int:
        """Pid of the lab's one supervisor; a fork of it that has not become a zygote yet is waited for."""
        self.until(lambda: len(self.pids("execution.supervise")) == 1, 10, "there is not one supervisor")
        return self.pids("execution.supervise")[0]

    def pids(self, word: str) -> list[int]:
        """Pids of this lab's processes whose command line contains `word`."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if word in words and (entry / "cwd").resolve() == self.folder.resolve():
                        found.append(int(entry.name))
        return found

    def zygotes(self) -> list[int]:
        """Pids of the processes that hold this lab's experiments, not of their children."""
        pids = self.pids("execution.zygote")
        return [pid for pid in pids if _parent(pid) not in pids]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def make_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ServedLab]]:
    """Makes labs from folders under tests/labs; all are ended with the module."""
    made: list[ServedLab] = []

    def make(name: str, **environ: str) -> ServedLab:
        folder = tmp_path_factory.mktemp(name) / "lab"
        shutil.copytree(LABS / name, folder)
        lab = ServedLab(folder, _free_port(), environ)
        made.append(lab)
        return lab

    yield make
    for lab in made:
        lab.stop()


@pytest.fixture(scope="module")
def ends(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """A running lab whose experiments end in every way."""
    lab = make_lab("ends", FLASKLAB_WORKERS="2", FLASKLAB_MAX_LOG="4 MiB")
    lab.start()
    return lab


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedLab]:
    """The running lab that `flasklab new` makes."""
    folder = tmp_path_factory.mktemp("example") / "exp_app"
    subprocess.run([sys.executable, "-m", "flasklab.cli", "new", str(folder)], check=True, stdout=subprocess.DEVNULL)
    lab = ServedLab(folder, _free_port(), {"FLASKLAB_WORKERS": "2"})
    lab.start()
    yield lab
    lab.stop()
