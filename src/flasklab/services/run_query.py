"""What the words of a search for runs mean, the same on pages, in the API and on the command line."""

from __future__ import annotations

from dataclasses import dataclass

from flasklab.runs.state import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs a search means."""

    state: RunState | None = None  # only those in this state
    text: str | None = None  # only those that mention this text


def read_query(query: str, state: RunState | None = None) -> RunQuery:
    """Read a search: a state's name among its words narrows to that state, the rest is a text.

    Args:
        query: what was typed
        state: a state that was asked for apart from it

    Raises:
        ValueError: it names several states, and a run has only one.
    """
    words = query.split()
    states = {RunState(word) for word in words if word in tuple(RunState)}
    if states:
        query = " ".join(word for word in words if word not in states)
    if state is not None:
        states.add(state)
    if len(states) > 1:
        raise ValueError(f"means several states, and a run has one only: {' or '.join(sorted(states))}")
    return RunQuery(state=next(iter(states), None), text=query or None)
