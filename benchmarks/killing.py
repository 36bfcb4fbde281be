"""Runs that are killed while they log: every point whose `run.log` had returned must be in the store.

`python -m benchmarks killing [tries]`; 10,000 tries unless said otherwise. The ledger is a file that the run writes
to, past the lab: the number of its points, after each `run.log` has returned. Half of the runs kill themselves right
after a `run.log`, the others are killed from outside at a random moment.
"""

from __future__ import annotations

import json
import os
import random
import signal
import struct
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure
from benchmarks.serving import free_port, lab_server, seconds_to_first_page

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIES = 10_000
_AT_ONCE = 4
_MOST_POINTS = 400
_MOST_SECONDS = 0.02  # until a run that does not kill itself is killed

EXPERIMENT = '''
import os, signal, struct
from pathlib import Path
from flasklab import experiment, run

@experiment
def logs_until_killed(ledger: str, kill_at: int = 0) -> None:
    """Log points; after each, note down how many, past the lab. Never ends by itself."""
    fd = os.open(ledger, os.O_WRONLY | os.O_CREAT, 0o600)
    note = struct.Struct("<qq").pack
    logged, own = 0, os.getpid()
    os.pwrite(fd, note(own, 0), 0)
    while True:
        run.log(step=logged, value=logged, other=-logged)
        logged += 1
        os.pwrite(fd, note(own, logged), 0)
        if logged == kill_at:
            os.kill(own, signal.SIGKILL)
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one killed run had logged, and what the lab kept of it."""

    state: str
    logged: int  # calls of run.log that had returned
    kept: int  # points that are stored
    whole: bool  # what is stored are the first points, in order, with their values

    @property
    def violated(self) -> bool:
        """Whether anything is lost or wrong."""
        return not self.whole or self.kept < self.logged or self.state != "failed"


def measure() -> Iterator[Figure]:
    """Lost points of all tries; the limit is the bound that so many tries without a loss give, at 95 %."""
    tries = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2].isdecimal() else TRIES
    seed = random.SystemRandom().randrange(2**32)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder)
        (lab / "experiments").mkdir()
        (lab / "experiments" / "logs.py").write_text(EXPERIMENT, encoding="utf-8")
        port = free_port()
        with lab_server(lab, port):
            seconds_to_first_page(port, time.perf_counter())
            verdicts = list(storm(port, lab, tries, seed))
    violations = [one for one in verdicts if one.violated]
    for one in violations[:10]:
        print(one, file=sys.stderr)
    points = sum(one.logged for one in verdicts)
    seconds = time.perf_counter() - began
    bound = f"; with 95 % confidence fewer than {300 / tries:.3g} % of kills lose a point" if not violations else ""
    print(
        f"{tries:,} kills, seed {seed}, {points:,} points logged, {len(violations)} violations, {seconds:.0f} s{bound}"
    )
    yield Figure(
        what=f"kills that lost a point, of {tries:,}",
        value=len(violations),
        unit="",
        against=0.5,
        name="limit",
        is_limit=True,
    )


def storm(port: int, folder: Path, tries: int, seed: int) -> Iterator[Verdict]:
    """Kill so many runs of `EXPERIMENT`, four at once.

    Args:
        port: of the lab that has it
        folder: where the ledgers are written
        tries: how many
        seed: of the moments at which they are killed
    """
    chance = random.Random(seed)
    plans = [(chance.random() < 0.5, chance.random()) for _ in range(tries)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda plan: _one(port, folder / f"ledger-{plan[0]}", *plan[1]), enumerate(plans))


def _one(port: int, ledger: Path, itself: bool, chance: float) -> Verdict:
    kill_at = 1 + int(chance * _MOST_POINTS) if itself else 0
    body = json.dumps({"ledger": str(ledger), "kill_at": kill_at}).encode()
    wait = 30 if itself else 0
    run = _ask(port, f"/run/logs_until_killed?wait={wait}", body)
    if not itself:
        _kill(ledger, chance * _MOST_SECONDS)
    while run["state"] in {"queued", "running"}:
        run = _ask(port, f"/status/{run['id']}?wait=30")
    _, logged = struct.unpack("<qq", ledger.read_bytes())
    ledger.unlink()
    found = _ask(port, f"/api/v1/runs/{run['id']}/metrics")["metrics"]
    value, other = (found.get(key, {"steps": [], "values": []}) for key in ("value", "other"))
    kept = len(value["steps"])
    whole = value["steps"] == value["values"] == list(range(kept)) and other["values"] == [
        -step for step in range(kept)
    ]
    return Verdict(state=run["state"], logged=logged, kept=kept, whole=whole)


def _kill(ledger: Path, seconds: float) -> None:
    """Kill the process that writes a ledger, so many seconds after it has begun."""
    while not ledger.exists() or ledger.stat().st_size < 16:
        time.sleep(0.001)
    time.sleep(seconds)
    pid, _ = struct.unpack("<qq", ledger.read_bytes())
    os.kill(pid, signal.SIGKILL)


def _ask(port: int, path: str, body: bytes | None = None) -> Any:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
