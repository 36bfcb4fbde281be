"""What every template gets besides its page: the addresses of built files."""

from __future__ import annotations

from typing import Any

from flask import url_for

from flasklab.web.assets import Assets
from flasklab.web.built import FOLDER

_assets = Assets(FOLDER, lambda name: url_for("flasklab.asset", name=name))


def page_context() -> dict[str, Any]:
    """Names that templates may use."""
    return {
        "assets": _assets,
    }
