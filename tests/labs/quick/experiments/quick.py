"""Experiments that begin at once."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from flasklab import experiment, run

_calls: list[int] = []


@experiment(isolation="warm")
def counts(param: float = 21.0, fails: bool = False, leaves: str = "") -> dict[str, float]:
    """Say how often this process was used."""
    _calls.append(1)
    print(f"call {len(_calls)} with {param:g}")
    run.log(step=len(_calls), param=param)
    if fails:
        raise ValueError("on purpose")
    if leaves == "file":
        Path("left.txt").write_text(f"{param:g}")
    elif leaves == "thread":
        threading.Thread(target=time.sleep, args=(0.2,)).start()
    elif leaves == "saved":
        run.save("kept.txt", f"{param:g}".encode())
    return {"output": 2 * param, "calls": len(_calls), "pid": os.getpid()}


@experiment(isolation="warm")
def lasts(seconds: float = 60.0) -> int:
    """Take a while."""
    time.sleep(seconds)
    return os.getpid()


@experiment
def fresh(param: float = 21.0) -> dict[str, float]:
    """Say how often this process was used."""
    _calls.append(1)
    return {"output": 2 * param, "calls": len(_calls), "pid": os.getpid()}


@experiment
def hooks() -> int:
    """Leave something to the end of the process."""
    import atexit

    atexit.register(lambda: (Path("late.txt").write_text("late"), print("the last word")))
    return 1
