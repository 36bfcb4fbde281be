"""A colour for each run of a comparison: its own wherever it is met, and no two alike on one page.

A run's id says which of the eight colours it has; where another one has that already, it takes the next free one, and
past eight runs a dash tells the same colours apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flasklab.runs.run import Run

COLORS = 8
DASHES = ("", "7 4", "2 3", "9 3 2 3", "4 2", "12 4", "9 3 2 3 2 3")  # by how many runs have the colour already


def slots(runs: Sequence[Run], pinned: Mapping[str, int] | None = None) -> dict[str, int]:
    """A slot for each run, by id: the colour is the slot modulo eight, the dash the slot divided by eight.

    Args:
        runs: in any order
        pinned: slots by id that runs keep, from when there were others beside them
    """
    found: dict[str, int] = {}
    for run_id, slot in (pinned or {}).items():
        if 0 <= slot < COLORS * len(DASHES) and slot not in found.values():
            found[run_id] = slot
    for run in sorted(runs, key=lambda one: one.number):
        if run.id not in found:
            taken = set(found.values())
            first = crc32(run.id.encode()) % COLORS
            found[run.id] = next(slot for slot in _in_turn(first) if slot not in taken)
    return {run.id: found[run.id] for run in runs}


def _in_turn(first: int) -> list[int]:
    return [COLORS * dash + (first + step) % COLORS for dash in range(len(DASHES)) for step in range(COLORS)]
