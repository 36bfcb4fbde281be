"""Errors of pages: a page for browsers, problem JSON for everyone else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, render_template
from werkzeug.exceptions import HTTPException

from flasklab.http.negotiation import wants_html
from flasklab.http.problems import json_problem, problem_of
from flasklab.web.presenters import present_problem

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse


def answer_problem(error: Exception) -> AnyResponse:
    """What went wrong, as a page or as JSON."""
    if isinstance(error, HTTPException) and (error.code is None or error.code < 400):
        return error.get_response()  # a redirect
    problem = problem_of(error)
    if not wants_html():
        return json_problem(problem)
    html = render_template("flasklab/pages/problem.html", page=present_problem(problem))
    return Response(html, status=problem.status, headers=list(problem.headers))


def answer_unknown(error: Exception) -> Response:
    """An address that no route takes."""
    problem = problem_of(error)
    if not wants_html():
        return json_problem(problem)
    html = render_template("flasklab/pages/problem.html", page=present_problem(problem))
    return Response(html, status=problem.status, headers=list(problem.headers))
