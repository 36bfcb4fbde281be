"""Experiments that end in every way a process can end."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flasklab import experiment, run
from flasklab.recording.proxy import current_recorder

if TYPE_CHECKING:
    from collections.abc import Generator


@experiment
def double(param: float = 21.0) -> dict[str, float]:
    """Twice the parameter."""
    return {"output": 2 * param}


@experiment
def raises(message: str = "nothing fits") -> None:
    """Fail with an exception."""
    print("about to fail")
    raise ValueError(message)


@experiment
def exits(code: int = 3) -> None:
    """Call sys.exit."""
    print("leaving")
    sys.exit(code)


@experiment
def vanishes(code: int = 0) -> None:
    """Call os._exit, as a library may."""
    print("vanishing", flush=True)
    os._exit(code)


@experiment
def crashes() -> None:
    """Touch memory that is not ours."""
    print("crashing", flush=True)
    ctypes.string_at(0)


@experiment
def sleeps(seconds: float = 60.0, mark: str = "") -> str:
    """Log once, then sleep; leaves a mark when it is asked to end."""
    run.log(step=0, started=1.0)
    try:
        time.sleep(seconds)
    finally:
        if mark:
            Path(mark).write_text("ended in peace", encoding="utf-8")
    return "slept"


@experiment
def stubborn() -> None:
    """Ignore every polite request to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    run.log(step=0, started=1.0)
    while True:
        time.sleep(0.1)


@experiment(timeout="1s")
def slow() -> None:
    """Run longer than allowed."""
    time.sleep(60)


@experiment(memory="64 MiB")
def greedy() -> None:
    """Hold more memory than allowed."""
    held = [b"x" * 2**20 for _ in range(200)]
    time.sleep(60)
    print(len(held))


@experiment
def floods(mebibytes: int = 8) -> int:
    """Print a lot."""
    line = "x" * 1023 + "\n"
    for _ in range(mebibytes * 1024):
        sys.stdout.write(line)
    print("the last line")
    return mebibytes


@experiment
def leaves_process(detached: bool = False) -> int:
    """Leave a process running that would write into the results later."""
    code = "import time; time.sleep(120)"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=detached)
    return process.pid


@experiment
def leaves_daemon() -> None:
    """Leave a process that has detached itself in every way."""
    first = os.fork()
    if first == 0:
        os.setsid()
        if os.fork() == 0:
            Path("daemon.pid").write_text(str(os.getpid()), encoding="utf-8")
            time.sleep(120)
        os._exit(0)
    os.waitpid(first, 0)
    while not Path("daemon.pid").exists():
        time.sleep(0.01)


@experiment
def leaves_thread() -> str:
    """Leave a thread running that never ends."""
    threading.Thread(target=time.sleep, args=(600,), name="forgotten").start()
    return "returned"


@experiment
def talks() -> None:
    """Say things in every way a library can."""
    print("printed")
    print("to stderr", file=sys.stderr)
    logging.getLogger("lab").info("logged")
    warnings.warn("warned", stacklevel=1)
    os.write(1, b"from a descriptor\n")
    subprocess.run([sys.executable, "-c", "print('from a subprocess')"], check=True)


@experiment
def yields(count: int = 3) -> Generator[dict[str, float], None, str]:
    """Log by yielding."""
    for step in range(count):
        yield {"step": step, "loss": 1 / (step + 1)}
    return "done"


@experiment
async def awaits() -> dict[str, int]:
    """Run in an event loop."""
    await asyncio.sleep(0.01)
    run.log(step=1, loss=0.5)
    return {"answer": 42}


@experiment
def leaves_files() -> None:
    """Write files without saying so, then die."""
    Path("table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    Path("deep/er").mkdir(parents=True)
    Path("deep/er/note.txt").write_text("kept", encoding="utf-8")
    os.kill(os.getpid(), signal.SIGKILL)


@experiment
def writes(mark: str) -> None:
    """Write a file, then take long."""
    Path("half.csv").write_text("a,b\n", encoding="utf-8")
    Path(mark).touch()
    time.sleep(60)


@experiment
def draws(seed: int | None = None) -> float:
    """Draw a number with the run's seed."""
    import random

    return random.random()


@experiment(retries=1)
def lost_once(ledger: str) -> str:
    """Die with the supervisor the first time, succeed the second."""
    with Path(ledger).open("a", encoding="utf-8") as out:
        out.write("begun\n")
    if len(Path(ledger).read_text(encoding="utf-8").splitlines()) == 1:
        time.sleep(60)
    return "second time lucky"


@experiment
def returns_twice() -> str:
    """Fork, and let the copy return first."""
    own = os.getpid()
    if os.fork() == 0:
        return "the copy"
    os.wait()
    time.sleep(0.2)
    return "the original" if os.getpid() == own else "somebody else"


@experiment
def stops_parent(seconds: float = 1.0) -> str:
    """Stop the process that holds the experiments."""
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(seconds)
    return "done"


@experiment
def speaks_nonsense() -> str:
    """Write into the pipe to the supervisor what is no event."""
    recorder = current_recorder()
    recorder.event({"type": "outcome", "state": "failed"})
    recorder.event({"type": "progress", "done": "much"})
    recorder.event({"type": "artifact", "path": 3})
    run.log(largest=sys.float_info.max)
    run.log(largest=sys.float_info.max)
    run.log(largest=sys.float_info.max)
    run.progress(float("nan"), float("inf"))
    run.progress(1, float("inf"), "nobody knows")
    return "said"


@experiment
def closes_everything() -> str:
    """Close every descriptor it may have, as a daemon does, and open files in their place."""
    os.closerange(3, 256)
    files = [Path(f"{number}.bin").open("wb") for number in range(20)]  # noqa: SIM115 - they stay open
    for step in range(100):
        run.log(step=step, loss=1.0)
    for file in files:
        file.close()
    return "closed"


@experiment
def nests() -> int:
    """Leave folders nested deeper than Python recurses."""
    for _ in range(1200):
        Path("d").mkdir()
        os.chdir("d")
    return 1200


@experiment
def configured(config: dict[str, Any] | None = None) -> str:
    """Take any JSON."""
    return type(config).__name__


@experiment
def fails_at_length() -> None:
    """Fail with a message of 80 MB."""
    raise ValueError("x" * 80_000_000)


@experiment(cancel_grace="20s")
def heeds(mark: str = "") -> dict[str, int]:
    """Look whether it is asked to end, and return what it has."""
    step = 0
    while not run.canceling:
        step += 1
        if mark:
            Path(mark).touch()
        time.sleep(0.01)
    return {"steps": step}


@experiment(cancel_grace="1s")
def looks_and_goes_on(mark: str = "", stubborn: bool = False) -> None:
    """Look, and then do as if nothing had been asked."""
    run.log(step=0, canceling=float(run.canceling))
    if stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        while True:
            time.sleep(0.01)
    finally:
        Path(mark).write_text(f"canceling={run.canceling}", encoding="utf-8")


@experiment(timeout="1s")
def heeds_its_time() -> str:
    """End by itself when its time is over."""
    while not run.canceling:
        time.sleep(0.01)
    return "what there was"


@experiment
def heeds_with_workers() -> list[int]:
    """Have forked and spawned workers look for themselves."""
    import multiprocessing

    pids = []
    run.log(step=0, canceling=float(run.canceling))
    for way in ("fork", "spawn"):
        with multiprocessing.get_context(way).Pool(1) as pool:
            pids.append(pool.apply(_wait_for_the_wish))
    return pids


def _wait_for_the_wish() -> int:
    run.tag("waits")
    while not run.canceling:
        time.sleep(0.01)
    return os.getpid()


@experiment(max_file="1 MiB")
def writes_too_much(elsewhere: bool = False) -> None:
    """Write a file that is larger than allowed."""
    if elsewhere:
        subprocess.run(["/bin/sh", "-c", "head -c 2000000 /dev/zero > large.bin"], check=True)
    Path("large.bin").write_bytes(bytes(2_000_000))


@experiment(retries=1)
def counts(ledger: str, steps: int = 20, die_at: int = 12, every: int = 5) -> list[int]:
    """Count to `steps`; the first attempt loses its supervisor at `die_at`."""
    state = run.restored or {"next": 0, "seen": []}
    with Path(ledger).open("a", encoding="utf-8") as out:
        out.write(f"{state['next']}\n")
    first = len(Path(ledger).read_text(encoding="utf-8").splitlines()) == 1
    for step in range(state["next"], steps):
        state["seen"].append(step)
        run.log(step=step, value=float(step))
        run.log(unnumbered=float(step))
        if (step + 1) % every == 0:
            run.checkpoint({**state, "next": step + 1})
        if first and step == die_at:
            Path(ledger + ".stuck").touch()
            time.sleep(60)
    return list(state["seen"])


@experiment
def checkpoints(count: int = 3, fail: bool = False) -> int:
    """Write checkpoints; go on from the number that the last one holds."""
    begin = run.restored or 0
    for number in range(begin + 1, begin + count + 1):
        run.checkpoint(number)
    run.checkpoint(lambda: "cannot be pickled")
    if fail:
        raise RuntimeError("after the last checkpoint")
    return begin


@experiment(timeout="1s")
def leaves_shared_memory(mark: str) -> None:
    """Hold shared memory, and ignore the wish to end, so that nobody is left to remove it."""
    from multiprocessing import shared_memory

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    held = shared_memory.SharedMemory(create=True, size=4096)
    Path(mark).write_text(held.name, encoding="utf-8")
    time.sleep(60)


@experiment(isolation="warm", max_file="1 MiB")
def heeds_warm(seconds: float = 0.0, mark: str = "") -> int:
    """Serve run after run, and look whether this one is to end."""
    run.checkpoint(seconds)
    end = time.monotonic() + seconds
    while not run.canceling and time.monotonic() < end:
        if mark:
            Path(mark).touch()
        time.sleep(0.01)
    return os.getpid()
