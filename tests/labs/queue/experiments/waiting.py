"""Runs that wait for each other, for units, for a moment, or for their next try; a file's lines let them go on."""

from __future__ import annotations

import os
import time
from pathlib import Path

from flasklab import experiment, run


class UnluckyError(ConnectionError):
    """Fails for now."""


@experiment(retries=2, retry_on=(ConnectionError,), retry_wait=0.05)
def flaky(tries: str, until: int = 3) -> dict[str, int]:
    """Fail until it has been tried so often.

    Args:
        tries: a file that gets a line with each try
        until: the try that succeeds
    """
    count = _note(tries)
    run.tag(f"try {count}")
    run.note(f"note of try {count}")
    run.log(step=0, count=count)
    if count < until:
        raise UnluckyError(f"try {count} failed")
    return {"tries": count}


@experiment(retries=2, retry_on=(ConnectionError,))
def wrong(tries: str) -> None:
    """Fail with something that another try does not mend."""
    _note(tries)
    raise ValueError("wrong")


@experiment(retries=1, retry_on=OSError, retry_wait="1h")
def patient(tries: str) -> None:
    """Fail, and be tried again in an hour."""
    _note(tries)
    raise UnluckyError("not now")


@experiment(concurrency=1)
def single(gate: str = "") -> None:
    """Be the only one of its kind."""
    _pass(gate)


@experiment(resources={"gpu": 1})
def device(gate: str = "") -> dict[str, str]:
    """Take a GPU."""
    _pass(gate)
    return {"device": os.environ.get("CUDA_VISIBLE_DEVICES", "")}


@experiment(resources={"gpu": 3})
def large() -> None:
    """Take more than there is."""


@experiment(priority=-1)
def order(name: str, into: str) -> None:
    """Write its name down when it runs.

    Args:
        name: what is written
        into: a file
    """
    with Path(into).open("a", encoding="utf-8") as file:
        file.write(f"{name}\n")


def _note(tries: str) -> int:
    with Path(tries).open("a", encoding="utf-8") as file:
        file.write("x\n")
    return len(Path(tries).read_text(encoding="utf-8").splitlines())


def _pass(gate: str) -> None:
    while gate and not Path(gate).exists():
        time.sleep(0.02)
