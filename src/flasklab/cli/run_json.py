"""A run as JSON on the command line: its whole record, without addresses, as no server may be there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.runs.run import Run


def run_json(run: Run, environment: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The run with the names of the HTTP contract and what else is known of how it was made.

    Args:
        run: the run
        environment: code and packages it ran with; left out when not given
    """
    from flasklab.services.run_record import run_record

    found = run_record(run, environment) | {"queue_position": run.queue_position}
    if environment is None:
        del found["environment"]
    return found
