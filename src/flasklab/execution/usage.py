"""What the processes of a run use, read where the system tells it: CPU time, memory, bytes from and to the disk.

On Linux straight from /proc, since the supervisor's loop must not wait for it; elsewhere by psutil.

Memory is what a run holds beyond what it shares with the process that holds the experiments: the larger of what its
processes hold alone (unique set size) and their proportional share without anything of that process (so that what the
run's own workers share counts once). The kernel walks all pages of a process to tell that, 1 ms for 100 MB, so it is
asked in proportion to what it costs; between two answers the change in resident memory, which costs nothing, is added.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINUX = sys.platform == "linux"
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_MOST_SHARE = 0.001  # of one core, spent on having a process's pages counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a run's processes have used so far, and hold now."""

    cpu_seconds: float  # of living processes and those that they waited for
    read_bytes: int | None  # from the disk, not the page cache; None where the system does not tell
    written_bytes: int | None
    pids: frozenset[int]  # the processes


@dataclass(slots=True)
class _Counted:
    """A process's memory when its pages were last counted."""

    alone: int  # bytes of its own
    share: int  # bytes, shared ones divided among those who share them
    resident: int
    again_at: float  # monotonic time from which they may be counted again


class ProcessTree:
    """The processes of one run: a process and its descendants, whose orphans are its own children.

    Args:
        pid: the process that runs the experiment
        zygote: the process that it was forked from
    """

    def __init__(self, pid: int, zygote: int) -> None:
        self._pid = pid
        self._zygote = zygote
        self._counted: dict[int, _Counted] = {}

    def usage(self) -> Usage:
        """What they have used by now."""
        return _proc_usage(self._pid) if _LINUX else _psutil_usage(self._pid)

    def held_bytes(self, *, exactly: bool = False) -> int:
        """Bytes of memory that they hold; 0 once they are gone.

        Args:
            exactly: count all pages now, whatever it costs
        """
        if not _LINUX:
            return _psutil_held(self._pid)
        now = time.monotonic()
        counted, alone, share = {}, 0, 0
        for pid in _tree(self._pid):
            with contextlib.suppress(OSError, ValueError, IndexError):
                resident = int(_read(f"/proc/{pid}/statm").split()[1]) * _PAGE
                known = self._counted.get(pid)
                if known is None or exactly or now >= known.again_at:
                    known = _count_pages(pid, resident)
                counted[pid] = known
                alone += max(0, known.alone + resident - known.resident)
                share += max(0, known.share + resident - known.resident)
        self._counted = counted
        return max(alone, share - self._shared_with_zygote())

    def _shared_with_zygote(self) -> int:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(_read(f"/proc/{self._zygote}/statm").split()[1]) * _PAGE
        return 0


def network() -> tuple[int, int]:
    """Bytes that this machine has received and sent, those to itself left out."""
    if _LINUX:
        received = sent = 0
        with contextlib.suppress(OSError, ValueError, IndexError):
            for line in _read("/proc/net/dev").splitlines()[2:]:
                name, _, counts = line.partition(b":")
                if name.strip() != b"lo":
                    numbers = counts.split()
                    received, sent = received + int(numbers[0]), sent + int(numbers[8])
        return received, sent
    counters = psutil.net_io_counters(pernic=True)
    others = [one for name, one in counters.items() if not name.startswith("lo")]
    return sum(one.bytes_recv for one in others), sum(one.bytes_sent for one in others)


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY)
    try:
        data = piece = os.read(fd, 1 << 16)
        while len(piece) == 1 << 16:
            piece = os.read(fd, 1 << 16)
            data += piece
        return data
    finally:
        os.close(fd)


def _tree(pid: int) -> Iterator[int]:
    """A process and its descendants, those in other sessions too."""
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        yield one
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{one}/task"):  # noqa: PTH208 - names alone, and many times a second
                with contextlib.suppress(OSError):
                    waiting += map(int, _read(f"/proc/{one}/task/{thread}/children").split())


def _proc_usage(pid: int) -> Usage:
    ticks, read, written, told = 0, 0, 0, False
    pids = set()
    for one in _tree(pid):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # After the name, which may hold anything: state is field 3, times are 14 to 17.
            fields = _read(f"/proc/{one}/stat").rpartition(b")")[2].split()
            ticks += sum(map(int, fields[11:15]))
            pids.add(one)
        with contextlib.suppress(OSError, ValueError, IndexError):
            lines = dict(line.split(b": ") for line in _read(f"/proc/{one}/io").splitlines())
            read, written = read + int(lines[b"read_bytes"]), written + int(lines[b"write_bytes"])
            told = True
    return Usage(
        cpu_seconds=ticks / _TICKS,
        read_bytes=read if told else None,
        written_bytes=written if told else None,
        pids=frozenset(pids),
    )


def _count_pages(pid: int, resident: int) -> _Counted:
    began = time.monotonic()
    try:
        lines = _read(f"/proc/{pid}/smaps_rollup").splitlines()[1:]
        sizes = {name: int(size.split()[0]) * 1024 for name, _, size in (line.partition(b":") for line in lines)}
        alone = sizes[b"Private_Clean"] + sizes[b"Private_Dirty"]
        share = sizes[b"Pss"]
    except (OSError, ValueError, IndexError, KeyError):  # an old kernel, or a process that is just ending
        alone = share = resident
    ended = time.monotonic()
    return _Counted(alone=alone, share=share, resident=resident, again_at=ended + (ended - began) / _MOST_SHARE)


def _psutil_tree(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def _psutil_usage(pid: int) -> Usage:
    cpu, pids = 0.0, set()
    for one in _psutil_tree(pid):
        with contextlib.suppress(psutil.Error):
            times = one.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
            pids.add(one.pid)
    return Usage(cpu_seconds=cpu, read_bytes=None, written_bytes=None, pids=frozenset(pids))


def _psutil_held(pid: int) -> int:
    total = 0
    for one in _psutil_tree(pid):
        with contextlib.suppress(psutil.Error):
            total += one.memory_full_info().uss
    return total
