"""R9: the database's log is cut off at a random byte, as by a power cut; R14: floods of output."""

from __future__ import annotations

import os
import random
import shutil
import time
from typing import TYPE_CHECKING

from storms.judging import judge, storming, whole
from storms.lab import StormLab

if TYPE_CHECKING:
    from pathlib import Path

_RUNS = 60


def cut_storm(folder: Path, n: int, seed: int) -> tuple[list[str], list[str]]:
    """Kill a lab, cut copies of its log n times: whole, with every start that was acknowledged before the cut."""
    chance = random.Random(seed)
    lab = StormLab(folder / "lab").make()
    log = lab.results / "lab.db-wal"
    at_ack: dict[str, tuple[bytes, int]] = {}  # run id -> salt of the log, its bytes, once it was acknowledged
    try:
        lab.start()
        for at in range(_RUNS):
            ack = lab.begin(("once", "warm")[at % 2], seconds=0.02)
            assert ack is not None
            at_ack[ack.id] = (_salt(log), log.stat().st_size)
        lab.kill_tree()
    except (TimeoutError, OSError) as error:
        return [f"stuck: {error}"], []
    finally:
        lab.end_everything()
    salt, size = _salt(log), log.stat().st_size
    violations = []
    copy = folder / "cut"
    copy.mkdir()
    for at in range(n):
        cut = chance.randrange(size + 1)
        shutil.copyfile(lab.results / "lab.db", copy / "lab.db")
        shutil.copyfile(log, copy / "lab.db-wal")
        (copy / "lab.db-shm").unlink(missing_ok=True)
        os.truncate(copy / "lab.db-wal", cut)
        told, there = whole(copy / "lab.db")
        if told != "ok":
            violations.append(f"corrupt, cut {at} at {cut}: {told}")
        for run_id, (its_salt, its_size) in at_ack.items():
            if run_id not in there and (its_salt != salt or its_size <= cut):
                violations.append(f"lost: {run_id}, acknowledged at {its_size}, cut at {cut}")
    return violations, [f"{len(at_ack)} starts, {size:,} bytes of log"]


def _salt(log: Path) -> bytes:
    """What tells one filling of the log from the next."""
    with log.open("rb") as file:
        return file.read(32)[16:24]


def flood_storm(folder: Path, megabytes: float, times: int) -> tuple[int, list[str], list[str]]:
    """Floods of output: lines, one long line, bytes that are no text, closed descriptors. Nothing hangs meanwhile."""
    lab = StormLab(folder / "lab", environ={"FLASKLAB_MAX_LOG": "64 MiB"}).make()
    violations: list[str] = []
    slowest = 0.0
    with storming(lab, violations):
        lab.start()
        for how, size in (("lines", megabytes), ("long", 10.0), ("binary", megabytes / 10), ("closed", 0.0)):
            for _ in range(times if how != "lines" else 1):
                ack = lab.begin("prints", megabytes=size, how=how)
                assert ack is not None
                deadline = time.monotonic() + 120
                while not (state := _final(lab, ack.id)) and time.monotonic() < deadline:
                    began = time.monotonic()
                    lab.ask("GET", "/api/v1/health")
                    slowest = max(slowest, time.monotonic() - began)
                    time.sleep(0.05)
                if state != "succeeded":
                    violations.append(f"{how}: {state or 'deadlock'}")
        lab.stop()
        violations += judge(lab)
    return (
        len(lab.acks),
        violations,
        [f"{megabytes:,.0f} MiB of lines, slowest answer meanwhile {slowest * 1000:.0f} ms"],
    )


def _final(lab: StormLab, run_id: str) -> str:
    state = lab.state(run_id)
    return "" if state in {"", "queued", "running"} else state
