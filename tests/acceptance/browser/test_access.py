"""The pages can be used by everybody: read by machines, driven by keys, held in a hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.acceptance.browser.conftest import Gate, Visitor
    from tests.acceptance.conftest import ServedLab

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = ("", "run/kinds", "runs", "broken/experiments.broken", "broken/experiments.lacking", "nothing/here")
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
TABS = ("overview", "charts", "log", "results", "files", "parameters", "code")


def _violations(page: Page) -> list[str]:
    """What axe finds wrong with a page, in light and in dark."""
    # Frames belong to the runs, and have an origin of their own.
    options: dict[str, Any] = {"runOnly": {"type": "tag", "values": RULES}, "iframes": False}
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page, options=options).response["violations"]
        found += [
            f"{page.url} {scheme}: {one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for one in violations
            for node in one["nodes"]
        ]
    return found


def _widths(page: Page) -> tuple[int, int]:
    """How wide the page's content and its window are."""
    content, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return int(content), int(window)


@pytest.fixture(scope="module")
def runs(watched: ServedLab, example: ServedLab) -> dict[str, str]:
    """Finished runs to look at: addresses below their labs, by name."""
    failed, shown = watched.run("fails"), watched.run("hostile_failure")
    trained, heated = example.run("train", epochs=3), example.run("heat", size=16, steps=20, frames=3)
    classified = example.run("classify", dataset="wine", curve_points=3)
    kept = {"failed": failed, "markup": shown, "train": trained, "heat": heated, "classify": classified}
    return {name: f"results/{run['id']}" for name, run in kept.items()}


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_wrong_with_a_page(
    path: str, visit: Callable[..., Visitor], watched: ServedLab, runs: dict[str, str]
) -> None:
    guest = visit(watched)
    if path == "nothing/here":
        guest.expect_status(404)
    assert _violations(guest.open(path)) == []


def test_axe_finds_nothing_wrong_with_a_refused_form(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    guest = visit(watched, java_script_enabled=True)
    page = guest.open("run/kinds?options=none&share=0.1")
    page.locator("#start").click()
    expect(page.locator("[data-field=code] .error")).to_be_visible()
    assert _violations(page) == []


def test_axe_finds_nothing_wrong_with_a_run_that_runs_or_waits(
    visit: Callable[..., Visitor], watched: ServedLab, gate: Gate
) -> None:
    running, waiting = visit(watched), visit(watched)
    for guest in (running, waiting):
        guest.open("run/gated")
        guest.field("gate").fill(str(gate.path))
        guest.start()
    gate.open()
    expect(running.page.locator("#log")).to_contain_text("passed gate 1")
    expect(waiting.section("Waiting")).to_be_visible()
    assert _violations(running.page) + _violations(waiting.page) == []


@pytest.mark.parametrize("name", ["failed", "markup"])
def test_axe_finds_nothing_wrong_with_a_failed_run(
    name: str, visit: Callable[..., Visitor], watched: ServedLab, runs: dict[str, str]
) -> None:
    assert _violations(visit(watched).open(runs[name])) == []


def test_axe_finds_nothing_wrong_with_a_finished_run(
    visit: Callable[..., Visitor], example: ServedLab, runs: dict[str, str]
) -> None:
    guest = visit(example)
    page = guest.open(runs["classify"])
    guest.section("accuracy").scroll_into_view_if_needed()
    expect(guest.section("accuracy").locator("canvas")).to_be_visible()
    report = page.get_by_role("table", name="report")
    report.scroll_into_view_if_needed()
    expect(report).to_be_visible()
    found = _violations(page)
    for tab in ("charts", "parameters", "code"):
        found += _violations(guest.open(f"{runs['classify']}?tab={tab}"))
    assert found == []


def test_axe_finds_nothing_wrong_with_pictures_in_steps(
    visit: Callable[..., Visitor], example: ServedLab, runs: dict[str, str]
) -> None:
    guest = visit(example)
    page = guest.open(runs["heat"])
    drawn = guest.section("temperature").get_by_role("img", name="temperature")
    drawn.scroll_into_view_if_needed()
    expect(drawn).to_be_visible()
    assert _violations(page) == []


def test_a_phone_never_scrolls_a_page_sideways(
    visit: Callable[..., Visitor], watched: ServedLab, example: ServedLab, runs: dict[str, str]
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    guest = visit(watched, **phone)
    guest.expect_status(404)
    for path in (*PAGES, runs["failed"], runs["markup"], "runs?experiment=fails"):
        assert (path, _widths(guest.open(path))) == (path, (390, 390))
    guest = visit(example, **phone)
    for name in ("train", "heat", "classify"):
        for tab in TABS:
            path = f"{runs[name]}?tab={tab}"
            assert (path, _widths(guest.open(path))) == (path, (390, 390))
    for path in ("", "run/classify", "run/describe"):
        assert (path, _widths(guest.open(path))) == (path, (390, 390))


def _tab_to(page: Page, label: str) -> None:
    """Press Tab until the focus is on what has this accessible name."""
    target = page.get_by_label(label, exact=True).or_(page.get_by_role("link", name=label, exact=True))
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.first.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{label} is not reached by Tab")


def test_an_experiment_is_found_and_started_by_keys_alone(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    guest = visit(watched)
    page = guest.open("")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    _tab_to(page, "Run gated")
    page.keyboard.press("Enter")
    page.wait_for_url("**/run/gated")
    while not guest.field("gates").evaluate("element => element === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.type("2")  # a field that is reached by Tab has its text selected
    page.keyboard.press("Enter")
    page.wait_for_url("**/status/*")
    expect(guest.state).to_have_text("Succeeded")
    expect(guest.section("Parameters")).to_contain_text("2")


def test_single_keys_help_jump_and_can_be_turned_off(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    guest = visit(watched)
    page = guest.open("")
    help_sheet = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    expect(help_sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_sheet).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator("[data-row]").first).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/runs")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()

    guest.open("run/gated")
    guest.field("gate").press("?")
    expect(help_sheet).to_be_hidden()
    expect(guest.field("gate")).to_have_value("?")
    page.get_by_role("heading", name="gated").click()
    page.keyboard.press("?")
    help_sheet.get_by_label("Single keys work").uncheck()
    help_sheet.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("?")
    expect(help_sheet).to_be_hidden()


def test_the_theme_is_switched_and_kept_without_a_flash(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    guest = visit(watched, color_scheme="light")
    page = guest.open("")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light
    answer = page.goto("runs")
    assert answer is not None
    assert re.search(r'<html[^>]* data-theme="dark"', answer.text())  # written by the server, before any script
