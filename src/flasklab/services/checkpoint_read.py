"""Which checkpoint a run has, told from its folder: what lies there is what it can be gone on from.

Only names, sizes and times are read here; a checkpoint is unpickled by its run's own process alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.errors import WrongStateError
from flasklab.runs.checkpoints import FOLDER, checkpoints_in

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.runs.checkpoints import CheckpointFile
    from flasklab.runs.run import Run


class CheckpointRead:
    """Answers questions about checkpoints.

    Args:
        results: the lab's results folder
    """

    def __init__(self, results: Path) -> None:
        self._folder = results / FOLDER

    def find(self, run: Run) -> CheckpointFile | None:
        """The run's last checkpoint, or None."""
        found = checkpoints_in(self._folder / run.id)
        return found[-1] if found else None

    def source(self, run: Run) -> str:
        """The id that a new run goes on from, when it is to go on from `run`.

        Raises:
            WrongStateError: it has no checkpoint.
        """
        if self.find(run) is None:
            raise WrongStateError(
                f"Run #{run.number} of {run.experiment} has no checkpoint to go on from. Run it again from the "
                "beginning; its code writes checkpoints with run.checkpoint(state)."
            )
        return run.id
