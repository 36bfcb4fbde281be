from __future__ import annotations

import pytest

from flasklab.runs.state import RunState
from flasklab.services.lab_status import waiting_reason


@pytest.mark.parametrize(
    ("queued", "running", "workers", "supervised", "described", "expected"),
    [
        (0, 5, 5, False, False, ""),
        (1, 0, 2, False, True, "flasklab serve"),
        (1, 0, 2, True, False, "still being imported"),
        (1, 2, 2, True, True, "All 2 workers are busy; raise FLASKLAB_WORKERS"),
        (1, 1, 1, True, True, "The one worker is busy"),
        (1, 0, 2, True, True, "in a moment"),
    ],
)
def test_a_waiting_run_is_told_why_it_waits_and_what_helps(
    queued: int, running: int, workers: int, supervised: bool, described: bool, expected: str
) -> None:
    counts = {RunState.QUEUED: queued, RunState.RUNNING: running}
    reason = waiting_reason(counts, workers, supervised=supervised, described=described)
    assert expected in reason
    assert bool(reason) == bool(queued)
