"""Things of every kind are drawn, browsed by step, paged and played on a run's page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.acceptance.browser.test_access import _violations

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., ServedLab]) -> ServedLab:
    made = make_lab("shown", FLASKLAB_WORKERS="1")
    made.start()
    made.until(lambda: bool(made.get("/api/v1/experiments").json["experiments"]), 40, "its experiments were not read")
    return made


@pytest.fixture(scope="module")
def everything(lab: ServedLab) -> str:
    run = lab.run("everything")
    assert run["state"] == "succeeded"
    return f"results/{run['id']}?tab=results"


@pytest.fixture(scope="module")
def stepped(lab: ServedLab) -> str:
    run = lab.run("stepped")
    assert run["state"] == "succeeded"
    return f"results/{run['id']}?tab=results"


def seen(guest: Visitor, name: str) -> Locator:
    """The card of a shown thing, brought into view."""
    card = guest.section(name)
    card.scroll_into_view_if_needed()
    return card


def pixels(canvas: Locator) -> Any:
    """What is drawn on a canvas, as a sum that differs when the picture does."""
    return canvas.evaluate(
        """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
            .reduce((sum, value, at) => (sum * 31 + value * (at % 251)) % 1e9, 0)"""
    )


def test_axe_finds_nothing_wrong_with_things_of_every_kind(
    visit: Callable[..., Visitor], lab: ServedLab, everything: str, stepped: str
) -> None:
    guest = visit(lab)
    page = guest.open(everything)
    for name, drawn in (
        ("large table", "[role=row]"),
        ("histogram", "canvas"),
        ("data", "details"),
        ("report", "table"),
        ("text", "pre"),
        ("big JSON", "pre"),
        ("tone", "audio"),
        ("bytes", "p"),
    ):
        seen(guest, name)
        expect(guest.section(name).locator(drawn).first).to_be_visible()
    found = _violations(page)
    page = guest.open(stepped)
    for name in ("weights", "summary", "samples"):
        seen(guest, name)
    expect(guest.section("summary").get_by_role("table")).to_be_visible()
    assert found + _violations(page) == []


def test_a_phone_sees_every_kind_without_scrolling_sideways(
    visit: Callable[..., Visitor], lab: ServedLab, everything: str, stepped: str
) -> None:
    guest = visit(lab, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    for path, last in ((everything, "bytes"), (stepped, "summary")):
        page = guest.open(path)
        for card in page.locator(".figure").all():
            card.scroll_into_view_if_needed()
        expect(guest.section(last)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_all_rows_of_a_long_table_are_reached_sorted_and_filtered(
    visit: Callable[..., Visitor], lab: ServedLab, everything: str
) -> None:
    guest = visit(lab)
    page = guest.open(everything)
    card = seen(guest, "large table")
    table = card.get_by_role("table")
    expect(table).to_have_attribute("aria-rowcount", "20001")
    expect(card.get_by_role("link")).to_have_text(["CSV", "PARQUET", "JSON"])
    table.focus()
    page.keyboard.press("End")
    last = table.locator("[aria-rowindex='20001']")
    expect(last.get_by_role("cell").first).to_have_text("0")
    page.keyboard.press("PageUp")
    expect(last).to_have_count(0)

    card.get_by_role("button", name="number").press("Enter")
    expect(card.get_by_role("columnheader").first).to_have_attribute("aria-sort", "ascending")
    first = table.locator("[aria-rowindex='2']").get_by_role("cell")
    expect(first.first).to_have_text("0")
    card.get_by_role("button", name="gap").click()
    card.get_by_role("button", name="gap").click()
    expect(card.get_by_role("columnheader").last).to_have_attribute("aria-sort", "descending")
    expect(first.last).to_have_text("9999")
    card.get_by_role("searchbox").fill("WORD 976")
    expect(card.get_by_role("status")).to_have_text("20 of 20,000 rows")
    expect(table.get_by_text("word 976").first).to_be_visible()
    with page.expect_download() as download:
        card.get_by_role("link", name="PARQUET").click()
    assert download.value.suggested_filename == "large table.parquet"


def test_a_short_table_is_sorted_and_filtered_in_the_page(
    visit: Callable[..., Visitor], lab: ServedLab, everything: str
) -> None:
    guest = visit(lab)
    guest.open(everything)
    card = seen(guest, "small table")
    first = card.locator("[aria-rowindex='2']").get_by_role("cell").first
    expect(first).to_have_text("19,999")
    card.get_by_role("button", name="number").click()
    expect(first).to_have_text("19,970")
    card.get_by_role("searchbox").fill("word 7")
    expect(card.get_by_role("status")).to_have_text("1 of 30 rows")
    assert not [request for request in guest.requests if "/rows/" in request and "small" in request]


def test_markdown_is_set_with_links_and_cannot_act_as_its_reader(
    visit: Callable[..., Visitor], lab: ServedLab, everything: str
) -> None:
    guest = visit(lab)
    page = guest.open(everything)
    report = seen(guest, "report")
    expect(report.get_by_role("heading", name="Report")).to_be_visible()
    expect(report.get_by_role("table")).to_contain_text("0.95")
    expect(report.get_by_text("$a_1 * b_2 * c$")).to_be_visible()
    expect(report.get_by_text("<script>document.title")).to_be_visible()
    links = report.locator("fl-markdown a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert set(links) == {"https://example.org/paper", "http://127.0.0.1:9/beacon.png"}
    opened = report.get_by_role("link", name="the paper")
    expect(opened).to_have_attribute("rel", re.compile("noopener noreferrer"))
    assert report.locator("fl-markdown :is(img, script, style, iframe, [style], [onclick], [onerror])").count() == 0
    assert "pwned" not in page.title()
    assert not [request for request in guest.requests if "beacon" in request]


def test_json_folds_and_shows_long_lists_and_texts_by_pieces(
    visit: Callable[..., Visitor], lab: ServedLab, everything: str
) -> None:
    guest = visit(lab)
    guest.open(everything)
    card = seen(guest, "data")
    listed = card.locator("details").filter(has_text="list:").last
    expect(listed).not_to_have_attribute("open", "")
    listed.locator("summary").focus()
    guest.page.keyboard.press("Enter")
    expect(listed.locator("> div")).to_have_count(201)
    listed.get_by_role("button", name="Show more of 800").click()
    expect(listed.locator("> div")).to_have_count(401)
    card.get_by_role("button", name="Show all of it").click()
    expect(card.get_by_text("x" * 3000)).to_be_visible()


def test_json_of_many_megabytes_is_read_by_pieces(
    visit: Callable[..., Visitor], lab: ServedLab, everything: str
) -> None:
    guest = visit(lab)
    guest.open(everything)
    card = seen(guest, "big JSON")
    expect(card.get_by_text("The first 262 kB of 4.8 MB.")).to_be_visible()
    card.get_by_role("button", name="Show more").click()
    expect(card.get_by_text("The first 524 kB of 4.8 MB.")).to_be_visible()


def test_sound_is_loaded_by_a_player_and_sought_by_ranges(
    visit: Callable[..., Visitor], lab: ServedLab, everything: str
) -> None:
    guest = visit(lab)
    guest.open(everything)
    player = seen(guest, "tone").locator("audio")
    seconds = player.evaluate(
        """async player => {
            if (player.readyState < 1) await new Promise(resolve => player.addEventListener("loadedmetadata", resolve));
            player.currentTime = 0.5;
            await new Promise(resolve => player.addEventListener("seeked", resolve));
            return [player.duration, player.currentTime];
        }"""
    )
    assert seconds == [1, 0.5]


def test_html_of_an_object_gets_the_height_it_needs(
    visit: Callable[..., Visitor], lab: ServedLab, everything: str
) -> None:
    guest = visit(lab)
    guest.open(everything)
    frame = seen(guest, "diagram").locator("iframe")
    expect(frame.content_frame.locator("#head")).to_be_visible()
    expect(frame).to_have_css("height", re.compile(r"^(9\d|1[0-4]\d)px$"))
    assert frame.content_frame.locator("html").evaluate("root => root.scrollHeight <= innerHeight")


def test_a_figure_that_is_broken_says_so(visit: Callable[..., Visitor], lab: ServedLab, everything: str) -> None:
    guest = visit(lab)
    guest.open(everything)
    frame = seen(guest, "broken plotly").locator("iframe")
    expect(frame.content_frame.get_by_text("It could not be drawn: ")).to_be_visible()


def test_a_histogram_tells_its_bins_and_is_seen_over_all_steps(
    visit: Callable[..., Visitor], lab: ServedLab, stepped: str
) -> None:
    guest = visit(lab)
    page = guest.open(stepped)
    card = seen(guest, "weights")
    canvas = card.locator("canvas")
    expect(card.get_by_text("2000 values")).to_be_visible()
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(card.get_by_text(re.compile(r"^-?[\d.]+ to -?[\d.]+: \d+$"))).to_be_visible()
    last = pixels(canvas)
    card.get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(card.locator("output")).to_have_text("0")
    expect(card.locator(".steps small")).to_have_text("(1 of 20)")
    expect(card.get_by_text("2000 values")).to_be_visible()
    assert pixels(canvas) != last
    card.get_by_role("button", name="Over steps").click()
    expect(card.get_by_text("steps 0 (top) to 190")).to_be_visible()
    light = pixels(canvas)
    page.keyboard.press("t")
    assert pixels(canvas) != light


def test_sliders_move_together_when_they_are_linked(visit: Callable[..., Visitor], lab: ServedLab) -> None:
    many = lab.run("both", steps=13)
    guest = visit(lab)
    page = guest.open(f"results/{many['id']}?tab=results")
    page.get_by_label("Move all steps together").check()
    guest.section("thing 0").get_by_role("slider").focus()
    page.keyboard.press("Home")
    for name in ("thing 1", "thing 12"):
        expect(guest.section(name).locator("output")).to_have_text("0")
    expect(guest.section("thing 1").locator("img")).to_have_attribute("src", re.compile(r"step%200\)"))


def test_a_slider_stays_where_it_was_put_and_follows_at_the_end(
    visit: Callable[..., Visitor], lab: ServedLab, tmp_path: Any
) -> None:
    gate = tmp_path / "gate"
    gate.write_text("")
    guest = visit(lab)
    page = guest.open("run/growing")
    guest.field("gate").fill(str(gate))
    guest.start()
    kept, following = guest.section("kept"), guest.section("following")
    expect(following.locator("output")).to_have_text("2")
    kept.get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(kept.locator("output")).to_have_text("0")
    gate.write_text("open\n")
    expect(following.locator("output")).to_have_text("5")
    expect(following.locator(".steps small")).to_have_text("(6 of 6)")
    expect(kept.locator(".steps small")).to_have_text("(1 of 6)")
    expect(kept.locator("output")).to_have_text("0")


def test_pictures_stay_loadable_when_a_page_is_open_longer_than_its_key(
    visit: Callable[..., Visitor], lab: ServedLab, everything: str
) -> None:
    guest = visit(lab)
    guest.expect_status(404)
    guest.expected += ["ERR_BLOCKED_BY_RESPONSE", "frame-ancestors"]  # frames are not asked for again
    expired = "AAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAA"  # the time and the signature of a key to the same run

    def aged(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub(r"/shown/([^/.]+)[^/]*/", rf"/shown/\1.{expired}/", answer.text()))

    guest.page.route("**/results/**", aged, times=1)
    guest.open(everything)
    expect(seen(guest, "text").locator("pre")).to_contain_text("one line")


def test_a_page_of_very_many_figures_and_metrics_is_small_and_drawn_lazily(
    visit: Callable[..., Visitor], lab: ServedLab
) -> None:
    run = lab.run("many", wait=60, metrics=40, figures=60)
    guest = visit(lab)
    page = guest.open(f"results/{run['id']}?tab=results")
    expect(page.locator(".figure")).to_have_count(60)
    loaded = "() => [...document.querySelectorAll('.figure img')].filter(image => image.naturalWidth).length"
    expect(page.locator(".figure img").first).to_be_visible()
    assert page.evaluate(loaded) < 60
    page.get_by_role("searchbox").fill("figure 05")
    expect(page.locator(".figure:visible")).to_have_count(10)
    expect(page.get_by_role("search").get_by_role("status")).to_have_text("10 of 60")
    page = guest.open(f"results/{run['id']}")
    expect(page.locator(".figure")).to_have_count(12)
    page.get_by_role("link", name="All 60 in Results").click()
    page.wait_for_url("**tab=results")


def test_what_stays_the_same_is_neither_loaded_anew_nor_left_by_the_focus_while_a_run_shows_more(
    visit: Callable[..., Visitor], lab: ServedLab
) -> None:
    run_id = lab.post("/run/keeps_showing").json["id"]
    lab.until(lambda: "growing" in lab.get(f"/results/{run_id}").text, 30, "nothing was shown")
    guest = visit(lab)
    page = guest.open(f"results/{run_id}?tab=results")
    seen(guest, "frame")
    page.locator("iframe").first.evaluate("(frame) => { frame.dataset.same = 'yes' }")
    box = seen(guest, "table").get_by_role("searchbox")
    box.fill("1")
    box.focus()
    steps = seen(guest, "growing").locator("output")
    before = steps.text_content()
    expect(steps).not_to_have_text(before or "")
    expect(box).to_be_focused()
    expect(box).to_have_value("1")
    expect(page.locator("iframe[data-same=yes]")).to_have_count(1)
    expect(guest.state).to_have_text("Succeeded", timeout=30_000)
