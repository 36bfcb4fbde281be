"""A lab in a folder of its own whose processes a storm may end, and a client that notes what was acknowledged."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flasklab.config import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "FLASKLAB_TEST_STORM"  # in the environment of all that a lab started, with a word of its own
FINAL = frozenset({"succeeded", "failed", "canceled", "timed_out", "lost"})
_HERE = Path(__file__).parent
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ack:
    """A start that the lab has acknowledged."""

    id: str
    experiment: str
    key: str  # its idempotency key


@dataclass(slots=True)
class StormLab:
    """`flasklab serve` in a folder, with the storms' experiments."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    patches: tuple[str, ...] = ()  # of storms.patching.patches, in every process of the lab
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    acks: list[Ack] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def results(self) -> Path:
        """Its results folder."""
        return self.folder / "results"

    @property
    def ledger(self) -> Path:
        """Where its experiments note down what they do, a file for each run."""
        return self.folder / "ledger"

    @property
    def points(self) -> Path:
        """Where places are armed: see `flasklab.failpoints`."""
        return self.folder / "points"

    def make(self) -> StormLab:
        """Make the folder with its experiments."""
        for folder in (self.folder / "experiments", self.ledger, self.points):
            folder.mkdir(parents=True)
        text = (_HERE / "experiments.py").read_text(encoding="utf-8")
        (self.folder / "experiments" / "storm.py").write_text(text, encoding="utf-8")
        return self

    def environment(self) -> dict[str, str]:
        """Of all its processes."""
        here, path = _HERE / "patching", os.environ.get("PYTHONPATH")
        patched = {"FLASKLAB_TEST_PATCHES": ",".join(self.patches)}
        if self.patches:
            patched["PYTHONPATH"] = os.pathsep.join((str(here), *filter(None, [path])))
        return {
            **os.environ,
            "FLASKLAB_WORKERS": "3",
            "FLASKLAB_FAILPOINT_FOLDER": str(self.points),
            "FLASKLAB_TEST_LEDGER": str(self.ledger),
            MARK: self.mark,
            **patched,
            **self.environ,
        }

    def start(self) -> StormLab:
        """Start the server; wait until it answers and knows its experiments."""
        self.port = self.port or _free_port()
        command = [sys.executable, "-m", "flasklab.cli", "serve", "--port", str(self.port)]
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment()
            )
        self.until(self.is_ready, "the server is not ready")
        return self

    def is_ready(self) -> bool:
        """Whether it answers and takes starts."""
        found = self.ask("GET", "/api/v1/experiments")
        return found is not None and found[0] == 200 and len(found[1].get("experiments", [])) >= 3

    def stop(self, signum: int = signal.SIGTERM) -> None:
        """End it as its owner does, and wait for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signum)
            try:
                self.process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill_tree()

    def kill_tree(self) -> None:
        """Kill all that is the lab's own at once; what its runs have started goes on, unlike in a power cut."""
        own = [] if self.process is None else [self.process.pid]
        own += [pid for role in ("supervisor", "web", "zygote", "child") for pid in self.pids(role)]
        for pid in own:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def end_everything(self) -> None:
        """Leave nothing behind, whatever the storm has found: kills what carries the lab's mark."""
        for _ in range(100):
            left = self.marked()
            if not left:
                break
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            if self.process is not None:
                self.process.poll()
            time.sleep(0.02)
        for failed in self.folder.glob("unpatched-*"):  # its failures are no finds
            raise RuntimeError(failed.read_text(encoding="utf-8"))

    # Its processes

    def pid_of(self, run_id: str) -> int:
        """The process in which a run's code last began, as it noted down itself."""
        return int((self.ledger / run_id).read_text(encoding="ascii").split()[2])

    def tree(self) -> list[int]:
        """Pids of the server and all its descendants, parents first."""
        found = [] if self.process is None else [self.process.pid]
        for pid in found:
            found += children(pid)
        return found

    def pids(self, role: str) -> list[int]:
        """Pids of "supervisor", "web", "zygote" or "child" processes."""
        top = [] if self.process is None else children(self.process.pid)
        supervisors = [pid for pid in top if "execution.supervise" in command_line(pid)]
        if role == "supervisor":
            return supervisors
        if role == "web":
            return [pid for pid in top if pid not in supervisors and "resource_tracker" not in command_line(pid)]
        zygotes = [child for pid in supervisors for child in children(pid) if "execution.zygote" in command_line(child)]
        return zygotes if role == "zygote" else [child for pid in zygotes for child in children(pid)]

    def marked(self) -> list[int]:
        """Pids of all processes, zombies left out, that carry the lab's mark, wherever they went."""
        mark = f"{MARK}={self.mark}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
        return found

    # Asking it

    def ask(
        self, method: str, path: str, body: Any = None, *, timeout: float = 15, key: str = ""
    ) -> tuple[int, Any] | None:
        """Status and JSON that the server answers; None when no whole answer came."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def begin(self, experiment: str, patience: float = _PATIENCE_SECONDS, wait: float = 0, **params: Any) -> Ack | None:
        """Start a run, with one key as often as it takes until it is acknowledged; None when it never was."""
        key = secrets.token_hex(8)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            found = self.ask("POST", f"/run/{experiment}?wait={wait}", params, key=key, timeout=15 + wait)
            if found is not None and 200 <= found[0] < 300:
                ack = Ack(found[1]["id"], experiment, key)
                with self._lock:
                    self.acks.append(ack)
                return ack
            time.sleep(0.05)
        return None

    def state(self, run_id: str) -> str:
        """The run's state; "" when the server does not say."""
        found = self.ask("GET", f"/status/{run_id}")
        return str(found[1]["state"]) if found is not None and found[0] == 200 else ""

    def finished(self, run_id: str, patience: float = _PATIENCE_SECONDS) -> str:
        """The run's state once it is final, or as it is after `patience` seconds."""
        deadline = time.monotonic() + patience
        while (state := self.state(run_id)) not in FINAL and time.monotonic() < deadline:
            time.sleep(0.05)
        return state

    def arm(self, point: str, action: str) -> None:
        """Arm a place for the next process that comes by."""
        fresh = self.points / f".{point}"
        fresh.write_text(action, encoding="ascii")
        fresh.rename(self.points / point)

    def taken(self, point: str) -> int | None:
        """Pid of the process that took what was armed; it is forgotten then. None while nobody has."""
        for path in self.points.glob(f"{point}.taken-*"):
            path.unlink()
            return int(path.name.rpartition("-")[2])
        return None

    def disarm(self, point: str) -> bool:
        """Take back what was armed; False when it was taken."""
        try:
            (self.points / point).unlink()
        except FileNotFoundError:
            return False
        return True

    def tell(self, what: str) -> None:
        """Put a line of the storm's between those that the server says."""
        with (self.folder / "serve.log").open("a", encoding="utf-8") as log:
            log.write(f"-- {time.strftime('%H:%M:%S')} storm: {what}\n")

    def tell_what_it_does(self) -> None:
        """Put into serve.log which processes there are, and where the supervisor's threads stand."""
        for pid in self.marked():
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
                self.tell(f"{pid} is {words[0]}, a child of {words[1]}: {command_line(pid)}")
        if self.patches:  # then it listens
            for pid in self.pids("supervisor"):
                hit(pid, signal.SIGUSR1)
            time.sleep(0.2)

    def noted(self, run_id: str, word: str) -> int:
        """How many lines of the run's ledger begin with `word`."""
        try:
            text = (self.ledger / run_id).read_text(encoding="ascii")
        except FileNotFoundError:
            return 0
        return sum(line.startswith(word) for line in text.splitlines())

    @staticmethod
    def until(true: Callable[[], bool], otherwise: str, patience: float = _PATIENCE_SECONDS) -> None:
        """Wait until `true()`.

        Raises:
            TimeoutError: it did not come true; `otherwise` says what.
        """
        deadline = time.monotonic() + patience
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(otherwise)
            time.sleep(0.02)


def settings(**wanted: str) -> dict[str, str]:
    """Those of the settings that this version of the lab has, as its environment."""
    return {
        f"FLASKLAB_{name.upper()}": value for name, value in wanted.items() if name in Settings.__dataclass_fields__
    }


def children(pid: int) -> list[int]:
    """Pids of a process's children, whichever of its threads made them."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text(encoding="ascii").split())
    return found


def command_line(pid: int) -> str:
    """A process's command line; "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def hit(pid: int, signum: int = signal.SIGKILL) -> bool:
    """Send a signal; False when the process is gone."""
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
