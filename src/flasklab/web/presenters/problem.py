"""The page of a request that could not be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flasklab.errors import ParameterError

_NEXT = {
    400: "Go back, check what was sent, and try again.",
    403: "Reload the page and try again; the form may be older than your session.",
    404: "Check the address, or start from the list of experiments or runs.",
    405: "Go back to the page you came from.",
    409: "Reload the run's page to see where it stands now.",
    413: "Choose a smaller file, or raise FLASKLAB_MAX_UPLOAD.",
    422: "Go back and correct the values named above.",
    429: "Wait until some runs have finished, then try again.",
    500: "The lab's log has the details. Reload to try again.",
    503: "Wait a moment, then reload.",
}


class Problem(Protocol):
    """An RFC 9457 problem."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def title(self) -> str:
        """What kind of problem it is."""

    @property
    def detail(self) -> str:
        """What happened, in a sentence or two."""

    @property
    def errors(self) -> Sequence[ParameterError]:
        """Parameters that were refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    """One sentence about what happened and one next step."""

    status: int
    title: str
    detail: str
    next_step: str
    errors: tuple[ParameterError, ...]
    queue: None = None  # the page must work even where the lab's state cannot be read


def present_problem(problem: Problem) -> ProblemPage:
    """The page of one problem."""
    fallback = _NEXT[500] if problem.status >= 500 else _NEXT[400]
    return ProblemPage(
        status=problem.status,
        title=problem.title,
        detail=problem.detail,
        next_step=_NEXT.get(problem.status, fallback),
        errors=tuple(problem.errors),
    )
