from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask

from flasklab.config import Settings
from flasklab.http.lab import EXTENSION, LabState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flasklab.http.lab import Services


def _closed() -> Services:
    raise AssertionError("no service is needed here")


@pytest.fixture
def make_app(tmp_path: Path) -> Callable[..., Flask]:
    """An app with a lab's settings and without any service."""

    def make(**changes: object) -> Flask:
        settings = Settings(
            root=tmp_path, results=tmp_path / "results", experiments="experiments", database_url="sqlite://"
        )
        app = Flask(__name__)
        app.config["SECRET_KEY"] = "of a test"  # noqa: S105 - signs nothing outside of tests
        app.extensions[EXTENSION] = LabState(
            settings=settings.replaced(**changes), prefix="", open=_closed, attend=lambda: None
        )
        return app

    return make
