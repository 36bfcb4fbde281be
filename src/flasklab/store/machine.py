"""What tells machines, their boots and their time apart without a clock that anybody sets.

Wall-clock time is for people only: it jumps. Two other clocks decide. One counts from the boot and goes on while the
machine sleeps: a lease ages by it. The other stands still meanwhile: patience is measured by it, since nobody who
slept along with the machine was late.
"""

from __future__ import annotations

import functools
import platform
import subprocess
import sys
import time
from pathlib import Path

# CLOCK_MONOTONIC on Linux: the same for all processes of a boot, standing still while the machine sleeps.
awake_seconds = time.monotonic


def boot_seconds() -> float:
    """Seconds since the machine's boot, sleep included where the system tells."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@functools.cache
def boot_id() -> str:
    """A name of this boot of the machine; "" where the system has none."""
    if sys.platform == "darwin":
        return _said(("/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"))
    return _first_line("/proc/sys/kernel/random/boot_id")


@functools.cache
def machine_id() -> str:
    """A name of this machine; of several that were cloned from one image it may be the same."""
    return _first_line("/etc/machine-id") or platform.node()


def host_name() -> str:
    """The machine's name, for people."""
    return platform.node() or "an unnamed machine"


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _said(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603 - our own words
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
