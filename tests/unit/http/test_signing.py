from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flasklab.http import signing
from flasklab.http.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask


def test_a_key_opens_its_run_for_an_hour(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    with make_app().app_context():
        monkeypatch.setattr("flasklab.http.signing.time.time", lambda: 1_000_000.0)
        key = signing.sign_run("abc")
        assert signing.signed_run(key) == "abc"
        monkeypatch.setattr("flasklab.http.signing.time.time", lambda: 1_000_100.0)
        assert signing.sign_run("abc") == key
        monkeypatch.setattr("flasklab.http.signing.time.time", lambda: 1_000_000.0 + 3600)
        assert signing.signed_run(key) == "abc"
        monkeypatch.setattr("flasklab.http.signing.time.time", lambda: 1_000_000.0 + 3600 + 1300)
        with pytest.raises(Refusal) as caught:
            signing.signed_run(key)
    assert caught.value.status == 404


def test_a_key_of_another_lab_opens_nothing(make_app: Callable[..., Flask]) -> None:
    app, other = make_app(), make_app()
    other.config["SECRET_KEY"] = "another one"  # noqa: S105 - signs nothing outside of tests
    with other.app_context():
        key = signing.sign_run("abc")
    with app.app_context(), pytest.raises(Refusal):
        signing.signed_run(key)
