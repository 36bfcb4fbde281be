"""Writing about runs after the fact: their tags and their note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flasklab.errors import RunNotFoundError, WrongStateError
from flasklab.runs.annotations import edited_note
from flasklab.runs.times import now
from flasklab.store.annotation_rows import NOTED, TAGGED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flasklab.runs.annotations import Wish
    from flasklab.runs.run import Run
    from flasklab.store.annotation_rows import Annotated
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit


class RunAnnotate:
    """Changes tags and notes of runs in whatever state; who did is among the run's events.

    Args:
        store: where runs are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, run_ids: Sequence[str], wish: Wish, by: str) -> list[Run]:
        """Change all of these runs, or none; the runs as they are then, in that order.

        Args:
            run_ids: which
            wish: what is to be changed
            by: who wants it; "" when nobody is known by name

        Raises:
            RunNotFoundError: one of them is not there.
            InvalidParametersError: something is longer than it may be, or there are too many tags.
            WrongStateError: the note was changed since it was seen.
        """
        wish = wish.checked()
        at = now()
        with self._store.write() as unit:
            there = {run.id: run for run in unit.annotations.hold(run_ids)}
            for run_id in dict.fromkeys(run_ids):
                if run_id not in there:
                    raise RunNotFoundError(run_id)
                annotate(unit, there[run_id], wish, by, at)
            return [unit.runs.get(run_id) for run_id in run_ids]


def annotate(unit: Unit, run: Annotated, wish: Wish, by: str, at: datetime) -> None:
    """Change the tags and note of one run, and note down who did.

    Raises:
        InvalidParametersError: there would be too many tags.
        WrongStateError: the note was changed since it was seen.
    """
    tags = wish.tags_after(run.tags)
    note = run.note if wish.note is None else edited_note(run.note, wish.note, wish.note_seen)
    if note is None:
        raise WrongStateError(
            f"The note of run #{run.number} of {run.experiment} was changed meanwhile. Look at what it is now, "
            "and write yours once more."
        )
    added, removed = [one for one in tags if one not in run.tags], [one for one in run.tags if one not in tags]
    if (tags, note) == (run.tags, run.note):
        return
    unit.annotations.write(run, tags, note)
    if tags != run.tags:
        unit.events.add(run.number, run.seq, TAGGED, {"by": by, "added": added, "removed": removed}, at)
    if note != run.note:
        unit.events.add(run.number, run.seq, NOTED, {"by": by}, at)
