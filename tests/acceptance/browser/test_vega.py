"""Altair's charts: drawn in a frame that may neither load anything nor make code from text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_is_drawn_computes_and_reacts(
    scheme: str, visit: Callable[..., Visitor], make_lab: Callable[..., ServedLab]
) -> None:
    lab = make_lab("charts")
    lab.start()
    run = lab.run("charts")
    assert run["state"] == "succeeded"
    guest = visit(lab, color_scheme=scheme)
    guest.open(f"results/{run['id']}")
    section = guest.section("counts")
    section.scroll_into_view_if_needed()
    frame = section.frame_locator("iframe")
    bars = frame.locator(".mark-rect.role-mark path")
    expect(bars).to_have_count(3)
    expect(bars.nth(1)).to_have_attribute("aria-label", "kind: b; double: 10")
    bars.nth(1).hover()
    expect(bars.nth(1)).to_have_attribute("fill", "firebrick")
    expect(frame.locator("#vg-tooltip-element")).to_contain_text("10")
    box = section.locator("iframe").bounding_box()
    drawn = frame.locator("svg.marks").bounding_box()
    assert box is not None
    assert drawn is not None
    assert box["width"] * 0.9 < drawn["width"] <= box["width"]
    assert drawn["height"] < box["height"] < drawn["height"] + 60
    guest.section("pair").scroll_into_view_if_needed()
    expect(guest.section("pair").frame_locator("iframe").locator(".mark-rect.role-mark path")).to_have_count(6)
