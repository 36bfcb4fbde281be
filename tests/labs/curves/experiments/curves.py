"""Runs whose metrics have every shape that a chart meets."""

from __future__ import annotations

import math
import time
from pathlib import Path

from flasklab import experiment, run

SPIKE = 1000.0  # the one value that no curve may lose


@experiment
def spiky(points: int = 20_000) -> None:
    """Two metrics of many points that each leave their path once, and one of few points."""
    for step in range(points):
        loss = math.exp(-3 * step / points) + 0.1 * math.sin(step)
        run.log(step=step, loss=SPIKE if step == points // 4 else loss, rate=1 / (1 + step))
    for step in range(5):
        run.log(step=step * points // 5, accuracy=step / 5)


@experiment
def many(metrics: int = 200, points: int = 20) -> None:
    """More metrics than fit on any screen, in sections."""
    for step in range(points):
        run.log({f"layer{number // 20}/weight{number:03}": number + step for number in range(metrics)}, step=step)


@experiment
def odd() -> None:
    """Below zero, with gaps, alone, split in two, in exponents, and with a name that is markup."""
    run.log(step=7, alone=3.25)
    for step in range(1, 101):
        run.log(step=step, wave=math.sin(step / 8), gaps=math.nan if step % 20 in range(5) else step)
        run.log({"train/loss": 2 / step, "<b>&\"'": step * 1e-12}, step=step)
        if step % 10 == 0:
            run.log({"val/loss": 2.5 / step}, step=step)


@experiment
def growing(gate: str = "", gates: int = 4) -> None:
    """Log more with each line of a file.

    Args:
        gate: the file whose lines open the gates
        gates: how many there are
    """
    for number in range(1, gates + 1):
        while Path(gate).read_text(encoding="utf-8").count("\n") < number:
            time.sleep(0.02)
        for step in range(10 * (number - 1), 10 * number):
            run.log(step=step, height=step)
        if number == 2:
            run.log(step=0, late=1)
