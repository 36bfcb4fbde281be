"""System metrics: what a run's processes use of the machine, as curves over the seconds since its attempt began.

They are kept as metrics under names of their own, and are never listed among those that the experiment logged.
"""

from __future__ import annotations

import re
from typing import Final

CPU: Final = "system/cpu"
MEMORY: Final = "system/memory"
DISK_READ: Final = "system/disk_read"
DISK_WRITE: Final = "system/disk_write"
NET_IN: Final = "system/net_in"
NET_OUT: Final = "system/net_out"

_TITLES: Final = {
    CPU: ("CPU, all processes of the run", "% of a core"),
    MEMORY: ("Memory, all processes of the run", "MiB"),
    DISK_READ: ("Disk, read", "MiB/s"),
    DISK_WRITE: ("Disk, written", "MiB/s"),
    NET_IN: ("Network in, the whole machine", "MiB/s"),
    NET_OUT: ("Network out, the whole machine", "MiB/s"),
}
_GPU: Final = re.compile(r"system/gpu(0|[1-9][0-9]{0,3})(_memory)?")


def gpu(index: int) -> str:
    """How busy a GPU is, whoever keeps it busy."""
    return f"system/gpu{index}"


def gpu_memory(index: int) -> str:
    """What the run's processes hold of a GPU's memory."""
    return f"system/gpu{index}_memory"


def is_system(key: str) -> bool:
    """Whether a metric's name is that of a system metric."""
    return key in _TITLES or _GPU.fullmatch(key) is not None


def titled(key: str) -> tuple[str, str]:
    """Title and unit of a system metric; a key that is none is its own title, without a unit."""
    if key in _TITLES:
        return _TITLES[key]
    found = _GPU.fullmatch(key)
    if found is None:
        return key, ""
    return (f"GPU {found[1]}, memory", "MiB") if found[2] else (f"GPU {found[1]}, busy", "%")
