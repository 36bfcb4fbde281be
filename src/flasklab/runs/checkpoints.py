"""Checkpoints of a run: how their files are named, and which are there.

A name is the attempt and a count, so that they sort in the order in which they may replace each other: whatever an
attempt that is over still writes can never pass for a later one's.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

CHECKPOINT: Final = "checkpoint"  # the kind of their events
FOLDER: Final = "checkpoints"  # in the results folder; in it, one folder per run
KEPT: Final = 2  # of one run
_NAME = re.compile(r"([0-9]{4,})-([0-9]{6,})\.ckpt")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CheckpointFile:
    """A checkpoint as it lies in its run's folder; later ones are greater."""

    attempt: int  # that wrote it
    count: int  # from 1 within the attempt
    size: int  # bytes
    at: float  # Unix seconds when it was written

    @property
    def name(self) -> str:
        """The file's name."""
        return name_of(self.attempt, self.count)


def name_of(attempt: int, count: int) -> str:
    """The file name of an attempt's checkpoint number `count`."""
    return f"{attempt:04d}-{count:06d}.ckpt"


def checkpoints_in(folder: Path) -> list[CheckpointFile]:
    """The checkpoints in a run's folder, first to last; none where there is no such folder."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                match = _NAME.fullmatch(entry.name)
                if match is None:
                    continue
                try:
                    stat = entry.stat(follow_symlinks=False)
                except OSError:  # removed meanwhile
                    continue
                attempt, count = int(match[1]), int(match[2])
                found.append(CheckpointFile(attempt=attempt, count=count, size=stat.st_size, at=stat.st_mtime))
    except OSError:
        return []
    return sorted(found)
