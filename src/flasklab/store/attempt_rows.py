"""Attempts: one row per claim of a run, with how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from flasklab.runs.history import Attempt
from flasklab.store.tables import attempts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from flasklab.runs.state import RunState

_NOT_TOLD = ("run_number", "tags_before", "note_before")
_THIS = update(attempts).where(
    attempts.c.run_number == bindparam("the_number"), attempts.c.attempt == bindparam("the_attempt")
)
_CLOSE = _THIS.where(attempts.c.ended_at.is_(None)).values(
    ended_at=bindparam("the_end"),
    exit_code=bindparam("the_exit_code"),
    signal=bindparam("the_signal"),
    reason=bindparam("the_reason"),
    state=bindparam("the_state"),
)


class AttemptRows:
    """The attempts table within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def close(
        self,
        run_number: int,
        attempt: int,
        *,
        at: datetime,
        exit_code: int | None = None,
        signal: int | None = None,
        reason: str = "",
        state: RunState | None = None,
    ) -> bool:
        """Note how an attempt ended; False when that was noted before."""
        values = {
            "the_number": run_number,
            "the_attempt": attempt,
            "the_end": at,
            "the_exit_code": exit_code,
            "the_signal": signal,
            "the_reason": reason,
            "the_state": state and state.value,
        }
        return bool(self._connection.execute(_CLOSE, values).rowcount == 1)

    def of(self, run_number: int) -> list[Attempt]:
        """A run's attempts, first to last."""
        statement = (
            select(*(column for column in attempts.c if column.name not in _NOT_TOLD))
            .where(attempts.c.run_number == run_number)
            .order_by(attempts.c.attempt)
        )
        return [Attempt(**row) for row in self._connection.execute(statement).mappings()]
