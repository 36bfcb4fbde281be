"""Runs and experiments as JSON, the same everywhere they are shown.

The fields and their names are the public contract; addresses are paths, so that they hold behind any proxy
and prefix.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import request, url_for

from flasklab.http.lab import current_lab
from flasklab.services.run_record import attempt_values, run_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flasklab.experiments.description import BrokenModule, Description
    from flasklab.runs.artifacts import Artifact
    from flasklab.runs.history import Attempt
    from flasklab.runs.metrics import Series
    from flasklab.runs.run import MetricSummary, Run


_LIVE = frozenset(
    {
        *("id", "number", "experiment", "state", "progress", "seed", "attempt", "priority"),
        *("not_before", "queue_position"),
        *("created_at", "started_at", "finished_at"),
    }
)


def run_json(run: Run) -> dict[str, Any]:
    """A run as the contract shows it."""
    return runs_json([run])[0]


def runs_json(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Runs as the contract shows them."""
    waiting = current_lab().services.waiting(runs)
    return [
        run_values(run)
        | {"artifacts": artifacts_json(run), "waiting": waiting.get(run.id), "links": links_json(run.id)}
        for run in runs
    ]


def links_json(run_id: str) -> dict[str, str]:
    """Where a run is read, shown and controlled."""
    return {name: f"{before}{run_id}{after}" for name, (before, after) in _links().items()}


def _links() -> dict[str, tuple[str, str]]:
    """What stands before and after a run's id in its addresses; made once per app and place where it is mounted."""
    known = current_lab().links
    found = known.get(request.script_root)
    if found is None:
        if len(known) >= _MOST_PLACES:
            known.clear()
        made = {name: url_for(endpoint, run_id=_ANY).partition(_ANY) for name, endpoint in _ENDPOINTS.items()}
        known[request.script_root] = found = {name: (before, after) for name, (before, _, after) in made.items()}
    return found


_ANY = "0" * 12  # as long as an id
_MOST_PLACES = 64
_ENDPOINTS = {
    "self": "flasklab_api.run",
    "status": "flasklab.status",
    "results": "flasklab.results",
    "download": "flasklab.download",
    "cancel": "flasklab.cancel",
}


def artifacts_json(run: Run) -> list[dict[str, Any]]:
    """A run's files, each with the address of its content."""
    return [artifact_json(run.id, found) for found in run.artifacts]


def artifact_json(run_id: str, artifact: Artifact) -> dict[str, Any]:
    """One file of a run."""
    return {
        "name": artifact.name,
        "media_type": artifact.media_type,
        "size": artifact.size,
        "sha256": artifact.sha256,
        "url": url_for("flasklab.download_file", run_id=run_id, name=artifact.name),
    }


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    """One time that a run was taken up."""
    return attempt_values(attempt)


def series_json(series: Series) -> dict[str, Any]:
    """A metric's points, column by column."""
    return {
        "steps": list(series.steps),
        "values": list(series.values),
        "times": list(series.times),
        "count": series.count,
    }


def summary_json(summary: MetricSummary) -> dict[str, Any]:
    """A metric in six numbers."""
    return asdict(summary)


def live_run_json(run: Run, waiting: str) -> dict[str, Any]:
    """What changes of a run while it goes on, for those who follow it; `waiting` says why it waits, or nothing."""
    values = {name: value for name, value in run_values(run).items() if name in _LIVE}
    return values | {"waiting": waiting or None, "dropped": run.dropped}


def experiment_json(description: Description) -> dict[str, Any]:
    """An experiment with the JSON Schema of its parameters."""
    name = description.name
    return {
        "name": name,
        "title": description.title,
        "summary": description.summary,
        "doc": description.doc,
        "module": description.module,
        "tags": list(description.tags),
        "parameters": description.parameters,
        "defaults": description.defaults,
        "timeout_seconds": description.timeout_seconds,
        "memory_bytes": description.memory_bytes,
        "max_file_bytes": description.max_file_bytes,
        "cancel_grace_seconds": description.cancel_grace,
        "retries": description.retries,
        "retry_on": list(description.retry_on),
        "retry_wait_seconds": description.retry_wait,
        "priority": description.priority,
        "concurrency": description.concurrency,
        "resources": dict(description.resources),
        "isolation": description.isolation,
        "links": {
            "self": url_for("flasklab_api.experiment", name=name),
            "form": url_for("flasklab.form", experiment=name),
            "runs": url_for("flasklab_api.start", name=name),
        },
    }


def broken_json(broken: Iterable[BrokenModule]) -> list[dict[str, Any]]:
    """Modules that could not be used, with what mends them."""
    return [
        {
            "module": found.module,
            "file": found.file,
            "line": found.line,
            "error": found.error,
            "needs": found.needs,
            "url": url_for("flasklab.broken", module=found.module),
        }
        for found in broken
    ]
