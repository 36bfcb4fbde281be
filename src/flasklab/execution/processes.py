"""What the operating system offers for keeping hold of a run's processes, and what to do where it offers less.

Linux gives a parent-death signal, subreapers and a list of children; elsewhere the process group has to do.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform == "linux"

# A variable in the environment of every process that a lab's zygote started, whatever became of its parents.
ZYGOTE_VARIABLE = "FLASKLAB_RUN_ZYGOTE"


def _prctl(option: int, value: int) -> None:
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def die_with_parent(signum: int = signal.SIGKILL) -> None:
    """Ask for `signum` when the parent dies; 0 takes the wish back. Nothing happens outside Linux."""
    _prctl(_PR_SET_PDEATHSIG, signum)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies. Nothing happens outside Linux."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def children() -> set[int]:
    """The pids of this process's children, dead ones not yet waited for included; empty outside Linux."""
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    except OSError:
        return set()
    return {int(pid) for pid in listed.split()}


def signal_group(pid: int, signum: int) -> bool:
    """Send `signum` to the group that `pid` leads, or to `pid` alone if it leads none yet; False if all are gone."""
    try:
        os.killpg(pid, signum)
    except ProcessLookupError:
        try:
            os.kill(pid, signum)
        except (ProcessLookupError, PermissionError):  # gone, or another user's by now
            return False
    except PermissionError:  # macOS says so of a group of zombies
        return False
    return True


def group_exists(pid: int) -> bool:
    """Whether any process, dead ones not yet waited for included, is in the group that `pid` led."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    return True


def waits_for_disk(pid: int) -> bool:
    """Whether the kernel holds the process until a disk has answered; not even KILL ends it sooner."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"D"
    except (OSError, IndexError):
        return False


def leftovers(results: Path, keep: str) -> list[int]:
    """Pids of processes that an earlier supervisor of the lab in `results` left behind.

    Args:
        results: the lab's results folder; part of the mark that its zygotes hand down
        keep: the mark of the present supervisor, whose processes are not meant
    """
    mine = f"{ZYGOTE_VARIABLE}=".encode()
    lab = f"@{results}".encode()
    found = []
    for entry in Path("/proc").iterdir() if _LINUX else ():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            marks = [one for one in (entry / "environ").read_bytes().split(b"\0") if one.startswith(mine)]
            if any(mark.endswith(lab) and keep.encode() not in mark for mark in marks):
                found.append(int(entry.name))
    return found


def boot_id() -> str:
    """An id that changes whenever the machine starts; "" where the system tells none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
