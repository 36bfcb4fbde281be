"""The runs that a search finds, fetched page by page when they are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flasklab.client.run import LabRun, revived

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from flasklab.client.transport import Transport

_PAGE = 200
_OWN = ("id", "number", "experiment", "state", "created_at", "started_at", "finished_at", "tags", "note", "seed")
_TIMES = ("created_at", "started_at", "finished_at")


class Runs:
    """Runs, newest first; each time it is gone over, the lab is asked anew."""

    def __init__(self, transport: Transport, asked: Mapping[str, Any], limit: int | None) -> None:
        self._transport = transport
        self._asked = asked
        self._limit = limit

    def __iter__(self) -> Iterator[LabRun]:
        after: str | None = None
        left = self._limit
        while left is None or left > 0:
            most = _PAGE if left is None else min(left, _PAGE)
            page = self._transport.json("GET", "/api/v1/runs", {**self._asked, "limit": most, "after": after})
            yield from (LabRun(self._transport, found) for found in page["runs"])
            after = page["next"]
            if after is None:
                return
            left = None if left is None else left - len(page["runs"])

    def to_frame(self) -> pd.DataFrame:
        """A row per run: its own fields, and a column for each parameter, output and metric (its last value).

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("A frame needs pandas: pip install pandas.") from error
        frame = pd.DataFrame([cells_of(run.json) for run in self])
        for name in _TIMES:
            frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601") if name in frame else None
        return frame


def cells_of(run: Mapping[str, Any]) -> dict[str, Any]:
    """A run's cells by column: `params.x`, `output.x`, `metrics.x` with dots for what is nested."""
    cells = {name: run[name] for name in _OWN}
    for group in ("params", "output"):
        for name, value in _leaves(group, run[group]):
            cells[name] = revived(value)
    for key, summary in run["metrics"].items():
        cells[f"metrics.{key}"] = revived(summary["last"])
    return cells


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and not {"file", "sha256"} <= value.keys():
        for key, item in value.items():
            if not (isinstance(item, dict) and "$shown" in item):  # a figure is a file of the run
                yield from _leaves(f"{name}.{key}", item)
    elif value is not None or "." in name:
        yield name, value
