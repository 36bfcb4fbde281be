from __future__ import annotations

import pytest
from flask import Flask

from flasklab.http.negotiation import wanted_picture, wants_html

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (None, False),
        ("*/*", False),
        ("application/json", False),
        ("text/*", False),
        (BROWSER, True),
        ("text/html", True),
        ("TEXT/HTML", True),
        ("text/html;q=0", False),
        ("text/html;q=0.5, application/json", False),
        ("text/html, application/json;q=0.5", True),
        ("text/html, application/json", True),
    ],
)
def test_html_is_answered_to_those_who_ask_for_it_by_name(accept: str | None, page: bool) -> None:
    headers = {} if accept is None else {"Accept": accept}
    with Flask(__name__).test_request_context(headers=headers):
        assert wants_html() is page


@pytest.mark.parametrize(
    ("accept", "ending"),
    [
        ("image/png", ".png"),
        ("image/svg+xml", ".svg"),
        ("image/png;q=0.4, image/svg+xml", ".svg"),
        ("image/avif,image/webp,image/*,*/*;q=0.8", None),
        (BROWSER + ",image/png", None),
        ("application/json, image/png", None),
        ("*/*", None),
    ],
)
def test_a_picture_is_answered_to_those_who_ask_for_nothing_else(accept: str, ending: str | None) -> None:
    with Flask(__name__).test_request_context(headers={"Accept": accept}):
        assert wanted_picture() == ending
