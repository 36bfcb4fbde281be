"""What a PATCH of a run asks to be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from flasklab.errors import InvalidParametersError, ParameterError
from flasklab.http.problems import Refusal
from flasklab.runs.annotations import Wish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAMES = "must be a list of texts"
# What may be changed of a run, and what its value must be.
_CHANGES: Mapping[str, tuple[type, str]] = {
    "pinned": (bool, "must be true or false"),
    "tags": (list, _NAMES),
    "add_tags": (list, _NAMES),
    "remove_tags": (list, _NAMES),
    "note": (str, "must be a text"),
}


def sent_changes() -> dict[str, Any]:
    """The changes that the present request's JSON object names; each of a known name and type.

    Raises:
        Refusal: it is no JSON object.
        InvalidParametersError: names or values that cannot be used, all of them at once.
    """
    sent = request.get_json(force=True, silent=True)
    if not isinstance(sent, dict):
        raise Refusal(400, 'Send what is to be changed as a JSON object, such as {"pinned": true}.')
    errors = []
    for name, value in sent.items():
        kind, words = _CHANGES.get(name, (object, ""))
        if not words:
            errors.append(ParameterError(name[:100], f"cannot be changed; what can is {', '.join(_CHANGES)}"))
        elif not isinstance(value, kind) or (
            isinstance(value, list) and not all(isinstance(one, str) for one in value)
        ):
            errors.append(ParameterError(name, words))
    if errors:
        raise InvalidParametersError(tuple(errors))
    return sent


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def wish_of(changes: Mapping[str, Any]) -> Wish:
    """What these changes ask of a run's tags and note."""
    return Wish(
        tags=tuple(changes["tags"]) if "tags" in changes else None,
        add_tags=tuple(changes.get("add_tags", ())),
        remove_tags=tuple(changes.get("remove_tags", ())),
        note=changes.get("note"),
    )
