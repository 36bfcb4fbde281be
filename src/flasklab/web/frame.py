"""The built files that a page loads, for templates: those of the lab, and an app's own that extend its layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for

from flasklab.web.assets import Assets
from flasklab.web.built import FOLDER

if TYPE_CHECKING:
    from flasklab.web.assets import PageAssets

_assets = Assets(FOLDER, lambda name: url_for("flasklab.asset", name=name))


def page_assets(*entries: str) -> PageAssets:
    """What a page loads: the entry of every page, and these further ones.

    Raises:
        AssetsMissingError: the front end was not built.
    """
    return _assets.page(*entries)
