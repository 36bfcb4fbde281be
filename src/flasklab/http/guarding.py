"""What holds for every request and answer of the lab, on pages and API alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flasklab.http import doors
from flasklab.http.headers import secure
from flasklab.http.lab import current_lab

if TYPE_CHECKING:
    from flask import Blueprint


def guard(blueprint: Blueprint) -> None:
    """Put the doors before, and the headers after, every view of `blueprint`."""
    # Before any `before_request` of the app, such as CSRFProtect's, which would read the body first.
    blueprint.url_value_preprocessor(_enter)
    blueprint.before_request(doors.check_origin)
    blueprint.after_request(secure)


def _enter(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    doors.check_host()
    doors.limit_body()
    current_lab().attend()
