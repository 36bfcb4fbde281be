"""How much memory runs use, for those that have a limit."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flasklab.execution.attempt import Attempt


def over_memory(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts whose processes together hold more than their limit allows.

    What counts is memory that is a process's own (unique set size): pages shared with the zygote cost nothing.
    """
    return [
        attempt
        for attempt in attempts
        if attempt.limits.memory_bytes is not None
        and attempt.pid is not None
        and not attempt.gone
        and own_bytes(attempt.pid) > attempt.limits.memory_bytes
    ]


def own_bytes(pid: int) -> int:
    """Bytes that a process and its descendants hold alone; 0 once they are gone."""
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += one.memory_full_info().uss
    return total
