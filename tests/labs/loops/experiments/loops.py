"""Loops that people watch, with tqdm's bars and without."""

from __future__ import annotations

import time

from tqdm.auto import tqdm

from flasklab import experiment, run


@experiment
def bars(epochs: int = 3, batches: int = 20, seconds: float = 0.05) -> None:
    """Two bars of tqdm's, one within the other."""
    for _ in tqdm(range(epochs), desc="epoch"):
        for _ in tqdm(range(batches), unit=" batch", leave=False):
            time.sleep(seconds)


@experiment
def tracked(items: int = 100, seconds: float = 0.1) -> None:
    """One loop, in images."""
    for item in run.track(range(items), unit="image"):
        run.log(step=item, loss=1 / (1 + item))
        time.sleep(seconds)


@experiment
def busy(seconds: float = 2.5, mebibytes: int = 64) -> None:
    """Hold memory and use a processor."""
    held = b"x" * (mebibytes * 2**20)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        run.log(length=len(held))
        sum(range(100_000))
