"""Export on the table of runs: it means what the table shows, and fits on a small screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab


def test_export_follows_the_filters(ends: ServedLab, visit: Callable[..., Visitor]) -> None:
    ends.run("double", param=4)
    ends.run("raises", message="no luck")
    visitor = visit(ends)
    page = visitor.open("runs")

    page.get_by_label("State").select_option("failed")
    expect(page).to_have_url(re.compile("state=failed"))
    page.locator("#export > summary").click()
    with page.expect_download() as begun:
        page.get_by_role("link", name="CSV").click()

    rows = Path(begun.value.path()).read_text().splitlines()
    assert begun.value.suggested_filename == "runs.csv"
    assert "params.message" in rows[0]
    assert all(",failed," in row for row in rows[1:])


def test_the_menu_lies_within_a_small_screen(ends: ServedLab, visit: Callable[..., Visitor]) -> None:
    page = visit(ends, viewport={"width": 390, "height": 700}).open("runs")

    page.locator("#export > summary").click()

    box = page.locator("#export > div").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
