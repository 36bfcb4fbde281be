"""What holds for every request and answer of the lab, on pages and API alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, default_exceptions

from flasklab.errors import FlasklabError
from flasklab.http import doors
from flasklab.http.headers import secure
from flasklab.http.lab import current_lab

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Blueprint
    from werkzeug.wrappers import Response


def guard(blueprint: Blueprint) -> None:
    """Put the doors before, and the headers after, every view of `blueprint`."""
    # Before any `before_request` of the app, such as CSRFProtect's, which would read the body first.
    blueprint.url_value_preprocessor(_enter)
    blueprint.before_request(doors.check_origin)
    blueprint.after_request(secure)


def tell_problems(blueprint: Blueprint, answer: Callable[[Exception], Response]) -> None:
    """Answer every error of `blueprint`'s views with `answer`."""
    blueprint.register_error_handler(FlasklabError, answer)
    blueprint.register_error_handler(HTTPException, answer)
    # An app's handler of one status goes before a blueprint's handler of all, so each is registered too.
    for status in default_exceptions:
        blueprint.register_error_handler(status, answer)


def _enter(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    doors.check_host()
    doors.limit_body()
    current_lab().attend()
