from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flasklab.cli.start import ending_sentence
from flasklab.runs.run import Run, RunError
from flasklab.runs.state import RunState


@pytest.mark.parametrize(
    ("state", "error", "sentence"),
    [
        (RunState.CANCELED, ("Canceled", "Canceled by ada."), "Run #3 of wait: Canceled by ada."),
        (RunState.FAILED, ("ValueError", "no"), "Run #3 of wait failed: ValueError: no"),
        (RunState.TIMED_OUT, ("Timeout", "It ran too long."), "Run #3 of wait timed out: It ran too long."),
        (RunState.RUNNING, None, "Run #3 of wait is still running."),
    ],
)
def test_an_ending_is_told_once(state: RunState, error: tuple[str, str] | None, sentence: str) -> None:
    run = Run(
        id="abcdef012345",
        number=3,
        experiment="wait",
        state=state,
        params={},
        error=RunError(type=error[0], message=error[1]) if error else None,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert ending_sentence(run) == f"{sentence} (flasklab show 3)"
