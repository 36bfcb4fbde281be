"""The page of a module that could not be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.web.presenters.frame import LabNow, Queue, present_queue

if TYPE_CHECKING:
    from flasklab.experiments.description import BrokenModule


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenPage:
    """What broke, where, and what mends it."""

    module: str
    experiment: str | None  # the one of its functions that could not be used; None for the whole module
    file: str
    line: int | None
    error: str  # the exception in one line
    traceback: str  # "" where the error says all
    install: str | None  # the command that brings what is missing
    needs: str | None  # the distribution that is missing
    queue: Queue | None

    @property
    def where(self) -> str:
        """File and line, ready to be pasted into an editor."""
        return f"{self.file}:{self.line}" if self.line else self.file


def present_broken(broken: BrokenModule, *, queue: LabNow | None = None) -> BrokenPage:
    """The page of one broken module."""
    return BrokenPage(
        module=broken.module,
        experiment=broken.experiment,
        file=broken.file,
        line=broken.line,
        error=broken.error,
        traceback=broken.traceback,
        install=f"pip install {broken.needs}" if broken.needs else None,
        needs=broken.needs,
        queue=present_queue(queue),
    )
