"""The page of what takes room on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.runs import amounts
from flasklab.web.presenters import formats
from flasklab.web.presenters.frame import LabNow, Queue, present_queue

if TYPE_CHECKING:
    from flasklab.config import Settings
    from flasklab.services.disk_use import DiskUse


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskRow:
    """One experiment."""

    experiment: str
    runs: str
    files: str
    logs: str
    metrics: str
    total: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskPage:
    """All that the page shows."""

    rows: tuple[DiskRow, ...]
    all: DiskRow
    free: str
    binned: str  # "3 runs"; "" when the bin is empty
    kept: str  # what the lab does with old runs, in a sentence
    queue: Queue | None


def present_disk(use: DiskUse, settings: Settings, *, queue: LabNow | None = None) -> DiskPage:
    """The page of this use."""
    rows = tuple(
        DiskRow(
            experiment=one.experiment,
            runs=formats.number(one.runs),
            files=amounts.size(one.files),
            logs=amounts.size(one.logs),
            metrics=amounts.size(one.metrics),
            total=amounts.size(one.total),
        )
        for one in use.experiments
    )
    return DiskPage(
        rows=rows,
        all=DiskRow(
            experiment="",
            runs=formats.number(sum(one.runs for one in use.experiments)),
            files=amounts.size(use.contents),
            logs=amounts.size(use.logs),
            metrics=amounts.size(use.metrics),
            total=amounts.size(use.total),
        ),
        free=amounts.size(use.free),
        binned=formats.count(use.binned, "run") if use.binned else "",
        kept=kept_sentence(settings),
        queue=present_queue(queue),
    )


def kept_sentence(settings: Settings) -> str:
    """What the lab does with old and deleted runs."""
    bin_days = _days(settings.bin_days)
    deleted = f"Deleted runs stay in the bin for {bin_days}" if settings.bin_days else "The bin is emptied every hour"
    if not settings.keep_days:
        return f"{deleted}; all others are kept until somebody deletes them."
    keep_days = _days(settings.keep_days)
    return f"{deleted}. Runs that are not pinned go there {keep_days} after their end."


def _days(days: float) -> str:
    return f"{days:g} day{'' if days == 1 else 's'}"
