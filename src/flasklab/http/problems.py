"""Errors as RFC 9457 problems: the one place that maps an error to an HTTP status.

Nobody is ever shown a traceback: what went wrong inside is in the server's log.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Response
from werkzeug.exceptions import HTTPException, NotFound

from flasklab.errors import (
    ExperimentNotFoundError,
    ExportError,
    FileMissingError,
    FlasklabError,
    InvalidParametersError,
    MissingLibraryError,
    MissingResourcesError,
    NoSpaceError,
    ParameterError,
    QueueFullError,
    RunNotFoundError,
    StoreError,
    StoreFullError,
    TooLargeError,
    WrongStateError,
)
from flasklab.runs.json import encode
from flasklab.services.experiment_read import ExperimentBrokenError, ExperimentsLoadingError
from flasklab.services.preset_keep import PresetNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[FlasklabError], int] = {
    ExperimentNotFoundError: 404,
    RunNotFoundError: 404,
    FileMissingError: 404,
    WrongStateError: 409,
    ExperimentBrokenError: 409,
    TooLargeError: 413,
    InvalidParametersError: 422,
    ExportError: 422,
    MissingResourcesError: 422,
    QueueFullError: 429,
    MissingLibraryError: 501,
    StoreError: 503,
    StoreFullError: 507,
    NoSpaceError: 507,
    ExperimentsLoadingError: 503,
    PresetNotFoundError: 404,
}
_TITLES = {
    409: "Not possible in this state",
    413: "Too large",
    422: "Invalid parameters",
    429: "The queue is full",
    501: "Not installed",
    507: "Too little space",
}
# What the system refused, by its number: nothing is wrong with the request, and the same may do later.
_SYSTEM = {
    errno.ENOSPC: (507, "The lab's disk is full. Free some space there and try again."),
    errno.EDQUOT: (507, "The lab has used up its share of the disk. Free some space there and try again."),
    errno.EROFS: (503, "The lab's disk can only be read at present. Mount it for writing, then try again."),
    errno.EMFILE: (503, "The lab has no file handles left for this. Try again in a moment, or raise `ulimit -n`."),
    errno.ENFILE: (503, "The machine has no file handles left for this. Try again in a moment."),
    errno.ENOMEM: (503, "The machine has no memory left for this. Try again in a moment."),
}
_LATER = (("Retry-After", "5"),)
_TITLE_OF: dict[type[FlasklabError], str] = {
    MissingResourcesError: "More than the lab has",
    ExportError: "Not possible here",
}
_INSIDE = "Something went wrong inside the lab. Its log says what; trying again does no harm."


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that went wrong, ready to be told."""

    status: int
    title: str  # the kind of problem, in a few words
    detail: str  # what happened this time and what to do next
    errors: tuple[ParameterError, ...] = ()  # what is wrong with which parameter
    headers: tuple[tuple[str, str], ...] = ()  # such as Retry-After or Allow

    def to_json(self) -> dict[str, Any]:
        """The members of its `application/problem+json`."""
        members: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            members["errors"] = [{"param": error.param, "message": error.message} for error in self.errors]
        return members


class Refusal(FlasklabError):  # noqa: N818 - an error by family, a refusal by name
    """A request is refused before anything was done; it carries its status."""

    def __init__(self, status: int, message: str, *, title: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.title = title or title_of(status)
        self.headers = tuple((headers or {}).items())
        super().__init__(message)


def title_of(status: int) -> str:
    """A few words for a status."""
    if status in _TITLES:
        return _TITLES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def problem_of(error: Exception) -> Problem:
    """`error` as a problem; anything unforeseen is a 500 that says nothing of its inside."""
    if isinstance(error, Refusal):
        return Problem(status=error.status, title=error.title, detail=str(error), headers=error.headers)
    if isinstance(error, FlasklabError):
        status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
        return Problem(
            status=status,
            title=_TITLE_OF.get(type(error)) or title_of(status),
            detail=str(error) if status != 500 else _INSIDE,
            errors=error.errors if isinstance(error, InvalidParametersError) else (),
            headers=_headers_of(error),
        )
    if isinstance(error, HTTPException) and error.code is not None and error.code >= 400:
        return _problem_of_http(error, error.code)
    if isinstance(error, OSError) and error.errno in _SYSTEM:
        status, detail = _SYSTEM[error.errno]
        return Problem(status=status, title=title_of(status), detail=detail, headers=_LATER)
    if isinstance(error, MemoryError):
        return Problem(status=503, title=title_of(503), detail=_SYSTEM[errno.ENOMEM][1], headers=_LATER)
    return Problem(status=500, title=title_of(500), detail=_INSIDE)


def _headers_of(error: FlasklabError) -> tuple[tuple[str, str], ...]:
    if isinstance(error, (QueueFullError, ExperimentsLoadingError)):
        return (("Retry-After", str(error.retry_after_seconds)),)
    if isinstance(error, (StoreError, NoSpaceError)):
        return _LATER
    return ()


def _problem_of_http(error: HTTPException, status: int) -> Problem:
    kept = ("allow", "retry-after", "content-range", "www-authenticate")
    headers = tuple((name, value) for name, value in error.get_headers() if name.lower() in kept)
    detail = _INSIDE if status == 500 else (error.description or title_of(status))
    if isinstance(error, NotFound) and detail == NotFound.description:
        detail = "The lab has nothing at this address."
    return Problem(status=status, title=title_of(status), detail=detail, headers=headers)


def json_problem(problem: Problem) -> Response:
    """`problem` as an `application/problem+json` answer."""
    return Response(
        encode(problem.to_json()), status=problem.status, mimetype=MEDIA_TYPE, headers=list(problem.headers)
    )
