"""R8: no space, no descriptors, no memory; R10: a locked database and a clock that jumps."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psutil

from storms.judging import ended, judge, states, storming
from storms.lab import StormLab, settings

if TYPE_CHECKING:
    from pathlib import Path

_SMALL_BYTES = 24 * 2**20


def full_disk_storm(folder: Path, n: int, seed: int) -> tuple[int, list[str], list[str]]:
    """Fill up the results folder's disk n times while runs go on, then make room: all goes on without a restart.

    Returns:
        How often it was filled (not at all where no file system may be mounted), violations, figures beside.
    """
    chance = random.Random(seed)
    lab = StormLab(folder / "full", environ=settings(min_free="0")).make()
    lab.results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SMALL_BYTES},mode=700", "tmpfs", str(lab.results)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        return 0, [], ["full disk left out: no file system could be mounted here"]
    violations: list[str] = []
    refused = 0
    with storming(lab, violations):
        lab.start()
        for _ in range(n):
            for _ in range(2):
                lab.begin("thrice", seconds=chance.random())
            time.sleep(chance.random() * 0.5)
            ballast = lab.results / "ballast"
            _fill(ballast, leave=int(chance.random() * 3) * 4096)
            for _ in range(3):
                found = lab.ask("POST", "/run/once?wait=1", {"seconds": 0.02})
                refused += found is None or found[0] >= 400
                if found is not None and found[0] == 500:
                    violations.append(f"no clear answer on a full disk: {found}")
            ballast.unlink(missing_ok=True)
            ack = lab.begin("once", seconds=0.02)
            if ack is None or lab.finished(ack.id, 35) != "succeeded":
                violations.append(f"no recovery: {ack and lab.state(ack.id)}")
        violations += ended(lab, may_drop=True)
        told = dict(states(lab.results)) if (lab.results / "lab.db").exists() else {}
        subprocess.run(["umount", "-l", str(lab.results)], check=False)
    return n, violations, [f"full disk: {refused} starts refused, runs {told}"]


def _fill(path: Path, leave: int) -> None:
    """Fill the disk but for so many bytes."""
    with contextlib.suppress(OSError):  # full before it begins
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            for size in (2**20, 4096):
                with contextlib.suppress(OSError):
                    while os.write(fd, bytes(size)):
                        pass
            os.ftruncate(fd, max(0, os.fstat(fd).st_size - leave))
        finally:
            os.close(fd)


def no_handles_storm(folder: Path, n: int, seed: int) -> tuple[list[str], list[str]]:
    """Leave supervisor, web process or zygote without a free descriptor n times, then give them back."""
    chance = random.Random(seed)
    lab = StormLab(folder / "handles").make()
    violations: list[str] = []
    try:
        lab.start()
        for at in range(n):
            role = ("supervisor", "web", "zygote")[at % 3]
            lab.until(lambda role=role: bool(lab.pids(role)), f"no {role}")  # type: ignore[misc]
            process = psutil.Process(lab.pids(role)[0])
            before = process.rlimit(resource.RLIMIT_NOFILE)
            few = process.num_fds() + chance.randrange(4)
            process.rlimit(resource.RLIMIT_NOFILE, (few, before[1]))
            for _ in range(4):
                lab.begin(chance.choice(("thrice", "warm")), patience=1, seconds=0.05)
            process.rlimit(resource.RLIMIT_NOFILE, before)
            ack = lab.begin("once", seconds=0.02)
            if ack is None or lab.finished(ack.id, 35) != "succeeded":
                violations.append(f"no recovery of the {role}: {ack and lab.state(ack.id)}")
            if process.pid not in lab.pids(role):
                violations.append(f"the {role} did not survive a lack of descriptors")
        violations += ended(lab, may_drop=True)
    except (TimeoutError, psutil.Error) as error:
        violations.append(f"stuck: {error}")
    finally:
        lab.end_everything()
    return violations, []


def no_memory_storm(folder: Path, n: int) -> tuple[list[str], list[str]]:
    """Let n runs take more memory than they may: each fails, and says why."""
    lab = StormLab(folder / "memory").make()
    violations: list[str] = []
    try:
        lab.start()
        for _ in range(n):
            ack = lab.begin("eats", megabytes=300)
            assert ack is not None
            state = lab.finished(ack.id)
            found = lab.ask("GET", f"/status/{ack.id}")
            error = (found[1].get("error") or {}) if found else {}
            if state != "failed" or "memory" not in str(error).lower():
                violations.append(f"untrue: {state}, {error}")
        lab.stop()
        violations += judge(lab)
    except TimeoutError as error_:
        violations.append(f"stuck: {error_}")
    finally:
        lab.end_everything()
    return violations, []


def locked_storm(folder: Path, n: int, seconds: float, labs: int = 4) -> tuple[list[str], list[str]]:
    """Lock the database from outside n times for so long: starts are refused or wait, no run is lost."""
    labs = min(labs, n)
    with ThreadPoolExecutor(labs) as pool:
        found = list(pool.map(lambda at: _locked(folder / f"locked{at}", n // labs, seconds), range(labs)))
    return [line for one in found for line in one], []


def _locked(folder: Path, n: int, seconds: float) -> list[str]:
    lab = StormLab(folder).make()
    violations: list[str] = []
    with storming(lab, violations):
        lab.start()
        for _ in range(n):
            long = lab.begin("once", seconds=seconds / 3)
            assert long is not None
            lab.until(lambda run=long.id: lab.noted(run, "begin") == 1, "a run did not begin")  # type: ignore[misc]
            with_lock = sqlite3.connect(lab.results / "lab.db", timeout=10, isolation_level=None)
            with_lock.execute("BEGIN IMMEDIATE")
            client = threading.Thread(target=lambda: lab.begin("once", patience=seconds, seconds=0.02))
            client.start()
            time.sleep(seconds)
            with_lock.execute("ROLLBACK")
            with_lock.close()
            client.join()
            if (state := lab.finished(long.id)) != "succeeded":
                violations.append(f"not delayed but {state}: a run that ended while the database was locked")
        violations += ended(lab)
    return violations


def clock_storm(folder: Path, n: int, seed: int) -> tuple[list[str], list[str]]:
    """Let the wall clock jump by up to an hour, forth and back, n times: nothing expires, nothing is lost."""
    chance = random.Random(seed)
    lab = StormLab(folder / "clock", patches=("jumping-clock",)).make()
    clock = lab.ledger.with_name("clock")
    clock.write_text("0", encoding="ascii")
    violations: list[str] = []
    with storming(lab, violations):
        lab.start()
        acks = []
        for _ in range(n):
            acks += [lab.begin("once", seconds=0.5), lab.begin("thrice", seconds=0.5)]
            clock.write_text(str(chance.choice((-3600, 3600, -60, 60, 0))), encoding="ascii")
            time.sleep(chance.random() * 0.5)
        ends = [lab.finished(ack.id) if ack else "never started" for ack in acks]
        violations += [f"false expiry: a run {end}" for end in ends if end != "succeeded"]
        lab.stop()
        violations += judge(lab)
    return violations, []
