"""R7: processes that leave their run's group and session, and a pid that has become a stranger's."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import time
from pathlib import Path

from storms.judging import ended
from storms.lab import StormLab, hit

HOWS = ("setsid", "fork", "twice")
ENDS = ("itself", "cancel", "child", "zygote", "supervisor", "tree")


def escape_storm(
    folder: Path, n: int, seed: int, *, patches: tuple[str, ...] = (), ends: tuple[str, ...] = ENDS
) -> tuple[list[str], list[str]]:
    """Let n runs leave a process behind, end them in every way, and look for what still writes to the ledger.

    Beside the lab a stranger runs in its folder, with none of its marks, who must survive all of it.
    """
    chance = random.Random(seed)
    lab = StormLab(folder / "lab", patches=("quick-restarts", *patches)).make()
    violations: list[str] = []
    stranger, reused = _stranger(lab, None), 0
    try:
        lab.start()
        for at in range(n):
            how, end = HOWS[at % len(HOWS)], ends[at % len(ends)] if at < len(ends) else chance.choice(ends)
            ack = lab.begin("escapes", how=how, seconds=0.05 if end == "itself" else 60)
            assert ack is not None
            lab.until(lambda run=ack.id: lab.noted(run, "stray") > 0, "no process was left")  # type: ignore[misc]
            _end(lab, ack.id, end)
            state = lab.finished(ack.id)
            if state == "":
                violations.append(f"stuck: {ack.id} after {end}")
            before = lab.noted(ack.id, "stray")
            time.sleep(0.1)
            if lab.noted(ack.id, "stray") > before:
                violations.append(f"survived: a process that left by {how}, after {end}; the run is {state}")
                _kill_strays(lab, ack.id)
            if stranger.poll() is not None:
                violations.append(f"wrong kill: a stranger, after {end}")
            stranger.kill()
            stranger.wait()
            pid = lab.pid_of(ack.id)
            stranger = _stranger(lab, pid)
            reused += stranger.pid == pid
        violations += ended(lab)
    except TimeoutError as error:
        violations.append(f"stuck: {error}")
    finally:
        stranger.kill()
        stranger.wait()
        lab.end_everything()
    return violations, [f"{reused} pids of ended runs given to strangers"]


def _stranger(lab: StormLab, pid: int | None) -> subprocess.Popen[bytes]:
    """A process that is none of the lab's; where the system lets us, with the pid of a run's process that is over."""
    # Not beside other tests: the whole machine's next process gets that pid, whoever starts it.
    if pid is not None and "PYTEST_XDIST_WORKER" not in os.environ:
        with contextlib.suppress(OSError):
            Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1), encoding="ascii")
    return subprocess.Popen(["/bin/sleep", "36000"], cwd=lab.folder)


def _end(lab: StormLab, run_id: str, end: str) -> None:
    if end == "cancel":
        lab.ask("POST", f"/cancel/{run_id}", {})
    elif end == "child":
        hit(lab.pid_of(run_id))
    elif end == "tree":
        lab.kill_tree()
        lab.start()
    elif end != "itself":
        for pid in lab.pids(end):
            hit(pid)


def _kill_strays(lab: StormLab, run_id: str) -> None:
    lines = (lab.ledger / run_id).read_text(encoding="ascii").splitlines()
    for pid in {int(line.split()[1]) for line in lines if line.startswith("stray")}:
        hit(pid)
