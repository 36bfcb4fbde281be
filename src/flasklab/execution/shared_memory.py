"""Shared memory of a run that is killed: Python's own keeper of it is killed with the run, and would leave it for ever.

What the run's processes have mapped is looked up just before the kill, and removed once they are gone, if it bears a
name that Python, torch or joblib made up by themselves and nobody else alive has it mapped. Linux only.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER: Final = Path("/dev/shm")  # noqa: S108 - where Linux keeps it
_MADE_UP = re.compile(r"(?:psm_|wnsm_|torch_|joblib_memmapping_folder_)[^/]+")
_MAPPED = re.compile(rf" {FOLDER}/([^/\n]+)(?:/[^\n]*)?$", re.MULTILINE)


def held_by(pids: Iterable[int]) -> frozenset[str]:
    """Names in `FOLDER` that these processes have mapped, of those that a library made up."""
    return frozenset(name for pid in pids for name in _names(pid) if _MADE_UP.fullmatch(name))


def sweep(names: Iterable[str], folder: Path = FOLDER) -> list[str]:
    """Remove what nobody has mapped any more; returns what was removed."""
    others = {name for pid in _living() for name in _names(pid)}
    removed = []
    for name in set(names) - others:
        path = folder / name
        with contextlib.suppress(OSError):
            if path.lstat().st_uid != os.getuid():
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            removed.append(name)
    return removed


def _names(pid: int) -> set[str]:
    try:
        maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    return set(_MAPPED.findall(maps))


def _living() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - names are wanted
    except OSError:
        return []
