"""The largest file that a run may write: held by the system, explained where it is met."""

from __future__ import annotations

import errno
import resource
from typing import TYPE_CHECKING, Any

from flasklab.runs.amounts import memory

if TYPE_CHECKING:
    from collections.abc import Mapping

# What Python says of a file that grows too large is about no limit in particular.
_HINT = (
    "A run may write files of at most {limit} here. Write less or several files, or raise max_file= in @experiment "
    "and the lab's FLASKLAB_MAX_FILE."
)


def limit_files(of_lab: int, of_experiment: int | None) -> int:
    """Let this process and its own write no larger files than both allow; returns the limit in bytes, 0 for none.

    The signal that comes with it is ignored by Python, so that a write fails with an exception.
    """
    asked = [limit for limit in (of_lab, of_experiment) if limit]
    if not asked:
        return 0
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    limit = min(asked) if hard == resource.RLIM_INFINITY else min(*asked, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return limit


def explain_too_large(outcome: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """The outcome, with the limit and its settings named where a file had grown too large."""
    told = {name: value for name, value in outcome.items() if name != "errno"}
    if limit and outcome.get("errno") == errno.EFBIG:
        message = f"{told['error']['message']}. {_HINT.format(limit=memory(limit))}"
        told["error"] = {**told["error"], "message": message}
    return told
