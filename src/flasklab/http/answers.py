"""JSON answers, encoded in one place so that non-finite numbers never break a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from flasklab.runs.json import encode

if TYPE_CHECKING:
    from collections.abc import Mapping


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`value` as an `application/json` answer."""
    return Response(encode(value), status=status, mimetype="application/json", headers=dict(headers or {}))
