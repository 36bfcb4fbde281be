"""Taking back the end of a run's metrics: what was logged after the checkpoint that its next attempt goes on from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from flasklab.runs.metrics import Points
from flasklab.runs.system_metrics import is_system
from flasklab.store import metric_columns as columns
from flasklab.store.metric_chunks import MetricChunks
from flasklab.store.tables import metric_chunks, metric_summaries

if TYPE_CHECKING:
    from sqlalchemy import Connection

_chunks, _summaries = metric_chunks.c, metric_summaries.c


class MetricCut:
    """Cuts within one transaction. What a metric loses nothing of is not touched; of another, all is written anew."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, run_number: int, last: int) -> dict[str, int]:
        """Remove the points that came with later events than `last`; with 0, all.

        System metrics go altogether, as their steps are seconds since the attempt began.

        Returns:
            How many points each metric has left; those without any are gone.
        """
        if not last:
            for table in (metric_chunks, metric_summaries):
                self._connection.execute(delete(table).where(table.c.run_number == run_number))
            return {}
        latest = (
            select(_chunks.key, func.max(_chunks.last_seq).label("seq"))
            .where(_chunks.run_number == run_number)
            .group_by(_chunks.key)
        )
        for row in self._connection.execute(latest).all():
            if row.seq > last or is_system(row.key):
                self._cut(run_number, row.key, 0 if is_system(row.key) else last)
        left = select(_summaries.key, _summaries.total).where(_summaries.run_number == run_number)
        return {row.key: int(row.total) for row in self._connection.execute(left)}

    def _cut(self, run_number: int, key: str, last: int) -> None:
        of_key = (_chunks.run_number == run_number, _chunks.key == key)
        wanted = (
            select(metric_chunks).where(*of_key, _chunks.level == 0, _chunks.first_seq <= last).order_by(_chunks.start)
        )
        rows = self._connection.execute(wanted).all()
        self._connection.execute(delete(metric_chunks).where(*of_key))
        self._connection.execute(
            delete(metric_summaries).where(_summaries.run_number == run_number, _summaries.key == key)
        )
        chunks = MetricChunks(self._connection)
        for row in rows:
            found = _columns(row.coding, row.data)
            kept = [at for at, seq in enumerate(found[3]) if seq <= last]
            steps, values, times, seqs = ([column[at] for at in kept] for column in found)
            chunks.append(run_number, {key: Points(steps=steps, values=values, times=times, seqs=seqs)})


def _columns(coding: int, data: bytes) -> list[list[Any]]:
    """Steps, values, times and event numbers of a chunk as Python's own numbers."""
    found = columns.opened(data) if coding == columns.OPEN else columns.closed_arrays(data)
    return [column.tolist() for column in found]
