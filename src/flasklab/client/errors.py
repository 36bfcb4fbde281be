"""What a client is told, or why it is told nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flasklab.errors import FlasklabError

if TYPE_CHECKING:
    from collections.abc import Mapping


class LabUnreachableError(FlasklabError):
    """Nobody answered, however often it was asked."""


class LabAnswerError(FlasklabError):
    """The lab refused: `status`, and as it says in its problem, `title`, `detail` and `errors` by parameter."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.title = str(problem.get("title") or "Error")
        self.detail = str(problem.get("detail") or self.title)
        self.errors = {str(one["param"]): str(one["message"]) for one in problem.get("errors") or ()}
        super().__init__(f"{status} {self.title}: {self.detail}")


class RunFailedError(FlasklabError):
    """A run has ended without a result; `run` is it."""

    def __init__(self, run: Mapping[str, Any]) -> None:
        self.run = run
        error = run.get("error") or {}
        why = ": ".join(text for text in (error.get("type"), error.get("message")) if text)
        super().__init__(f"Run #{run['number']} of {run['experiment']} is {run['state']}{f' ({why})' if why else ''}.")
