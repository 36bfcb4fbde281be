"""A run's page is the same whoever opens it, early, late or twice, and grows without being loaded anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.acceptance.browser.conftest import Gate, Visitor
    from tests.acceptance.conftest import ServedLab

HEIGHTS = {1: "1", 2: "0.5", 3: "0.3333", 4: "0.25"}  # what is logged after so many gates


def _expect_gates(page: Page, passed: int) -> None:
    """Log, latest metric and progress all tell of as many gates."""
    expect(page.locator("#log")).to_have_text("".join(f"passed gate {number}\n" for number in range(1, passed + 1)))
    expect(page.locator("[data-stat='metric:height']")).to_have_text(HEIGHTS[passed])


def _picture(page: Page) -> str:
    """The curve as it is drawn."""
    canvas = page.get_by_role("region", name="height", exact=True).locator("canvas")
    canvas.scroll_into_view_if_needed()
    expect(canvas).to_be_visible()
    # Two frames later, whatever was to be drawn is drawn.
    pixels: str = canvas.evaluate(
        """async canvas => {
            for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
            return canvas.toDataURL();
        }"""
    )
    return pixels


def test_early_late_and_reloaded_pages_show_the_same(
    visit: Callable[..., Visitor], watched: ServedLab, gate: Gate
) -> None:
    guest = visit(watched)
    early = guest.open("run/gated")
    guest.field("gate").fill(str(gate.path))
    guest.start()
    expect(guest.state).to_have_text("Running")
    early.evaluate("window.neverLeft = true")
    gate.open()
    _expect_gates(early, 1)
    expect(early.locator("[data-stat=progress]")).to_have_text("1 of 4 · gate 1")
    gate.open()
    _expect_gates(early, 2)
    expect(early.get_by_role("progressbar")).to_have_attribute("value", "50")
    before = _picture(early)

    late = guest.another(f"status/{guest.run_id}")
    _expect_gates(late, 2)
    expect(late.locator("[data-stat=progress]")).to_have_text("2 of 4 · gate 2")
    assert _picture(late) == before

    late.reload()
    gate.open()
    for page in (early, late):
        _expect_gates(page, 3)
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "75")
    gate.open()
    for page in (early, late):
        expect(page.locator("[data-section=head] .pill")).to_have_text("Succeeded")
        _expect_gates(page, 4)
        expect(page.get_by_role("region", name="Output")).to_contain_text("passed")
    assert early.evaluate("window.neverLeft")

    stranger = visit(watched)
    after = stranger.open(f"results/{guest.run_id}")
    _expect_gates(after, 4)
    assert _picture(early) == _picture(late) == _picture(after) != before


def test_a_page_goes_on_after_its_lab_was_restarted(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    guest = visit(watched)
    guest.expected = ["ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_CONNECTION_CLOSED"]
    page = guest.open("run/gated")
    guest.field("gate").fill(str(watched.folder / "never"))
    (watched.folder / "never").write_text("open\n", encoding="utf-8")
    guest.start()
    _expect_gates(page, 1)
    watched.stop()
    expect(page.locator("#offline")).to_contain_text("Offline")
    watched.start()
    expect(page.locator("#offline")).to_be_hidden()
    expect(guest.state).to_have_text("Lost")
    expect(page.locator("#log")).to_have_text(re.compile(r"^passed gate 1\nStopping with the lab\."))
