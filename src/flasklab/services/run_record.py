"""A run's whole record as JSON values, as it is taken home: everything that is known of how it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flasklab.runs.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flasklab.runs.run import Run


def run_record(run: Run, environment: Mapping[str, Any] | None) -> dict[str, Any]:
    """The run with the public contract's names, without addresses, with the environment it ran with."""
    error, progress = run.error, run.progress
    return {
        "id": run.id,
        "number": run.number,
        "experiment": run.experiment,
        "state": run.state.value,
        "params": dict(run.params),
        "given": list(run.given),
        "output": run.output,
        "error": error and {"type": error.type, "message": error.message, "traceback": error.traceback},
        "progress": progress and {"done": progress.done, "total": progress.total, "message": progress.message},
        "metrics": {
            key: {name: getattr(found, name) for name in ("last", "min", "max", "mean", "count", "step")}
            for key, found in run.metrics.items()
        },
        "artifacts": [
            {
                "name": found.name,
                "media_type": found.media_type,
                "size": found.size,
                "sha256": found.sha256,
                "shown": found.shown,
                "step": found.step,
            }
            for found in run.artifacts
        ],
        "tags": list(run.tags),
        "note": run.note,
        "attempt": run.attempt,
        "seed": run.seed,
        "dropped": run.dropped,
        "created_by": run.created_by,
        "cancel_requested_by": run.cancel_requested_by,
        "rerun_of": run.rerun_of,
        "created_at": rfc3339(run.created_at),
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
        "environment": None if environment is None else dict(environment),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
