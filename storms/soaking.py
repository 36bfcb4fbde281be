"""R5: the store beside a model; R12: backups while runs go on; R13: a lab under steady load for long."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from storms.judging import ended, storming, whole
from storms.lab import StormLab

if TYPE_CHECKING:
    from collections.abc import Callable

_MODEL = Path(__file__).parent.parent / "tests" / "integration" / "store" / "test_model.py"
_ROOM_MEGABYTES = 8.0  # of growth that is none: a cache that fills up, an allocator's arenas


def model(steps: int, seed: int) -> tuple[int, list[str], list[str]]:
    """So many steps of the state machine in the tests, which walks the store and a model side by side."""
    environ = {**os.environ, "FLASKLAB_TEST_STEPS": str(steps)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}", str(_MODEL)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, cwd=_MODEL.parents[3])
    return steps, done.stdout.splitlines()[-15:] if done.returncode else [], []


def backups(folder: Path, n: int, seed: int) -> tuple[int, list[str], list[str]]:
    """Back a lab up n times while runs go on: each opens as a whole, with all that was acknowledged before it."""
    chance = random.Random(seed)
    lab = StormLab(folder / "lab").make()
    violations: list[str] = []
    over = threading.Event()
    client = threading.Thread(target=_steadily, args=(lab, over, 4.0))
    with storming(lab, violations, over):
        lab.start()
        client.start()
        for at in range(n):
            time.sleep(chance.random() * 0.5)
            before = [ack.id for ack in list(lab.acks)]
            file, place = folder / f"backup{at}", folder / f"restored{at}"
            violations += _said(lab, "backup", str(file))
            violations += _said(lab, "restore", str(file), "--results", str(place))
            violations += _of_backup(place / "lab.db", before)
        over.set()
        client.join()
        violations += ended(lab)
    return n, violations, []


def _said(lab: StormLab, *words: str) -> list[str]:
    """What a command of the lab's complained of."""
    done = subprocess.run(
        [sys.executable, "-m", "flasklab.cli", *words],
        cwd=lab.folder,
        env=lab.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return [f"{words[0]}: {done.stderr[-300:]}"] if done.returncode else []


def _of_backup(file: Path, acknowledged: list[str]) -> list[str]:
    if not file.exists():
        return [f"no database in {file.parent}"]
    told, there = whole(file)
    lost = [one for one in acknowledged if one not in there]
    return [f"corrupt: {told}"] * (told != "ok") + [f"lost: {len(lost)} runs are not in {file.parent}"] * bool(lost)


def soak(folder: Path, minutes: int, seed: int) -> tuple[int, list[str], list[str]]:
    """20 requests and 2 runs a second for so many minutes: memory, descriptors and files stay as they are."""
    lab = StormLab(folder / "lab").make()
    over = threading.Event()
    violations: list[str] = []
    samples: dict[str, list[float]] = {}
    with storming(lab, violations, over):
        lab.start()
        threads = [
            threading.Thread(target=_steadily, args=(lab, over, 2.0)),
            threading.Thread(target=_look_around, args=(lab, over, random.Random(seed))),
        ]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            time.sleep(min(5.0, 3.0 * minutes))
            for name, value in _usage(lab).items():
                samples.setdefault(name, []).append(value)
        over.set()
        for thread in threads:
            thread.join()
        violations += ended(lab)
    told = []
    for name, values in samples.items():
        third = max(1, len(values) // 3)
        first, last = statistics.median(values[third : 2 * third] or values), statistics.median(values[-third:])
        told.append(f"{name} {first:.0f} then {last:.0f}")
        room = _ROOM_MEGABYTES if "MB" in name else 4
        if last > 1.1 * first + room:
            violations.append(f"{name} grew from {first:.0f} to {last:.0f}")
    return len(lab.acks), violations, [f"{minutes} minutes", *told]


def _usage(lab: StormLab) -> dict[str, float]:
    found: dict[str, float] = {}
    for role in ("supervisor", "web", "zygote"):
        for pid in lab.pids(role)[:1]:
            try:
                process = psutil.Process(pid)
                found[f"{role} MB"] = process.memory_info().rss / 2**20
                found[f"{role} descriptors"] = process.num_fds()
            except psutil.Error:
                continue
    found["working folders"] = len(list((lab.results / "work").glob("*")))
    found["incoming files"] = len(list((lab.results / "files" / "incoming").glob("*")))
    return found


def _steadily(lab: StormLab, over: threading.Event, per_second: float) -> None:
    number = 0
    while not over.wait(1 / per_second):
        number += 1
        lab.begin(("once", "thrice", "warm")[number % 3], seconds=0.05)


def _look_around(lab: StormLab, over: threading.Event, chance: random.Random) -> None:
    pages: list[Callable[[], str]] = [
        lambda: "/api/v1/runs?limit=50",
        lambda: "/api/v1/experiments",
        lambda: "/api/v1/health",
        lambda: f"/status/{lab.acks[-1].id}" if lab.acks else "/api/v1/health",
        lambda: f"/api/v1/runs/{lab.acks[-1].id}/metrics" if lab.acks else "/api/v1/health",
        lambda: f"/api/v1/runs/{lab.acks[-1].id}/logs" if lab.acks else "/api/v1/health",
    ]
    while not over.wait(1 / 20):
        lab.ask("GET", chance.choice(pages)())
