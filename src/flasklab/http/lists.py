"""Pages of runs: what was asked for, and the answer with its cursor and `Link` header (RFC 8288)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request

from flasklab.errors import InvalidParametersError, ParameterError
from flasklab.http.answers import json_answer
from flasklab.http.lab import current_lab
from flasklab.http.run_json import runs_json
from flasklab.runs.state import RunState
from flasklab.search.errors import QueryError
from flasklab.search.ordering import NEWEST
from flasklab.services.run_search import RunQuery, read_cursor, read_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response

    from flasklab.services.run_search import RunPage

IN_BIN = "deleted"  # asked for like a state: the runs in the bin
_MOST = 1000
_USUAL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPage:
    """Which runs were asked for."""

    query: RunQuery
    text: str = ""  # the search, as it was typed
    sort: str = ""  # the order, as it was typed; "" for newest first
    state: RunState | None = None  # asked for apart from the search
    experiment: str | None = None  # asked for apart from it
    after: str | None = None  # the cursor
    limit: int = _USUAL
    problem: QueryError | None = None  # why the search is no search; it was left out then


def asked_page(*, forgiving: bool = False) -> AskedPage:
    """The page of runs that the present request asks for.

    Args:
        forgiving: whether a search that cannot be understood is told in `problem` instead of refused

    Raises:
        InvalidParametersError: a filter, cursor or limit cannot be used; all of them at once.
    """
    errors: list[ParameterError] = []
    state, deleted = _state(errors)
    experiment = request.args.get("experiment") or None
    text, sort = request.args.get("q", "").strip(), request.args.get("sort", "").strip()
    query, order, problem = RunQuery(deleted=deleted), NEWEST, None
    try:
        query = read_query(text, deleted=deleted)
    except QueryError as error:
        if forgiving:
            problem = error
        else:
            errors.append(ParameterError("q", str(error)))
    try:
        order = read_query(sort=sort).order
    except QueryError as error:
        errors.append(ParameterError("sort", str(error)))
    after = request.args.get("after") or request.args.get("before") or None
    if after is not None:
        try:
            read_cursor(after)
        except ValueError as error:
            errors.append(ParameterError("after", str(error)))
    limit = _whole("limit", 1, _MOST, errors)
    if errors:
        raise InvalidParametersError(tuple(errors))
    return AskedPage(
        query=replace(query, order=order).within(state=state, experiment=experiment),
        text=text,
        sort=sort,
        state=state,
        experiment=experiment,
        after=after,
        limit=limit or _USUAL,
        problem=problem,
    )


def _state(errors: list[ParameterError]) -> tuple[RunState | None, bool]:
    """The state that was asked for, and whether the bin was."""
    text = request.args.get("state") or None
    if text is None or text == IN_BIN:
        return None, text == IN_BIN
    if text in tuple(RunState):
        return RunState(text), False
    errors.append(ParameterError("state", f"is not one of {', '.join((*RunState, IN_BIN))}"))
    return None, False


def found_page(asked: AskedPage) -> RunPage:
    """The runs that were asked for.

    Raises:
        InvalidParametersError: the cursor is of another order.
    """
    try:
        return current_lab().services.search(asked.query, after=asked.after, limit=asked.limit)
    except ValueError as error:
        raise InvalidParametersError((ParameterError("after", str(error)),)) from error


def _whole(name: str, least: int, most: int, errors: list[ParameterError]) -> int | None:
    text = request.args.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        errors.append(ParameterError(name, f"must be a whole number from {least} to {most}"))
        return None
    return int(text)


def page_json(page: RunPage, url: str) -> Response:
    """One page of runs, with the address of the next."""
    headers = {}
    if page.next is not None:
        kept = [
            (name, text) for name, texts in request.args.lists() for text in texts if name not in ("after", "before")
        ]
        headers["Link"] = f'<{url}?{urlencode([*kept, ("after", page.next)])}>; rel="next"'
    return json_answer({"runs": runs_json(page.runs), "next": page.next}, headers=headers)


def whole_list(name: str, items: Sequence[Any], **further: Any) -> Response:
    """A list short enough to be answered whole, under its plural name."""
    return json_answer({name: list(items), "next": None, **further})
