"""Which run of each experiment this browser started last, so that its form opens with those parameters.

The session keeps ids only: parameters may be long or private, and the run has them anyway.
"""

from __future__ import annotations

from flask import session

_KEY = "flasklab_last_runs"
_MOST = 20  # a cookie holds 4 KB


def remember(experiment: str, run_id: str) -> None:
    """Note that this browser started this run."""
    kept = {name: found for name, found in session.get(_KEY, {}).items() if name != experiment}
    session[_KEY] = dict([*kept.items(), (experiment, run_id)][-_MOST:])


def last_run_id(experiment: str) -> str | None:
    """The run of this experiment that this browser started last."""
    found = session.get(_KEY, {}).get(experiment)
    return found if isinstance(found, str) else None
