"""Errors of the API: always `application/problem+json`, for addresses that do not exist as well.

A blueprint never hears of an unknown address below its prefix, so a last route takes them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from flasklab.http.problems import json_problem, problem_of

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug.wrappers import Response as AnyResponse

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CATCH_ALL = "unknown"


def answer_problem(error: Exception) -> AnyResponse:
    """What went wrong, as JSON."""
    if isinstance(error, HTTPException) and (error.code is None or error.code < 400):
        return error.get_response()  # a redirect
    return json_problem(problem_of(error))


def unknown(path: str = "") -> AnyResponse:
    """Whatever no route takes below the prefix: 405 where another method would do, else 404."""
    allowed = [method for method in METHODS if _takes(method)]
    if allowed:
        raise MethodNotAllowed(
            [*allowed, *(["HEAD"] if "GET" in allowed else []), "OPTIONS"],
            f"{request.method} is not possible here; possible: {', '.join(allowed)}.",
        )
    raise NotFound(f"The API has nothing at {path[:100]!r}. A start is {url_for('.experiments')}.")


def _takes(method: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None  # noqa: S101 - a request always has one
    try:
        rule, _ = adapter.match(method=method, return_rule=True)
    except (HTTPException, RequestRedirect):
        return False
    return not str(rule.endpoint).endswith(f".{CATCH_ALL}")


def take_unknown(blueprint: Blueprint) -> None:
    """Answer addresses below `blueprint` that do not exist."""
    for rule in ("/", "/<path:path>"):
        blueprint.add_url_rule(
            rule, CATCH_ALL, unknown, methods=METHODS, provide_automatic_options=False, strict_slashes=False
        )
