from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.web.assets import Assets, AssetsMissingError

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST: dict[str, Any] = {
    "_dom.js": {"file": "dom-1.js"},
    "inter.woff2": {"file": "inter-latin-wght-normal-1.woff2"},
    "inter-ext.woff2": {"file": "inter-latin-ext-wght-normal-1.woff2"},
    "src/app.ts": {"file": "app-1.js", "imports": ["_dom.js"], "css": ["app-1.css"]},
    "src/run.ts": {"file": "run-1.js", "imports": ["_dom.js", "src/app.ts"]},
}


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    return Assets(tmp_path, lambda name: f"/lab/assets/{name}")


def test_a_page_loads_its_entries_once_and_preloads_what_they_import(assets: Assets) -> None:
    page = assets.page("run")
    assert page.scripts == ("/lab/assets/app-1.js", "/lab/assets/run-1.js")
    assert page.preloads == ("/lab/assets/dom-1.js",)
    assert page.styles == ("/lab/assets/app-1.css",)


def test_the_latin_font_is_preloaded(assets: Assets) -> None:
    assert assets.page().font == "/lab/assets/inter-latin-wght-normal-1.woff2"


def test_a_new_build_is_noticed(assets: Assets, tmp_path: Path) -> None:
    assets.page()
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace("app-1.js", "app-2.js"))
    os.utime(path, ns=(1, 1))
    assert assets.page().scripts == ("/lab/assets/app-2.js",)


def test_an_unbuilt_checkout_names_the_command_that_builds(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissingError, match=r"python hatch_build\.py"):
        Assets(tmp_path, str).page()
