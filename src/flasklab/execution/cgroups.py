"""A control group for each attempt, where the system lets the lab make them (cgroup v2, Linux).

The kernel then holds the memory limit itself, byte for byte and without a look once a second, ends the whole run
where it is passed, and knows every process of it, however it has detached itself. A group is made below that of the
supervisor. That needs write access to it, as root in a container has, or a service with systemd's `Delegate=yes`; and
since the kernel gives memory only to groups whose parent holds no processes, those of the lab move into a group of
their own first, if nobody else's are among them. Without all that, resident memory is watched.

See https://docs.kernel.org/admin-guide/cgroup-v2.html.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import time
from pathlib import Path
from typing import Final

log = logging.getLogger("flasklab.supervisor")

MOUNT: Final = Path("/sys/fs/cgroup")
_OWN: Final = "flasklab-lab"  # where the lab's own processes go
_PATIENCE_SECONDS = 1.0  # for a killed group to be empty


class NoGroupsError(Exception):
    """Groups cannot be made; the message says why, as the end of a sentence."""


class Groups:
    """Makes groups below one folder of the control groups' file system."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder

    def make(self, name: str, memory_bytes: int | None) -> Path | None:
        """A group for one attempt, or None where none can be had (again).

        Args:
            name: of the attempt
            memory_bytes: the most memory of all its processes together; None is no limit
        """
        path = self.folder / f"flasklab-{name}"
        try:
            path.mkdir(exist_ok=True)
            if memory_bytes is not None:
                (path / "memory.max").write_text(str(memory_bytes), encoding="ascii")
                with contextlib.suppress(OSError):  # no swap here
                    (path / "memory.swap.max").write_text("0", encoding="ascii")
            (path / "memory.oom.group").write_text("1", encoding="ascii")
        except OSError as error:
            log.warning("no control group could be made, so memory is watched instead: %s", error)
            discard(path)
            return None
        return path


def find_groups(
    mount: Path = MOUNT, own: Path = Path("/proc/self/cgroup"), family: frozenset[int] | None = None
) -> Groups:
    """Where groups can be made; makes room for them.

    Args:
        mount: where the control groups' file system is
        own: the file that names this process's group
        family: pids of the lab's own processes; found out when not given

    Raises:
        NoGroupsError: nowhere, and why.
    """
    folder = would_make_groups(mount, own)
    if "memory" not in _text(folder / "cgroup.subtree_control").split():
        _hand_down(folder, _family() if family is None else family)
    return Groups(folder)


def would_make_groups(mount: Path = MOUNT, own: Path = Path("/proc/self/cgroup")) -> Path:
    """The folder in which groups can be made as far as its rights tell; changes nothing.

    Raises:
        NoGroupsError: nowhere, and why.
    """
    if not (mount / "cgroup.controllers").is_file():
        raise NoGroupsError("this system has no control groups of version 2")
    match = re.search(r"^0::(/.*)$", _text(own), re.MULTILINE)
    folder = mount / match[1].strip().lstrip("/") if match else mount
    if folder.name == _OWN:
        folder = folder.parent
    if "memory" not in _text(folder / "cgroup.controllers").split():
        raise NoGroupsError("memory is not left to this control group")
    if not os.access(folder, os.W_OK) or not os.access(folder / "cgroup.subtree_control", os.W_OK):
        raise NoGroupsError("this control group cannot be written (systemd's Delegate=yes lets a service do so)")
    return folder


def _hand_down(folder: Path, family: frozenset[int]) -> None:
    """Let groups below have memory limits, after the lab's processes have left the folder itself."""
    inside = {int(pid) for pid in _text(folder / "cgroup.procs").split()}
    if inside - family:
        raise NoGroupsError("other processes than the lab's are in this control group")
    try:
        (folder / _OWN).mkdir(exist_ok=True)
        for pid in inside:
            with contextlib.suppress(ProcessLookupError):
                (folder / _OWN / "cgroup.procs").write_text(str(pid), encoding="ascii")
        (folder / "cgroup.subtree_control").write_text("+memory", encoding="ascii")
    except OSError as error:
        raise NoGroupsError(f"this control group cannot be divided ({error.strerror})") from None


@functools.cache
def groups_here() -> Groups | None:
    """Where this process can make groups; None where it cannot. Found out once."""
    try:
        return find_groups()
    except NoGroupsError:
        return None


def group_for(name: str, memory_bytes: int | None) -> Path | None:
    """A group for an attempt that has a memory limit, where one can be had."""
    groups = None if memory_bytes is None else groups_here()
    return None if groups is None else groups.make(name, memory_bytes)


def join(group: Path) -> None:
    """Move this process, and with it all that it will start, into a group; nothing happens where that fails."""
    with contextlib.suppress(OSError):
        (group / "cgroup.procs").write_text("0", encoding="ascii")


def was_out_of_memory(group: Path) -> bool:
    """Whether the kernel ended processes of the group for lack of memory."""
    found = re.search(r"^oom_kill ([0-9]+)$", _text(group / "memory.events"), re.MULTILINE)
    return found is not None and int(found[1]) > 0


def kill(group: Path) -> None:
    """Kill every process of a group, whatever has become of its parents."""
    with contextlib.suppress(OSError):
        (group / "cgroup.kill").write_text("1", encoding="ascii")


def discard(group: Path) -> None:
    """Kill what is left in a group and remove it; one that stays is of no harm."""
    kill(group)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)
        else:
            return


def oom_kills(vmstat: Path = Path("/proc/vmstat")) -> int:
    """How many processes the kernel has killed for lack of memory since the machine started; 0 where it is not told."""
    found = re.search(r"^oom_kill ([0-9]+)$", _text(vmstat), re.MULTILINE)
    return int(found[1]) if found else 0


def oom_kills_lately() -> int:
    """The same as of the last second: a start must not pay for the kernel's counting."""
    return _oom_kills_in(int(time.monotonic()))


@functools.lru_cache(maxsize=1)
def _oom_kills_in(_second: int) -> int:
    return oom_kills()


def _family() -> frozenset[int]:
    """This process, its parent (`flasklab serve`) and all that they have started."""
    import psutil

    parent = psutil.Process(os.getppid())
    top = parent if parent.pid > 1 else psutil.Process()
    return frozenset({top.pid, os.getpid(), *(one.pid for one in top.children(recursive=True))})


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
