"""The line that says that a run was made already, with what it brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.runs.times import now
from flasklab.web.presenters import formats
from flasklab.web.presenters.run_columns import scalars

if TYPE_CHECKING:
    from datetime import datetime

    from flasklab.runs.run import Run

_VALUES = 2  # of its output


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyLine:
    """A run that succeeded with the same parameters and the same code."""

    id: str
    number: int
    when: formats.Moment  # when it ended
    values: str  # "accuracy 0.93, loss 0.21"; ""


def present_already(run: Run | None, at: datetime | None = None) -> AlreadyLine | None:
    """The line about `run` as of `at` (now, when not given); None where there is none."""
    if run is None:
        return None
    pairs = list(scalars(run.output).items())[:_VALUES]
    return AlreadyLine(
        id=run.id,
        number=run.number,
        when=formats.moment(run.finished_at or run.created_at, at or now()),
        values=", ".join(f"{name} {formats.value(value, limit=40)}" for name, value in pairs),
    )
