"""Control groups for attempts, on a tree of plain files that has the names of the real one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from flasklab.execution.cgroups import NoGroupsError, find_groups, kill, oom_kills, was_out_of_memory

if TYPE_CHECKING:
    from pathlib import Path


def tree(folder: Path, *, given: str = "cpu memory", handed: str = "", inside: str = "") -> tuple[Path, Path, Path]:
    """The file system's mount, the file that names the own group, and that group's folder."""
    mount = folder / "mount"
    own = mount / "lab.service"
    own.mkdir(parents=True)
    (mount / "cgroup.controllers").write_text("cpu memory", encoding="ascii")
    for name, text in (
        ("cgroup.controllers", given),
        ("cgroup.subtree_control", handed),
        ("cgroup.procs", inside),
    ):
        (own / name).write_text(text, encoding="ascii")
    names = folder / "cgroup"
    names.write_text("0::/lab.service\n", encoding="ascii")
    return mount, names, own


def test_a_group_gets_its_limit_where_memory_is_handed_down_already(tmp_path: Path) -> None:
    mount, names, own = tree(tmp_path, handed="memory")
    group = find_groups(mount, names).make("abc-1", 2**20)
    assert group == own / "flasklab-abc-1"
    assert (group / "memory.max").read_text(encoding="ascii") == str(2**20)
    assert (group / "memory.oom.group").read_text(encoding="ascii") == "1"
    kill(group)
    assert (group / "cgroup.kill").read_text(encoding="ascii") == "1"


def test_the_labs_own_processes_make_room_first(tmp_path: Path) -> None:
    mount, names, own = tree(tmp_path, inside=f"{os.getpid()}\n")
    (own / "flasklab-lab").mkdir()
    find_groups(mount, names, frozenset({os.getpid()}))
    assert (own / "flasklab-lab" / "cgroup.procs").read_text(encoding="ascii") == str(os.getpid())
    assert (own / "cgroup.subtree_control").read_text(encoding="ascii") == "+memory"


def test_nobody_elses_process_is_moved(tmp_path: Path) -> None:
    mount, names, own = tree(tmp_path, inside=f"{os.getpid()}\n1\n")
    with pytest.raises(NoGroupsError, match="other processes"):
        find_groups(mount, names, frozenset({os.getpid()}))
    assert not (own / "flasklab-lab").exists()


def test_a_group_without_memory_says_so(tmp_path: Path) -> None:
    mount, names, _ = tree(tmp_path, given="cpu pids")
    with pytest.raises(NoGroupsError, match="memory is not left"):
        find_groups(mount, names)


def test_a_system_without_groups_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoGroupsError, match="version 2"):
        find_groups(tmp_path, tmp_path / "cgroup")


@pytest.mark.parametrize(
    ("text", "found"), [("oom 1\noom_kill 2\n", True), ("oom 1\noom_kill 0\n", False), ("", False)]
)
def test_a_kill_for_memory_is_read_from_the_groups_events(tmp_path: Path, text: str, *, found: bool) -> None:
    (tmp_path / "memory.events").write_text(text, encoding="ascii")
    assert was_out_of_memory(tmp_path) is found


def test_kills_of_the_whole_machine_are_counted(tmp_path: Path) -> None:
    (tmp_path / "vmstat").write_text("pgfault 1\noom_kill 7\nballoon 0\n", encoding="ascii")
    assert oom_kills(tmp_path / "vmstat") == 7
    assert oom_kills(tmp_path / "nothing") == 0
