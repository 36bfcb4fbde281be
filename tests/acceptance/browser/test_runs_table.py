"""The table of runs by keyboard: searching, choosing, comparing, tagging."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab


def test_runs_are_searched_chosen_and_compared_by_keyboard(visit: Callable[..., Visitor], example: ServedLab) -> None:
    for param in (1.5, 2.5, 3.5):
        example.post("/run/double?wait=10", param=param)
    guest = visit(example)
    page = guest.open("runs?experiment=double")
    page.keyboard.press("/")
    page.keyboard.type("param in (1.5, 2.5, 3.5) and param < 3")
    page.keyboard.press("Enter")
    rows = page.locator("#runs tbody tr")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile(r"q=param\+in"))
    chosen = page.get_by_role("form", name="With the chosen runs")
    expect(chosen).to_be_hidden()
    page.keyboard.press("Escape")
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(chosen).to_be_visible()
    assert not [one.id for one in Axe().run(page).response["violations"]]
    chosen.get_by_label("Tags").fill("by-keyboard")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("by-keyboard")

    page = guest.open('runs?q="by-keyboard" in tags')
    expect(rows).to_have_count(2)
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    with page.expect_navigation():
        page.keyboard.press("c")
    expect(page).to_have_url(re.compile(r"/compare\?run="))
    expect(page.get_by_role("main")).to_contain_text("param")


def test_a_search_that_is_none_says_where(visit: Callable[..., Visitor], example: ServedLab) -> None:
    guest = visit(example)
    page = guest.open("runs")
    box = page.get_by_role("searchbox")
    box.fill("state == suceeded")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Did you mean succeeded?")
    expect(box).to_have_value("state == suceeded")
    expect(page.locator("#runs tbody tr")).to_have_count(0)


def test_groups_are_read_by_anybody_and_lead_to_their_runs(visit: Callable[..., Visitor], example: ServedLab) -> None:
    for param in (7.0, 8.0):
        example.post("/run/double?wait=10", param=param)
    guest = visit(example)
    page = guest.open("runs?experiment=double&q=param in (7, 8)")
    page.get_by_role("link", name="Group by all but the seed").click()
    expect(page.get_by_role("heading", name="Groups of runs")).to_be_visible()
    expect(page.get_by_text("can be said from at least 5 runs")).to_be_visible()
    assert not [one["id"] for one in Axe().run(page).response["violations"]]
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= 390")
    page.get_by_role("link", name="param=7.0").click()
    expect(page.locator("#runs tbody tr").first).to_contain_text("14")
