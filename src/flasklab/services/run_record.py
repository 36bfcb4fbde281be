"""A run as JSON values: the public contract's fields, and its whole record as it is taken home."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flasklab.runs.history import signal_name
from flasklab.runs.times import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from flasklab.runs.history import Attempt
    from flasklab.runs.progress import Progress
    from flasklab.runs.run import Run

_ARTIFACT = ("name", "media_type", "size", "sha256")


def run_values(run: Run) -> dict[str, Any]:
    """The fields of the public contract but addresses, which only a server knows."""
    return {
        "id": run.id,
        "number": run.number,
        "experiment": run.experiment,
        "state": run.state.value,
        "params": dict(run.params),
        "output": run.output,
        "error": run.error and asdict(run.error),
        "progress": run.progress and progress_values(run.progress),
        "metrics": {
            key: {name: getattr(found, name) for name in ("last", "min", "max", "count", "step")}
            for key, found in run.metrics.items()
        },
        "artifacts": [{name: getattr(found, name) for name in _ARTIFACT} for found in run.artifacts],
        "tags": list(run.tags),
        "note": run.note,
        "seed": run.seed,
        "attempt": run.attempt,
        "priority": run.priority,
        "not_before": _time(run.not_before),
        "queue_position": run.queue_position,
        "created_at": rfc3339(run.created_at),
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
        "pinned": run.pinned,
        "deleted_at": _time(run.deleted_at),
    }


def run_record(run: Run) -> dict[str, Any]:
    """The contract's fields and everything else that the run itself knows of how it was made."""
    return run_values(run) | {
        "given": list(run.given),
        "metrics": {key: asdict(found) for key, found in run.metrics.items()},
        "artifacts": [
            {name: getattr(found, name) for name in (*_ARTIFACT, "shown", "step")} for found in run.artifacts
        ],
        "dropped": run.dropped,
        "created_by": run.created_by,
        "cancel_requested_by": run.cancel_requested_by,
        "rerun_of": run.rerun_of,
        "restore_from": run.restore_from,
        "resources": dict(run.resources),
        "retries": run.retries,
        "retry_wait_seconds": run.retry_wait,
    }


def attempt_values(attempt: Attempt) -> dict[str, Any]:
    """One attempt: who ran it, when, and how it ended."""
    return {
        "attempt": attempt.attempt,
        "state": attempt.state,
        "reason": attempt.reason,
        "exit_code": attempt.exit_code,
        "signal": signal_name(attempt.signal),
        "pid": attempt.pid,
        "supervisor": attempt.supervisor,
        "claimed_at": rfc3339(attempt.claimed_at),
        "begun_at": _time(attempt.begun_at),
        "ended_at": _time(attempt.ended_at),
    }


def progress_values(progress: Progress) -> dict[str, Any]:
    """How far a run has come; what is left is as of `at`."""
    return progress.to_json() | {"at": _time(progress.at)}


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
