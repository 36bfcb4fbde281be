"""A run as JSON on the command line: what HTTP answers but addresses, because no server may be there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flasklab.runs.times import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from flasklab.runs.run import Run


def run_json(run: Run) -> dict[str, Any]:
    """The run with the names and values that the HTTP contract gives it, but without links."""
    error, progress = run.error, run.progress
    return {
        "id": run.id,
        "number": run.number,
        "experiment": run.experiment,
        "state": run.state.value,
        "params": dict(run.params),
        "output": run.output,
        "error": error and {"type": error.type, "message": error.message, "traceback": error.traceback},
        "progress": progress
        and {"done": progress.done, "total": progress.total, "message": progress.message},
        "metrics": {
            key: {
                "last": found.last,
                "min": found.min,
                "max": found.max,
                "count": found.count,
                "step": found.step,
            }
            for key, found in run.metrics.items()
        },
        "artifacts": [
            {"name": found.name, "media_type": found.media_type, "size": found.size, "sha256": found.sha256}
            for found in run.artifacts
        ],
        "tags": list(run.tags),
        "note": run.note,
        "attempt": run.attempt,
        "queue_position": run.queue_position,
        "created_at": rfc3339(run.created_at),
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
