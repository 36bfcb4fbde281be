"""What every template gets besides its page: built files, the token of forms, the theme."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_wtf.csrf import generate_csrf  # type: ignore[import-untyped]  # ships no types

from flasklab.web.assets import Assets
from flasklab.web.built import FOLDER

_THEMES = ("light", "dark")
_assets = Assets(FOLDER, lambda name: url_for("flasklab.asset", name=name))


def page_context() -> dict[str, Any]:
    """Names that templates may use."""
    theme = request.cookies.get("flasklab_theme", "")
    return {
        "assets": _assets,
        "csrf_token": generate_csrf,
        "theme": theme if theme in _THEMES else "",
    }
