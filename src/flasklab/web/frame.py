"""The built files that a page loads, for templates: those of the lab, and an app's own that extend its layout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import url_for

from flasklab.web.assets import Assets, AssetsMissingError
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


def vega_script() -> str:
    """The address of the script that draws Vega-Lite charts, in frames of their own only.

    Raises:
        AssetsMissingError: the front end was not built.
    """
    try:
        manifest = json.loads((FOLDER / "vega" / "manifest.json").read_text())
    except FileNotFoundError:
        raise AssetsMissingError(FOLDER) from None
    return url_for("flasklab.asset", name=f"vega/{manifest['src/vega.ts']['file']}")
