"""Runs side by side in a browser: reached from a run's page, steered by keys, read by machines, held in a hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
TABS = ("overview", "curves", "figures", "tables", "logs", "code", "environment")


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., ServedLab]) -> ServedLab:
    made = make_lab("compared", FLASKLAB_WORKERS="2")
    made.start()
    return made


@pytest.fixture(scope="module")
def runs(lab: ServedLab) -> list[str]:
    """Ids of twelve finished runs; the last repeats the first."""
    ids = [str(lab.run("fit", rate=0.1)["id"]), str(lab.run("fit", rate=0.3, model="forest", rounds=60)["id"])]
    ids += [str(lab.run("fit", rate=0.05 * at, seed=at)["id"]) for at in range(3, 12)]
    again = lab.post(f"/rerun/{ids[0]}?wait=30").json
    return [*ids, str(lab.finished(again["id"])["id"])]


def _compared(runs: list[str], tab: str = "", **more: str) -> str:
    given = [f"run={run}" for run in runs] + [f"{name}={text}" for name, text in more.items()]
    return f"compare?{'&'.join([*given, *([f'tab={tab}'] if tab else [])])}"


def _violations(page: Page) -> list[str]:
    options: dict[str, Any] = {"runOnly": {"type": "tag", "values": RULES}, "iframes": False}
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for one in Axe().run(page, options=options).response["violations"]:
            found += [f"{page.url} {scheme}: {one['id']}: {node['html'][:200]}" for node in one["nodes"]]
    return found


def test_a_comparison_is_reached_extended_and_steered_by_keys_alone(
    visit: Callable[..., Visitor], lab: ServedLab, runs: list[str]
) -> None:
    guest = visit(lab)
    page = guest.open(f"results/{runs[-1]}")
    menu = page.locator("summary", has_text="Compare")
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="with the run it repeats")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare?*")
    chips = page.get_by_role("list", name="Runs").get_by_role("listitem")
    expect(chips).to_have_count(2)
    expect(chips.first).to_contain_text("baseline")

    page.get_by_label("Add runs by number or id").focus()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(chips).to_have_count(3)
    expect(guest.section("Parameters")).to_contain_text("forest")
    page.keyboard.press("]")
    page.wait_for_url("**tab=curves**")
    loss = guest.section("loss").locator(".chart")
    expect(loss.locator(".legend li")).to_have_count(4)
    expect(loss).to_have_attribute("aria-label", re.compile("#1 .*#12 .*#2 .*"))
    loss.focus()
    page.keyboard.press("+")
    page.wait_for_url("**&x=*")
    page.keyboard.press("ArrowRight")
    expect(loss.locator(".cross")).to_be_visible()
    page.locator("#over").select_option("relative")
    expect(loss).to_have_attribute("aria-label", re.compile("loss over time since the start"))
    page.get_by_role("link", name="Remove #2 from the comparison").focus()
    page.keyboard.press("Enter")
    expect(chips).to_have_count(2)


def test_lines_have_the_colours_of_their_chips(visit: Callable[..., Visitor], lab: ServedLab, runs: list[str]) -> None:
    guest = visit(lab)
    page = guest.open(_compared(runs, "curves"))
    marks = guest.section("loss").locator(".legend li > i")
    expect(marks).to_have_count(len(runs))
    lines = marks.evaluate_all("all => all.map(one => getComputedStyle(one).borderTopColor)")
    chips = page.locator(".compared .swatch").evaluate_all("all => all.map(one => getComputedStyle(one).color)")
    assert lines == chips
    assert len(set(chips)) == 8


def test_what_runs_showed_stands_side_by_side_in_sandboxes(
    visit: Callable[..., Visitor], lab: ServedLab, runs: list[str]
) -> None:
    guest = visit(lab)
    page = guest.open(_compared(runs[:3], "figures"))
    expect(page.locator(".figure img")).to_have_count(3)
    expect(page.frame_locator("iframe").locator("#said")).to_have_text("forest")
    expect(page.locator("iframe")).to_have_attribute("sandbox", "allow-scripts")


def test_two_runs_are_chosen_and_told_apart_without_a_script(
    visit: Callable[..., Visitor], lab: ServedLab, runs: list[str]
) -> None:
    guest = visit(lab, java_script_enabled=False)
    guest.expected = [r"^failed: GET .*\.js csp$"]  # scripts are announced to the browser, which may not load them
    page = guest.open(_compared(runs[:3], "logs"))
    page.get_by_label("Left").select_option(runs[1])
    page.get_by_label("Right").select_option(runs[0])
    page.get_by_role("button", name="Show").click()
    difference = page.get_by_role("region", name="Difference of Log")
    expect(difference.locator(".removed .text").first).to_have_text("fitting forest")
    expect(difference.locator(".added .text").first).to_have_text("fitting linear")
    guest.open(_compared(runs[:3], "tables"))
    expect(page.locator("ins")).to_have_text("0.3")


def test_axe_finds_nothing_wrong_in_any_view(visit: Callable[..., Visitor], lab: ServedLab, runs: list[str]) -> None:
    guest = visit(lab)
    found = []
    for tab in TABS:
        page = guest.open(_compared(runs[:3], tab, baseline=runs[0]))
        if tab == "curves":
            expect(page.locator(".legend").first).to_be_visible()
        found += _violations(page)
    guest.expect_status(422)
    found += _violations(guest.open(_compared(runs[:1])))
    assert found == []


def test_a_phone_never_scrolls_a_comparison_sideways(
    visit: Callable[..., Visitor], lab: ServedLab, runs: list[str]
) -> None:
    guest = visit(lab, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    for tab in TABS:
        page = guest.open(_compared(runs, tab, baseline=runs[0]))
        assert (tab, page.evaluate("document.documentElement.scrollWidth")) == (tab, 390)
    guest.expect_status(404)
    page = guest.open(_compared(["1", "none"]))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
