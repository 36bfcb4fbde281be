"""Experiments whose workers speak: threads, forks, spawned interpreters, hooks at the end."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from flasklab import experiment, run

CALLS = 300


def say(worker: int) -> int:
    """Log and show something from wherever this runs; the process's id."""
    for step in range(CALLS):
        run.log({f"worker {worker}": step / 2}, step=step)
    run.show({"worker": worker, "pid": os.getpid()}, name=f"shown by {worker}")
    run.note(f"note of {worker}")
    assert run.params["way"]
    assert run.id == os.environ["FLASKLAB_RUN_ID"]
    return os.getpid()


@experiment
def workers(way: str) -> dict[str, Any]:
    """Let four workers say the same."""
    if way == "threads":
        threads = [threading.Thread(target=say, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"processes": 1}
    if way == "joblib":
        pids = Parallel(n_jobs=2)(delayed(say)(number) for number in range(4))
    elif way == "script":
        code = "from experiments.workers import say; import sys; print(say(int(sys.argv[1])))"
        command = [sys.executable, "-c", code]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        pids = [int(subprocess.check_output([*command, str(number)], env=environment)) for number in range(4)]
    else:
        with multiprocessing.get_context(way).Pool(2) as pool:
            pids = pool.map(say, range(4), chunksize=1)
            pool.close()
            pool.join()
    return {"processes": len({os.getpid(), *pids})}


@experiment
def last_words() -> None:
    """Log from a fork that lives on for a moment, and when the interpreter exits."""
    atexit.register(lambda: run.log(at_exit=1.0))
    if os.fork() == 0:
        run.log(in_fork=1.0)
        os._exit(0)
    os.wait()


@experiment(timeout="40s")
def pools(count: int = 30) -> int:
    """Make pools and terminate them at once, as leaving their `with` block does."""
    for _ in range(count):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map(abs, range(4))
    return count
