from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING

import pytest

from flasklab.http.doors import LARGEST_TEXT, SAFE_METHODS, check_host, check_origin, limit_body
from flasklab.http.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

OWN = "http://localhost:8750"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8750",
        "LOCALHOST:1",
        "127.0.0.1",
        "127.0.0.1:8750",
        "127.8.9.1",
        "[::1]:8750",
        "[::1]",
    ],
)
def test_loopback_names_are_the_labs_own(make_app: Callable[..., Flask], host: str) -> None:
    with make_app().test_request_context(headers={"Host": host}):
        check_host()


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8750",
        "evil.example:80@localhost",
        "localhost:80@evil.example",
        "10.0.0.1",
        "0.0.0.0",  # noqa: S104 - a name in a header, nothing is bound
        "[::]",
        "[fe80::1]:8750",
        "localhost evil",
        "127.0.0.1/x",
    ],
)
def test_other_hosts_are_refused_and_told_the_setting(make_app: Callable[..., Flask], host: str) -> None:
    with make_app().test_request_context(headers={"Host": host}), pytest.raises(Refusal) as caught:
        check_host()
    assert caught.value.status == 400
    assert "FLASKLAB_TRUSTED_HOSTS" in str(caught.value)


@pytest.mark.parametrize(
    ("trusted", "host", "passes"),
    [
        ("lab.example", "lab.example", True),
        ("lab.example", "lab.example:443", True),
        ("lab.example", "x.lab.example", False),
        (".lab.example", "x.lab.example", True),
        ("lab.example", "notlab.example", False),
        ("lab.example", "localhost", True),
    ],
)
def test_trusted_hosts_are_matched_whole(make_app: Callable[..., Flask], trusted: str, host: str, passes: bool) -> None:
    with make_app(trusted_hosts=(trusted,)).test_request_context(headers={"Host": host}):
        if passes:
            check_host()
        else:
            with pytest.raises(Refusal):
                check_host()


def test_flasks_own_setting_counts_too(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    app.config["TRUSTED_HOSTS"] = ["lab.example"]
    with app.test_request_context(headers={"Host": "lab.example"}):
        check_host()


SITES = (None, "none", "same-origin", "same-site", "cross-site", "something-new")
ORIGINS = (None, OWN, "null", "http://evil.example", "http://localhost:8751", "https://localhost:8750", "*")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PURGE")


def _passes(method: str, site: str | None, origin: str | None, cookie: bool) -> bool:
    """The table of the house: what the doors must answer."""
    if method in SAFE_METHODS or site in ("none", "same-origin"):
        return True
    if site in ("same-site", "cross-site"):
        return False
    return origin == OWN or (origin is None and not cookie)


def test_an_unsafe_request_passes_only_from_here_or_from_no_browser(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    table = list(itertools.product(METHODS, SITES, ORIGINS, (False, True)))
    wrong = []
    for method, site, origin, cookie in table:
        headers = {"Host": "localhost:8750"}
        headers |= {"Sec-Fetch-Site": site} if site else {}
        headers |= {"Origin": origin} if origin else {}
        headers |= {"Cookie": "session=x"} if cookie else {}
        with app.test_request_context(method=method, headers=headers):
            try:
                check_origin()
                status = 200
            except Refusal as refusal:
                status = refusal.status
        if status != (200 if _passes(method, site, origin, cookie) else 403):
            wrong.append((method, site, origin, cookie))
    assert len(table) == 672
    assert wrong == []


def test_a_configured_front_end_may_send_and_a_star_may_not(make_app: Callable[..., Flask]) -> None:
    foreign = {"Origin": "https://front.example", "Sec-Fetch-Site": "cross-site"}
    with make_app(cors_origins=("https://front.example",)).test_request_context(method="POST", headers=foreign):
        check_origin()
    for origins in (("*",), ("https://other.example",), ("null",)):
        headers = {**foreign, "Origin": "null"} if origins == ("null",) else foreign
        with (
            make_app(cors_origins=origins).test_request_context(method="POST", headers=headers),
            pytest.raises(Refusal),
        ):
            check_origin()


def test_a_body_known_to_be_too_large_is_refused_before_it_is_read(make_app: Callable[..., Flask]) -> None:
    app = make_app(max_upload=1000)
    with (
        app.test_request_context(method="POST", data=b"x" * 1001, content_type="multipart/form-data; boundary=x"),
        pytest.raises(Refusal) as caught,
    ):
        limit_body()
    assert caught.value.status == 413
    assert "FLASKLAB_MAX_UPLOAD" in str(caught.value)


def test_json_has_a_limit_of_its_own_however_large_uploads_may_be(make_app: Callable[..., Flask]) -> None:
    app = make_app(max_upload=10**12)
    with (
        app.test_request_context(
            method="POST",
            content_type="application/json",
            environ_overrides={"CONTENT_LENGTH": str(LARGEST_TEXT + 1)},
        ),
        pytest.raises(Refusal) as caught,
    ):
        limit_body()
    assert caught.value.status == 413


def test_a_body_in_chunks_is_not_cut_off_but_refused(make_app: Callable[..., Flask]) -> None:
    app = make_app(max_upload=1000)
    for length in (999, 1000, 5000):
        body = io.BytesIO(b"x" * length)
        environ = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
        with app.test_request_context(method="POST", content_type="application/json", environ_overrides=environ):
            if length < 1000:
                limit_body()
                continue
            with pytest.raises(Refusal) as caught:
                limit_body()
            assert caught.value.status == 413
