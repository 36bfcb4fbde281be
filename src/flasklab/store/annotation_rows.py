"""Tags and notes of runs, as people and the runs themselves change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from flasklab.runs.annotations import tags_with
from flasklab.runs.state import RunState
from flasklab.store.event_rows import EventRows
from flasklab.store.tables import attempts, runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

TAGGED, NOTED = "tags", "note"  # kinds of events: what a person changed
_MOST_NAMED = 500  # ids in one statement
_WORDS = select(
    runs.c.number, runs.c.id, runs.c.experiment, runs.c.state, runs.c.attempt, runs.c.seq, runs.c.tags, runs.c.note
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """A run's tags and note, held against others until the end of the transaction."""

    number: int
    id: str
    experiment: str
    state: RunState
    attempt: int
    seq: int  # number of its latest event
    tags: tuple[str, ...]
    note: str


class AnnotationRows:
    """What is written about runs, within one transaction that writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, run_ids: Sequence[str]) -> list[Annotated]:
        """Those of these runs that there are, in the order of their ids; nobody else changes them meanwhile."""
        found: list[Any] = []
        for start in range(0, len(run_ids), _MOST_NAMED):
            wanted = runs.c.id.in_(run_ids[start : start + _MOST_NAMED])
            # SQLite has one writer at a time anyway, and leaves these words out.
            found += self._connection.execute(_WORDS.where(wanted).order_by(runs.c.id).with_for_update()).all()
        return [
            Annotated(
                number=row.number,
                id=row.id,
                experiment=row.experiment,
                state=RunState(row.state),
                attempt=row.attempt,
                seq=row.seq,
                tags=tuple(row.tags),
                note=row.note,
            )
            for row in found
        ]

    def write(self, run: Annotated, tags: Sequence[str], note: str) -> None:
        """Give a run these tags and this note, as a person wants it.

        Where the run is under way, what an attempt of it goes back to changes alike: a retry does not undo a person.
        """
        values = {"tags": list(tags), "note": note}
        self._connection.execute(update(runs).where(runs.c.number == run.number).values(values))
        if run.state is not RunState.RUNNING:
            return
        this = attempts.c.run_number == run.number, attempts.c.attempt == run.attempt
        before = self._connection.execute(select(attempts.c.tags_before, attempts.c.note_before).where(*this)).first()
        if before is None:
            return
        gone = set(run.tags) - set(tags)
        new = [name for name in tags if name not in run.tags]
        kept = [name for name in before.tags_before or () if name not in gone]
        values = {"tags_before": list(tags_with(kept, new))}
        if note != run.note:
            values["note_before"] = note
        self._connection.execute(update(attempts).where(*this).values(values))

    def unwanted(self, number: int) -> set[str]:
        """The tags that a person has taken off a run, and nobody put on again."""
        gone: set[str] = set()
        for event in EventRows(self._connection).of_kind(number, TAGGED):
            gone |= set(_texts(event.data.get("removed")))
            gone -= set(_texts(event.data.get("added")))
        return gone


def _texts(value: object) -> Iterable[str]:
    return [str(one) for one in value] if isinstance(value, list) else ()
