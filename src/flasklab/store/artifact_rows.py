"""Artifacts: the complete files of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from flasklab.runs.artifacts import Artifact
from flasklab.store.tables import artifacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

_ADD = insert(artifacts)
_IN_ORDER = (artifacts.c.position, artifacts.c.seq, artifacts.c.name)


class ArtifactRows:
    """The artifacts table within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, run_number: int, artifact: Artifact) -> None:
        """Keep a file's row; the same name again replaces it. Its content must be stored before."""
        same = (artifacts.c.run_number == run_number) & (artifacts.c.name == artifact.name)
        self._connection.execute(delete(artifacts).where(same))
        values = {
            "run_number": run_number,
            "name": artifact.name,
            "media_type": artifact.media_type,
            "size": artifact.size,
            "sha256": artifact.sha256,
            "shown": artifact.shown,
            "step": artifact.step,
            "position": artifact.order,
            "seq": artifact.seq,
            "meta": dict(artifact.meta),
        }
        self._connection.execute(_ADD, values)

    def cut(self, run_number: int, last: int) -> None:
        """Remove the files that came with later events than `last`."""
        later = (artifacts.c.run_number == run_number) & (artifacts.c.seq > last)
        self._connection.execute(delete(artifacts).where(later))

    def of(self, run_number: int) -> tuple[Artifact, ...]:
        """A run's artifacts in the order in which they were shown."""
        statement = select(artifacts).where(artifacts.c.run_number == run_number).order_by(*_IN_ORDER)
        return tuple(_artifact(row) for row in self._connection.execute(statement))

    def of_several(self, run_numbers: Sequence[int]) -> dict[int, tuple[Artifact, ...]]:
        """The artifacts of several runs, by their numbers; runs without any are left out."""
        if not run_numbers:
            return {}
        statement = select(artifacts).where(artifacts.c.run_number.in_(run_numbers)).order_by(*_IN_ORDER)
        found: dict[int, list[Artifact]] = {}
        for row in self._connection.execute(statement):
            found.setdefault(row.run_number, []).append(_artifact(row))
        return {number: tuple(several) for number, several in found.items()}

    def count(self, run_number: int) -> int:
        """How many artifacts a run has."""
        statement = select(func.count()).select_from(artifacts).where(artifacts.c.run_number == run_number)
        return int(self._connection.execute(statement).scalar_one())

    def find(self, run_number: int, name: str) -> Artifact | None:
        """A run's artifact of this name, or None."""
        same = (artifacts.c.run_number == run_number) & (artifacts.c.name == name)
        row = self._connection.execute(select(artifacts).where(same)).first()
        return None if row is None else _artifact(row)


def _artifact(row: Row[Any]) -> Artifact:
    return Artifact(
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        shown=row.shown,
        step=row.step,
        order=row.position,
        seq=row.seq,
        meta=row.meta,
    )
