"""The largest file that a run may write: held by the system, explained where it is met."""

from __future__ import annotations

import errno
import resource
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.runs.amounts import memory

if TYPE_CHECKING:
    from collections.abc import Mapping

# What Python says of a file that grows too large is about no limit in particular.
_HINT = "A run may write files of at most {limit} here. Write less or several files, or raise {setting}."


@dataclass(frozen=True, slots=True)
class FileLimit:
    """The largest file that a run may write."""

    most_bytes: int
    setting: str  # what to raise for more


def limit_files(of_lab: int, of_experiment: int | None) -> FileLimit | None:
    """Let this process and its own write no larger files than lab, experiment and system allow; None for no limit.

    The signal that comes with it is ignored by Python, so that a write fails with an exception.
    """
    asked = [
        FileLimit(most, setting)
        for most, setting in ((of_experiment, "max_file= in @experiment"), (of_lab, "the lab's FLASKLAB_MAX_FILE"))
        if most
    ]
    if not asked:
        return None
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    if hard != resource.RLIM_INFINITY:
        asked.append(FileLimit(hard, "the system's limit (ulimit -f) where the lab is started"))
    limit = min(asked, key=lambda one: one.most_bytes)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit.most_bytes, limit.most_bytes))
    return limit


def explain_too_large(outcome: Mapping[str, Any], limit: FileLimit | None) -> dict[str, Any]:
    """The outcome, with the limit and its setting named where a file had grown too large."""
    told = {name: value for name, value in outcome.items() if name != "errno"}
    if limit is not None and outcome.get("errno") == errno.EFBIG:
        hint = _HINT.format(limit=memory(limit.most_bytes), setting=limit.setting)
        message = f"{told['error']['message']}. {hint}"
        told["error"] = {**told["error"], "message": message}
    return told
