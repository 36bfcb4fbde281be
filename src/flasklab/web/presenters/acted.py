"""The page after one thing was done to many runs: what became of each, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.errors import InvalidParametersError
from flasklab.services.run_act import CANCEL, DELETE, PIN, RERUN, RESTORE, TAG, UNPIN, UNTAG
from flasklab.web.presenters import formats
from flasklab.web.presenters.frame import LabNow, Queue, present_queue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flasklab.errors import FlasklabError
    from flasklab.runs.run import Run
    from flasklab.services.run_act import Act, Acted

_DONE = {
    DELETE: "put into the bin",
    RESTORE: "taken out of the bin",
    PIN: "pinned",
    UNPIN: "unpinned",
    TAG: "tagged {tags}",
    UNTAG: "freed of {tags}",
    CANCEL: "canceled",
    RERUN: "started again",
}
_BACK = {DELETE: RESTORE, RESTORE: DELETE, PIN: UNPIN, UNPIN: PIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActedRow:
    """One run."""

    id: str  # as it was asked for
    run: Run | None  # None where there is none
    started: Run | None  # the run that was started in its place
    told: str  # why it could not be done, or what is still to come; ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActedPage:
    """All that the page shows."""

    title: str  # "2 of 3 runs were put into the bin"
    done: tuple[ActedRow, ...]
    failed: tuple[ActedRow, ...]
    undo: str  # the action that takes it back; "" where none does
    undone: tuple[str, ...]  # the ids of the runs that it is for: those that were changed
    queue: Queue | None


def present_acted(act: Act, acted: Sequence[Acted], *, queue: LabNow | None = None) -> ActedPage:
    """The page that says what became of each run."""
    done = tuple(_row(one) for one in acted if one.error is None)
    failed = tuple(_row(one) for one in acted if one.error is not None)
    undone = tuple(one.id for one in acted if one.error is None and one.changed)
    what = _DONE[act.action].format(tags=", ".join(act.tags))
    return ActedPage(
        title=_title(len(done), len(acted), what),
        done=done,
        failed=failed,
        undo=_BACK.get(act.action, "") if undone else "",
        undone=undone,
        queue=present_queue(queue),
    )


def _title(done: int, asked: int, what: str) -> str:
    if done == asked:
        return f"{formats.count(asked, 'run')} {'was' if asked == 1 else 'were'} {what}"
    if not done:
        return f"No run was {what}"
    return f"{done:,} of {asked:,} runs {'was' if done == 1 else 'were'} {what}"


def _row(one: Acted) -> ActedRow:
    told = "" if one.error is None else _why(one.error)
    if not told and one.run is not None and one.run.cancel_requested_at is not None and not one.run.state.is_final:
        told = "Its processes are being ended."
    return ActedRow(id=one.id, run=one.run, started=one.started, told=told)


def _why(error: FlasklabError) -> str:
    if isinstance(error, InvalidParametersError):
        return " ".join(f"{one.param}: {one.message}." for one in error.errors)
    return str(error)
