"""The log of a run, as somebody reads it: live, long, coloured, searched, with the keyboard and on a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import expect

from tests.acceptance.browser.test_access import RULES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab

MANY = 2_000_000  # lines of 100 characters: 200 MB


@pytest.fixture(scope="module")
def logged(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """A running lab whose experiments print."""
    lab = make_lab("logged")
    lab.start()
    return lab


@pytest.fixture(scope="module")
def long(logged: ServedLab) -> str:
    """A run with a log of 200 MB."""
    return str(logged.run("lines", count=MANY, width=100, wait=60)["id"])


@pytest.fixture(scope="module")
def failed(logged: ServedLab) -> str:
    """A run with an error in the middle of its log, and one at the end."""
    return str(logged.run("lines", count=40_000, failing="true")["id"])


def log_of(page: Page) -> Locator:
    return page.locator("#log")


def in_sight(page: Page, line: int) -> bool:
    """Whether a line of the log is within its box."""
    seen: bool = page.locator(f"#L{line}").evaluate(
        """line => {
            const [box, own] = [line.parentElement.getBoundingClientRect(), line.getBoundingClientRect()];
            return own.top >= box.top - 1 && own.bottom <= box.bottom + 1;
        }"""
    )
    return seen


def numbers(page: Page) -> list[int]:
    """The lines that are in the page."""
    found: list[int] = log_of(page).evaluate("log => [...log.querySelectorAll('[id^=L]')].map(row => +row.id.slice(1))")
    return found


def test_the_end_is_followed_until_somebody_scrolls_up(
    visit: Callable[..., Visitor], logged: ServedLab, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.write_text("", encoding="utf-8")

    def say(text: str) -> None:
        with gate.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")

    guest = visit(logged)
    page = guest.open("run/slowly")
    guest.field("gate").fill(str(gate))
    guest.start()
    expect(page.locator("#L500")).to_have_text("line 500")
    say("the first new line")
    expect(page.locator("#L501")).to_have_text("the first new line")
    assert in_sight(page, 501)

    log_of(page).hover()
    page.mouse.wheel(0, -600)
    expect(page.get_by_label("Follow")).not_to_be_checked()
    say("the second new line")
    expect(page.locator("#L502")).to_have_text("the second new line")
    assert not in_sight(page, 502)
    page.get_by_role("button", name="New lines").click()
    expect(page.get_by_label("Follow")).to_be_checked()
    assert in_sight(page, 502)
    say("end")
    expect(guest.state).to_have_text("Succeeded")
    assert numbers(page) == list(range(numbers(page)[0], 503))


def test_a_bar_moves_on_its_line_and_leaves_its_last_state(
    visit: Callable[..., Visitor], logged: ServedLab, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    guest = visit(logged)
    page = guest.open("run/bars")
    guest.field("gate").fill(str(gate))
    guest.start()
    expect(log_of(page).locator(".open")).to_have_text([re.compile(r"outer:.* 1/3"), re.compile(r"inner:.* 10/20")])
    expect(log_of(page).locator(".ln")).to_have_count(3)
    gate.touch()
    expect(guest.state).to_have_text("Succeeded")
    expect(log_of(page).locator(".open")).to_have_count(0)
    expect(log_of(page).locator(".ln")).to_have_count(3)
    expect(log_of(page)).to_contain_text("1000/1000")
    expect(log_of(page)).to_contain_text("3/3")


def test_a_log_of_200_mb_is_read_at_any_place(visit: Callable[..., Visitor], logged: ServedLab, long: str) -> None:
    page = visit(logged).open(f"results/{long}?tab=log")
    expect(page.locator(f"#L{MANY}")).to_be_visible()
    rail = page.get_by_role("slider", name="Place in the whole log")
    rail.fill(str(MANY // 2))
    expect(page.locator(f"#L{MANY // 2}")).to_contain_text(f"line {MANY // 2} of {MANY}")
    assert in_sight(page, MANY // 2)

    log_of(page).hover()
    for wheel in (1500, -1500):
        before = numbers(page)
        for _ in range(40):
            page.mouse.wheel(0, wheel)
            page.wait_for_timeout(30)
        after = numbers(page)
        assert after == list(range(after[0], after[-1] + 1))
        assert len(after) <= 1500
        assert (after[-1] > before[-1]) == (wheel > 0)
        top = after[len(after) // 2]
        expect(page.locator(f"#L{top}")).to_contain_text(f"line {top} of {MANY}")


def test_the_whole_log_is_searched_with_the_keyboard_alone(
    visit: Callable[..., Visitor], logged: ServedLab, long: str
) -> None:
    page = visit(logged).open(f"results/{long}?tab=log")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Find in the whole log")).to_be_focused()
    page.keyboard.type("LINE 77777")
    found = page.locator("[data-log-found]")
    expect(found).to_have_text("1 of 11")
    expect(page.locator("#L77777.here.hit")).to_be_visible()
    page.keyboard.press("Enter")
    expect(found).to_have_text("2 of 11")
    expect(page.locator("#L777770.here")).to_be_visible()
    page.keyboard.press("F3")
    expect(page.locator("#L777771.here")).to_be_visible()
    page.keyboard.press("Shift+F3")
    expect(page.locator("#L777770.here")).to_be_visible()
    page.get_by_role("button", name="Match case").click()
    expect(found).to_have_text("No match")
    page.get_by_role("searchbox").press("Escape")
    expect(log_of(page)).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator("#L1")).to_be_visible()
    page.keyboard.press("End")
    expect(page.locator(f"#L{MANY}")).to_be_visible()


def test_errors_are_a_key_away(visit: Callable[..., Visitor], logged: ServedLab, failed: str) -> None:
    page = visit(logged).open(f"results/{failed}?tab=log")
    first = page.locator("[data-log-error='0']")
    expect(first).to_have_text("2 errors")
    first.click()
    expect(page.locator(".ln.here")).to_contain_text("ERROR trainer: the loss is not finite")
    expect(first).to_have_text("Error 1 of 2")
    log_of(page).press("e")
    expect(page.locator(".ln.here")).to_contain_text("Traceback (most recent call last)")
    page.get_by_role("button", name="Previous error").click()
    expect(first).to_have_text("Error 1 of 2")


def test_streams_are_told_apart_and_shown_alone(visit: Callable[..., Visitor], logged: ServedLab, failed: str) -> None:
    page = visit(logged).open(f"results/{failed}?tab=log")
    page.get_by_label("Lines of").select_option("stderr")
    expect(log_of(page).locator(".ln:not(.err)")).to_have_count(0)
    expect(log_of(page).get_by_label(re.compile(r"^Line \d+, stderr$")).first).to_be_visible()
    expect(log_of(page)).to_contain_text("ERROR trainer")
    expect(log_of(page)).to_contain_text("ValueError: the numbers do not fit")
    page.get_by_label("Lines of").select_option("All lines")
    expect(log_of(page).locator(".ln.out").first).to_be_visible()


def test_a_line_is_an_address(visit: Callable[..., Visitor], logged: ServedLab, failed: str) -> None:
    guest = visit(logged)
    page = guest.open(f"results/{failed}?tab=log#L12345")
    expect(page.locator("#L12345.here")).to_be_visible()
    assert in_sight(page, 12345)
    page.get_by_label("Line 12347", exact=True).click()
    assert page.url.endswith("#L12347")
    expect(page.locator("#L12347.here")).to_be_visible()
    other = guest.another(page.url.removeprefix(logged.url))
    expect(other.locator("#L12347.here")).to_be_visible()


def test_times_and_wrapping_stay_as_chosen(visit: Callable[..., Visitor], logged: ServedLab, failed: str) -> None:
    page = visit(logged).open(f"results/{failed}?tab=log")
    time = log_of(page).locator(".ln time").last
    expect(time).to_be_hidden()
    page.get_by_label("Times").select_option("Since start")
    expect(time).to_be_visible()
    expect(time).to_have_attribute("data-at", re.compile(r"^\+\d+\.\d s$"))
    page.get_by_label("Wrap").uncheck()
    page.reload()
    expect(time).to_be_visible()
    expect(page.get_by_label("Wrap")).not_to_be_checked()
    page.get_by_label("Times").select_option("Clock")
    expect(time).to_have_attribute("data-clock", re.compile(r"^\d\d:\d\d:\d\d\.\d{3}$"))


def test_colours_are_shown_and_markup_is_not(visit: Callable[..., Visitor], logged: ServedLab) -> None:
    run = logged.run("colors")
    page = visit(logged).open(f"results/{run['id']}?tab=log")
    expect(log_of(page)).to_contain_text("a link <b>&amp; markup</b>")
    assert log_of(page).locator("b").count() == 0
    exact = log_of(page).get_by_text("■").first
    assert "light-dark(" in str(exact.get_attribute("style"))
    expect(log_of(page).locator(".err .ansi-1")).to_have_text(["a colour that", "goes on until"])
    text = logged.get(f"/api/v1/runs/{run['id']}/logs?format=text&ansi=strip").text
    assert "\x1b" not in text
    assert "foreground 31 ground 41\n" in text


def test_a_line_of_ten_megabytes_does_no_harm(visit: Callable[..., Visitor], logged: ServedLab) -> None:
    run = logged.run("junk")
    assert run["state"] == "succeeded"
    page = visit(logged).open(f"results/{run['id']}?tab=log")
    expect(log_of(page)).to_contain_text("last words")
    page.locator(".log").press("Home")
    expect(log_of(page)).to_contain_text("half a €")
    more = page.get_by_role("link", name="show all 10.0 MB")
    address = str(more.get_attribute("href"))
    assert logged.get(address).body == b"x" * 10_000_000 + b"\n"


def test_what_a_flood_lost_is_told_once_where_it_is_missing(
    visit: Callable[..., Visitor], make_lab: Callable[..., ServedLab]
) -> None:
    lab = make_lab("logged", FLASKLAB_MAX_LOG="1 MiB")
    lab.start()
    run = lab.run("lines", count=100_000, width=100, failing="true")
    page = visit(lab).open(f"results/{run['id']}?tab=log")
    expect(log_of(page)).to_contain_text("ValueError: the numbers do not fit")
    gap = lab.get(f"/api/v1/runs/{run['id']}/logs?line=50000&lines=1").json["gap"]
    page.goto(f"results/{run['id']}?tab=log#L{gap}")
    page.reload()
    expect(page.locator(f"#L{gap}.here")).to_be_visible()
    expect(page.locator(".gap")).to_have_text(
        re.compile(r"bytes \(.* lines\) of output are left out here: .*FLASKLAB_MAX_LOG")
    )
    expect(page.locator(f".ln + .gap + #L{gap}")).to_have_count(1)
    log_of(page).press("Home")
    expect(page.locator("#L1")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_a_log(
    visit: Callable[..., Visitor], logged: ServedLab, failed: str, scheme: Literal["light", "dark"]
) -> None:
    colors = logged.run("colors")["id"]
    for run in (failed, colors):
        page = visit(logged, color_scheme=scheme).open(f"results/{run}?tab=log")
        expect(log_of(page).locator(".ln").last).to_be_visible()
        page.get_by_label("Times").select_option("Since start")
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
        assert [(one["id"], node["html"], node["failureSummary"]) for one in found for node in one["nodes"]] == []


def test_a_phone_shows_lines_without_scrolling_sideways(
    visit: Callable[..., Visitor], logged: ServedLab, failed: str
) -> None:
    guest = visit(logged, viewport={"width": 360, "height": 740})
    page = guest.open(f"results/{failed}?tab=log")
    expect(log_of(page).locator(".ln").last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert log_of(page).evaluate("log => log.scrollWidth <= log.clientWidth")


def test_without_scripts_the_last_lines_are_there(visit: Callable[..., Visitor], logged: ServedLab, long: str) -> None:
    guest = visit(logged, java_script_enabled=False)
    guest.expected = [r"^failed: GET .*\.js csp$"]  # scripts are announced to the browser, which may not load them
    page = guest.open(f"results/{long}?tab=log")
    expect(page.locator(f"#L{MANY}")).to_contain_text(f"line {MANY} of {MANY}")
    expect(page.get_by_text("the last part")).to_be_visible()
    expect(page.locator("[data-log-tools]")).to_be_hidden()
    markup = log_of(page).evaluate("log => log.outerHTML.length")
    assert markup < 64_000
