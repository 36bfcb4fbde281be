from __future__ import annotations

import errno
import json

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestEntityTooLarge

from flasklab.errors import (
    DefinitionError,
    ExperimentNotFoundError,
    FileMissingError,
    FlasklabError,
    InvalidParametersError,
    MissingLibraryError,
    NoSpaceError,
    ParameterError,
    QueueFullError,
    RunNotFoundError,
    StoreError,
    StoreFullError,
    TooLargeError,
    WrongStateError,
)
from flasklab.http.problems import Refusal, json_problem, problem_of


class _OfTomorrowError(RunNotFoundError):
    """An error made later from a known one."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ExperimentNotFoundError("x"), 404),
        (RunNotFoundError("x"), 404),
        (_OfTomorrowError("x"), 404),
        (FileMissingError("gone"), 404),
        (WrongStateError("done"), 409),
        (TooLargeError("big"), 413),
        (InvalidParametersError((ParameterError("a", "is required"),)), 422),
        (QueueFullError(5, 5), 429),
        (MissingLibraryError("scikit-learn", "analysis"), 501),
        (StoreError("disk"), 503),
        (StoreFullError("disk"), 507),
        (NoSpaceError("disk"), 507),
        (OSError(errno.ENOSPC, "full"), 507),
        (OSError(errno.EMFILE, "no handles"), 503),
        (OSError(errno.EPERM, "inner"), 500),
        (MemoryError(), 503),
        (NotFound(), 404),
        (MethodNotAllowed(["GET"]), 405),
        (RequestEntityTooLarge(), 413),
        (Refusal(418, "no"), 418),
        (FlasklabError("inner"), 500),
        (DefinitionError("bad", file="x.py", line=1), 500),
        (ZeroDivisionError("inner"), 500),
    ],
)
def test_every_error_has_its_status(error: Exception, status: int) -> None:
    assert problem_of(error).status == status


def test_a_problem_names_every_bad_parameter() -> None:
    error = InvalidParametersError((ParameterError("a", "is required"), ParameterError("b.c", "is not text")))
    answer = json_problem(problem_of(error))
    assert answer.mimetype == "application/problem+json"
    assert json.loads(answer.data) == {
        "type": "about:blank",
        "title": "Invalid parameters",
        "status": 422,
        "detail": "a: is required; b.c: is not text",
        "errors": [{"param": "a", "message": "is required"}, {"param": "b.c", "message": "is not text"}],
    }


def test_a_full_queue_says_when_to_come_back() -> None:
    assert json_problem(problem_of(QueueFullError(5, 5, retry_after_seconds=7))).headers["Retry-After"] == "7"


def test_a_wrong_method_says_which_are_right() -> None:
    assert json_problem(problem_of(MethodNotAllowed(["GET", "HEAD"]))).headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("error", [ZeroDivisionError("secret"), FlasklabError("secret")])
def test_what_was_not_foreseen_says_nothing_of_its_inside(error: Exception) -> None:
    assert b"secret" not in json_problem(problem_of(error)).data


def test_an_unknown_address_is_told_in_one_sentence_of_our_own() -> None:
    assert problem_of(NotFound()).detail == "The lab has nothing at this address."
    assert problem_of(NotFound("No such thing.")).detail == "No such thing."
