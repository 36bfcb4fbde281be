"""R4: how soon a death is noticed; R6: the server is told to end at random moments."""

from __future__ import annotations

import random
import signal
import statistics
import threading
import time
from typing import TYPE_CHECKING

from storms.judging import ended, judge, storming
from storms.lab import StormLab, hit, settings

if TYPE_CHECKING:
    from pathlib import Path

_NOTICED_SECONDS = {"child": 1.0, "zygote": 1.0, "supervisor": 35.0}


def notice_storm(folder: Path, n: int, seed: int) -> tuple[list[str], list[str]]:
    """Kill a run's child, zygote or supervisor n times each; how long until the run's row says so."""
    chance = random.Random(seed)
    lab = StormLab(folder / "lab", patches=("quick-restarts",)).make()
    violations: list[str] = []
    took: dict[str, list[float]] = {target: [] for target in _NOTICED_SECONDS}
    with storming(lab, violations):
        lab.start()
        for target in [one for one in took for _ in range(n)]:
            ack = lab.begin("once", seconds=60, files=False)
            assert ack is not None
            lab.until(lambda run=ack.id: lab.noted(run, "begin") == 1, "a run did not begin")  # type: ignore[misc]
            time.sleep(chance.random() * 0.5)
            pids = lab.pids(target) if target != "child" else [lab.pid_of(ack.id)]
            began = time.monotonic()
            hit(pids[0])
            state = lab.finished(ack.id, _NOTICED_SECONDS[target] + 5)
            took[target].append(time.monotonic() - began)
            if state not in {"failed", "lost"} or took[target][-1] > _NOTICED_SECONDS[target]:
                violations.append(f"late: {target}'s death, {took[target][-1]:.1f} s, {state}")
        lab.stop()
        violations += judge(lab)
    told = [
        f"{target} median {statistics.median(all_of):.2f} s, longest {max(all_of):.2f} s"
        for target, all_of in took.items()
        if all_of
    ]
    return violations, told


def term_storm(folder: Path, n: int, seed: int) -> tuple[list[str], list[str]]:
    """Tell the server to end n times while runs go on, by SIGTERM or SIGINT, sometimes twice, and start it anew."""
    chance = random.Random(seed)
    lab = StormLab(folder / "lab", environ=settings(grace="1s")).make()
    violations: list[str] = []
    longest = 0.0
    with storming(lab, violations):
        for _ in range(n):
            lab.start()
            over = threading.Event()
            client = threading.Thread(target=_start_runs, args=(lab, over, random.Random(chance.random())))
            client.start()
            time.sleep(chance.random() * 1.5)
            began = time.monotonic()
            assert lab.process is not None
            signum = chance.choice((signal.SIGTERM, signal.SIGINT))
            lab.process.send_signal(signum)
            if chance.random() < 0.3:
                time.sleep(chance.random() * 0.5)
                lab.process.send_signal(signum)
            lab.stop(signum)
            longest = max(longest, time.monotonic() - began)
            over.set()
            client.join()
            violations += [f"orphan: {pid} after {signum.name}" for pid in lab.marked()]
            lab.end_everything()
        lab.start()
        violations += ended(lab)
    return violations, [f"{len(lab.acks)} runs, longest end {longest:.1f} s"]


def _start_runs(lab: StormLab, over: threading.Event, chance: random.Random) -> None:
    while not over.is_set():
        lab.begin(chance.choice(("once", "thrice", "warm")), patience=0.5, seconds=chance.random())
        time.sleep(chance.random() * 0.1)
