"""What a run says of itself."""

from __future__ import annotations

import pytest

from flasklab.runs.run import RunError


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RunError(type="ValueError", message="no rows"), "ValueError: no rows"),
        (RunError(type="KeyError", message=""), "KeyError"),
        (RunError(type="ServerError", message="ServerError (500)"), "ServerError (500)"),
        (RunError(type="Signal", message="The process was ended by SIGKILL."), "The process was ended by SIGKILL."),
        (RunError(type="Timeout", message="It ran longer than its limit."), "It ran longer than its limit."),
    ],
)
def test_an_end_is_one_sentence(error: RunError, sentence: str) -> None:
    assert error.sentence == sentence
