from __future__ import annotations

import pytest

from flasklab.runs.state import RunState
from flasklab.services.run_query import RunQuery, read_query


@pytest.mark.parametrize(
    ("query", "state", "meant"),
    [
        ("", None, RunQuery()),
        ("failed", None, RunQuery(state=RunState.FAILED)),
        ("train  failed epochs=3", None, RunQuery(state=RunState.FAILED, text="train epochs=3")),
        ("two  spaces", None, RunQuery(text="two  spaces")),
        ("failed", RunState.FAILED, RunQuery(state=RunState.FAILED)),
        ("train", RunState.LOST, RunQuery(state=RunState.LOST, text="train")),
    ],
)
def test_a_state_s_name_is_a_state_and_the_rest_a_text(query: str, state: RunState | None, meant: RunQuery) -> None:
    assert read_query(query, state) == meant


@pytest.mark.parametrize(("query", "state"), [("failed lost", None), ("failed", RunState.LOST)])
def test_a_run_is_in_one_state_only(query: str, state: RunState | None) -> None:
    with pytest.raises(ValueError, match="failed or lost"):
        read_query(query, state)
