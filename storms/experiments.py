"""What the storms' labs run: each run notes down, past the lab, when its code begins and ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from flasklab import experiment, run
from flasklab.recording.proxy import current_recorder

LEDGER = Path(os.environ.get("FLASKLAB_TEST_LEDGER", "."))
POINTS = 5


def note(*words: object) -> None:
    """Append a line to this run's ledger; the kernel writes it whole."""
    fd = os.open(LEDGER / run.id, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(fd, (" ".join(map(str, words)) + "\n").encode())
    os.close(fd)


def started(pid: int) -> str:
    """When a process began, in ticks since the boot; "" when it is gone or a zombie."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if words[0] in "ZX" else words[19]


def begin() -> int:
    """Note that the code begins, and whether an earlier attempt's process still lives; the attempt's number."""
    attempt, pid = current_recorder().facts.attempt, os.getpid()
    lines = (LEDGER / run.id).read_text(encoding="ascii").splitlines() if (LEDGER / run.id).exists() else []
    note("begin", attempt, pid, started(pid))
    for words in (line.split() for line in lines):
        if words[0] == "begin" and int(words[2]) != pid and started(int(words[2])) == words[3]:
            note("overlap", attempt, "while", words[1], "lives")
    return attempt


def work(seconds: float, files: bool) -> dict[str, int]:
    """Log, write files, and say which attempt has done it."""
    attempt = begin()
    for step in range(POINTS):
        run.log(step=step, value=attempt)
        time.sleep(seconds / POINTS)
    if files:
        run.save("saved.txt", f"{run.id} {attempt}")
        Path("left.txt").write_text(f"left {run.id} {attempt}", encoding="ascii")
        print("a line of the log")
    note("end", attempt)
    return {"attempt": attempt}


@experiment
def once(seconds: float = 0.1, files: bool = True) -> dict[str, int]:
    """May begin once."""
    return work(seconds, files)


@experiment(retries=2, retry_wait=0.2)
def thrice(seconds: float = 0.1, files: bool = True) -> dict[str, int]:
    """May begin three times."""
    return work(seconds, files)


@experiment(isolation="warm", retries=1, retry_wait=0.2)
def warm(seconds: float = 0.02, files: bool = False) -> dict[str, int]:
    """In a process that serves run after run; may begin twice."""
    return work(seconds, files)


@experiment
def escapes(how: str = "setsid", seconds: float = 0.2) -> dict[str, int]:
    """Leave a process behind that goes on writing to the ledger, by another way out of the run's group each time."""
    attempt = begin()
    code = (
        "import os, sys, time\n"
        "how, ledger = sys.argv[1:3]\n"
        "os.setsid()\n"
        "if how != 'setsid' and os.fork():\n    os._exit(0)\n"
        "if how == 'twice':\n    os.setsid()\n    if os.fork(): os._exit(0)\n"
        "end = time.monotonic() + 60\n"
        "while time.monotonic() < end:\n"
        "    fd = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n"
        "    os.write(fd, b'stray %d %.3f\\n' % (os.getpid(), time.monotonic()))\n"
        "    os.close(fd)\n"
        "    time.sleep(0.02)\n"
    )
    subprocess.Popen([sys.executable, "-S", "-E", "-c", code, how, str(LEDGER / run.id)])
    deadline = time.monotonic() + 10
    while "stray" not in (LEDGER / run.id).read_text(encoding="ascii") and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(seconds)
    note("end", attempt)
    return {"attempt": attempt}


@experiment(memory="150 MiB")
def eats(megabytes: int = 200, seconds: float = 30) -> dict[str, int]:
    """Take memory."""
    attempt = begin()
    held = bytearray(megabytes * 2**20)
    for at in range(0, len(held), 4096):
        held[at] = 1
    time.sleep(seconds)
    note("end", attempt)
    return {"attempt": attempt}


@experiment
def prints(megabytes: float = 1, how: str = "lines", seconds: float = 0) -> dict[str, int]:
    """Print a lot: "lines", one "long" line, "binary", or with its descriptors "closed"."""
    attempt = begin()
    size = int(megabytes * 2**20)
    if how == "long":
        os.write(1, b"x")
        piece = b"y" * 65536
        for _ in range(size // len(piece)):
            os.write(1, piece)
    elif how == "closed":
        os.closerange(0, 256)
    else:
        piece = os.urandom(65536) if how == "binary" else (b"z" * 99 + b"\n") * 655
        for _ in range(size // len(piece)):
            rest = piece
            while rest:
                rest = rest[os.write(1, rest) :]
    time.sleep(seconds)
    note("end", attempt)
    return {"attempt": attempt}
