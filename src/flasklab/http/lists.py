"""Pages of runs: what was asked for, and the answer with its cursor and `Link` header (RFC 8288)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request

from flasklab.errors import InvalidParametersError, ParameterError
from flasklab.http.answers import json_answer
from flasklab.http.run_json import runs_json
from flasklab.runs.state import RunState
from flasklab.services.run_query import read_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Response

    from flasklab.services.run_read import RunPage

IN_BIN = "deleted"  # asked for like a state: the runs in the bin
_MOST = 1000
_USUAL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPage:
    """Which runs were asked for, newest first."""

    state: RunState | None = None
    experiment: str | None = None
    text: str | None = None  # found in names, notes and tags
    before: int | None = None  # run number; the cursor
    limit: int = _USUAL
    deleted: bool = False  # those in the bin, instead of the others

    @property
    def filters(self) -> dict[str, Any]:
        """As arguments of `RunRead.page`."""
        return {"state": self.state, "experiment": self.experiment, "text": self.text, "deleted": self.deleted}


def asked_page() -> AskedPage:
    """The page of runs that the present request asks for.

    Raises:
        InvalidParametersError: a filter, cursor or limit cannot be used; all of them at once.
    """
    errors: list[ParameterError] = []
    state_text = request.args.get("state") or None
    deleted = state_text == IN_BIN
    state_text = None if deleted else state_text
    if state_text is not None and state_text not in tuple(RunState):
        errors.append(ParameterError("state", f"is not one of {', '.join((*RunState, IN_BIN))}"))
        state_text = None
    try:
        asked = read_query(request.args.get("q", ""), RunState(state_text) if state_text else None)
    except ValueError as error:
        errors.append(ParameterError("q", str(error)))
    before = _whole("after", 0, 2**62, errors)
    if before is None:
        before = _whole("before", 0, 2**62, errors)
    limit = _whole("limit", 1, _MOST, errors)
    if errors:
        raise InvalidParametersError(tuple(errors))
    return AskedPage(
        state=asked.state,
        experiment=request.args.get("experiment") or None,
        text=asked.text,
        before=before,
        limit=limit or _USUAL,
        deleted=deleted,
    )


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
    following = None if page.next is None else str(page.next)
    headers = {}
    if following is not None:
        kept = [
            (name, text) for name, texts in request.args.lists() for text in texts if name not in ("after", "before")
        ]
        headers["Link"] = f'<{url}?{urlencode([*kept, ("after", following)])}>; rel="next"'
    return json_answer({"runs": runs_json(page.runs), "next": following}, headers=headers)


def whole_list(name: str, items: Sequence[Any], **further: Any) -> Response:
    """A list short enough to be answered whole, under its plural name."""
    return json_answer({name: list(items), "next": None, **further})
