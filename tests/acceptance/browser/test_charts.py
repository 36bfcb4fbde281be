"""Curves: drawn with their extremes, moved together, kept in the address, saved, and only where one looks."""

from __future__ import annotations

import csv
import gzip
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.acceptance.browser.conftest import Gate, Visitor
    from tests.acceptance.conftest import ServedLab

SVG = "{http://www.w3.org/2000/svg}"
MOST_BYTES = 20 * 1024  # of a page's HTML, compressed


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """A running lab whose runs have metrics of every shape."""
    made = make_lab("curves", FLASKLAB_WORKERS="1")
    made.start()
    return made


@pytest.fixture(scope="module")
def runs(lab: ServedLab) -> dict[str, str]:
    """Finished runs: their ids by experiment."""
    return {name: str(lab.run(name)["id"]) for name in ("spiky", "many", "odd")}


class Asked:
    """What a page asks of a run's metrics."""

    def __init__(self, page: Page) -> None:
        self.queries: list[dict[str, list[str]]] = []
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.path.endswith("/metrics"):
            self.queries.append(parse_qs(parts.query))

    @property
    def keys(self) -> list[str]:
        """The metrics asked for, in order."""
        return [key for query in self.queries for key in query["key"]]

    @property
    def ranges(self) -> list[tuple[float, float]]:
        """The ranges asked for."""
        return [(float(query["from"][0]), float(query["to"][0])) for query in self.queries if "from" in query]


def _chart(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def _plot(page: Page, title: str) -> Locator:
    found = _chart(page, title).locator("canvas")
    expect(found).to_be_visible()
    return found


def _pixels(page: Page, title: str) -> str:
    """The curve as it is drawn, two frames from now."""
    drawn: str = _plot(page, title).evaluate(
        """async canvas => {
            for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
            return canvas.toDataURL();
        }"""
    )
    return drawn


def _legend(page: Page, title: str) -> Locator:
    return _chart(page, title).locator(".legend")


def _drag(page: Page, title: str, start: float, end: float, *, shift: bool = False) -> None:
    """Drag over a chart, from one share of its canvas to another."""
    plot = _plot(page, title)
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], height)
    if shift:
        page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], height, steps=5)
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")
    page.mouse.move(0, 0)


def _range(page: Page) -> tuple[float, float]:
    """The range in the address."""
    expect(page).to_have_url(re.compile(r"[?&]x="))
    low, high = parse_qs(urlsplit(page.url).query)["x"][0].split("..")
    return float(low), float(high)


def _saved(page: Page, title: str, kind: str) -> tuple[str, bytes]:
    """A file of a chart: its name and content."""
    card = _chart(page, title)
    card.get_by_text("Save", exact=True).click()
    with page.expect_download() as download:
        card.get_by_text(kind, exact=True).click()
    path = download.value.path()
    return download.value.suggested_filename, Path(path).read_bytes()


def _svg(page: Page, title: str) -> ET.Element:
    return ET.fromstring(_saved(page, title, "SVG")[1])  # noqa: S314 - of our own making


def _bands(svg: ET.Element) -> list[ET.Element]:
    return [path for path in svg.iter(f"{SVG}path") if path.get("fill-opacity")]


def _words(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def test_a_long_metric_is_a_line_with_its_extremes_behind_it(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab).open(f"results/{runs['spiky']}?tab=charts")
    _plot(page, "loss")
    svg = _svg(page, "loss")
    assert len(_bands(svg)) == 1
    assert "1,000" in _words(svg)  # the height of the one value that stands out
    expect(_chart(page, "loss").locator(".chart")).to_have_attribute("aria-label", re.compile(r"to 1000\b"))
    assert _bands(_svg(page, "accuracy")) == []  # five points are drawn as they are


def test_zooming_asks_for_what_is_in_view_and_moves_all_charts(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab).page
    asked = Asked(page)
    page.goto(f"results/{runs['spiky']}?tab=charts")
    before = _pixels(page, "loss"), _pixels(page, "rate")
    with page.expect_request(lambda request: "from=" in request.url):
        _drag(page, "loss", 0.2, 0.21)
    low, high = _range(page)
    assert 0 < low < high < 20_000
    (start, end) = asked.ranges[-1]
    assert start <= low < high <= end
    assert end - start < 2 * (high - low)
    assert sorted(asked.queries[-1]["key"]) == ["loss", "rate"]  # the third has nothing more to show
    expect(_legend(page, "loss")).not_to_contain_text(" to ")  # points now, not buckets
    assert _pixels(page, "loss") != before[0]
    assert _pixels(page, "rate") != before[1]
    ticks = [float(word.replace(",", "")) for word in _words(_svg(page, "rate")) if re.fullmatch(r"[\d,]{4,}", word)]
    assert ticks
    assert all(low <= tick <= high for tick in ticks)
    page.get_by_role("button", name="Show all").click()
    expect(page).not_to_have_url(re.compile("x="))
    assert (_pixels(page, "loss"), _pixels(page, "rate")) == before


def test_a_link_to_a_range_shows_it_in_full_even_where_the_overview_comes_later(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    guest = visit(lab)
    held: list[Any] = []
    guest.page.route(
        "**/metrics?**", lambda route: route.continue_() if "from=" in route.request.url else held.append(route)
    )
    with guest.page.expect_response(lambda answer: "from=" in answer.url):
        page = guest.open(f"results/{runs['spiky']}?tab=charts&x=4990..5010")
    for route in held:
        route.continue_()
    _plot(page, "loss")
    expect(_legend(page, "loss")).to_contain_text("step 5,010")
    expect(_legend(page, "loss")).not_to_contain_text(" to ")


def test_what_is_zoomed_is_moved_by_dragging_with_shift_and_let_go_by_a_double_click(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab).open(f"results/{runs['spiky']}?tab=charts&x=5000..6000")
    _plot(page, "loss")
    _drag(page, "loss", 0.8, 0.4, shift=True)
    low, high = _range(page)
    assert 5100 < low < 5900
    assert high - low == pytest.approx(1000, rel=0.01)
    _plot(page, "loss").hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    page.wait_for_function("before => !location.search.includes(before)", arg=f"{high:g}")
    closer = _range(page)
    assert low <= closer[0] < closer[1] <= high
    assert closer[1] - closer[0] < 0.6 * (high - low)
    _plot(page, "rate").dblclick()
    expect(page).not_to_have_url(re.compile("x="))


def test_a_chart_is_read_and_moved_by_keys(visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]) -> None:
    page = visit(lab).open(f"results/{runs['odd']}?tab=charts")
    _plot(page, "wave")
    wave = _chart(page, "wave").locator(".chart")
    wave.focus()
    page.keyboard.press("ArrowRight")
    expect(_legend(page, "wave")).to_contain_text("step 1wave 0.1247")
    page.keyboard.press("ArrowRight")
    expect(_legend(page, "wave")).to_contain_text("step 2wave 0.2474")
    expect(_legend(page, "loss")).to_contain_text("step 2train/loss 1val/loss 0.25")  # the crosshair is everywhere
    page.keyboard.press("+")
    first = _range(page)
    page.keyboard.press("Shift+ArrowRight")
    assert _range(page)[0] > first[0]
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("x="))
    page.keyboard.press("+")
    page.keyboard.press("-")
    expect(page).not_to_have_url(re.compile("x="))


def test_the_address_holds_what_is_shown(visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]) -> None:
    page = visit(lab).open(f"results/{runs['odd']}?tab=charts")
    plain = _pixels(page, "loss")
    page.get_by_label("Log y").check()
    page.get_by_label("Log x").check()
    page.get_by_label("Smoothing").fill("0.6")
    _drag(page, "loss", 0.5, 0.8)
    _range(page)
    assert _pixels(page, "loss") != plain
    shown = _words(_svg(page, "loss"))
    page.reload()
    expect(page.get_by_label("Log y")).to_be_checked()
    expect(page.get_by_label("Log x")).to_be_checked()
    expect(page.get_by_label("Smoothing")).to_have_value("0.6")
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    _plot(page, "loss")
    assert _words(_svg(page, "loss")) == shown


def test_x_is_the_step_the_time_or_the_time_since_the_start(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab).open(f"results/{runs['odd']}?tab=charts&x=10..20")
    _plot(page, "wave")
    expect(_legend(page, "wave")).to_contain_text("step 20")
    page.get_by_role("combobox", name="Over").select_option("time since the start")
    expect(page).not_to_have_url(re.compile("x="))  # a range of steps is no range of seconds
    expect(_legend(page, "wave")).to_contain_text(re.compile(r"since the start [\d.]+ s"))
    assert any(re.fullmatch(r"[\d.]+ s", word) for word in _words(_svg(page, "wave")))
    page.get_by_role("combobox", name="Over").select_option("time")
    expect(_legend(page, "wave")).to_contain_text(re.compile(r"time \d{4}-\d\d-\d\d \d\d:\d\d:\d\d"))


def test_a_log_axis_leaves_out_what_it_cannot_show(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab).open(f"results/{runs['odd']}?tab=charts")
    _plot(page, "wave")
    assert "-1" in _words(_svg(page, "wave"))
    page.get_by_label("Log y").check()
    expect(_chart(page, "wave").locator(".chart")).to_have_attribute("aria-label", re.compile(r"from 0\.0"))
    svg = _svg(page, "wave")
    assert not any(word.startswith("-") for word in _words(svg))
    (line,) = (path.get("d", "") for path in svg.iter(f"{SVG}path") if path.get("stroke-width") == "1.75")
    assert line.count("M") == 2  # two humps of the wave


def test_gaps_are_gaps_and_a_lone_point_is_a_dot(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab).open(f"results/{runs['odd']}?tab=charts")
    _plot(page, "gaps")
    (line,) = (p.get("d", "") for p in _svg(page, "gaps").iter(f"{SVG}path") if p.get("stroke-width") == "1.75")
    assert line.count("M") == 5
    assert len(list(_svg(page, "alone").iter(f"{SVG}circle"))) == 1


def test_smoothing_keeps_what_was_logged_in_view(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab).open(f"results/{runs['odd']}?tab=charts&smoothing=0.9")
    _plot(page, "wave")
    lines = [path.get("stroke-opacity") for path in _svg(page, "wave").iter(f"{SVG}path") if path.get("stroke-opacity")]
    assert lines == ["0.3"]
    expect(_legend(page, "wave")).to_contain_text(re.compile(r"\(-0\.06632\)"))


def test_a_chart_is_saved_as_svg_png_and_csv(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab).open(f"results/{runs['odd']}?tab=charts")
    _plot(page, "loss")
    name, content = _saved(page, "loss", "SVG")
    assert name == "loss.svg"
    assert {"loss", "train/loss", "val/loss", "step"} <= set(_words(ET.fromstring(content)))  # noqa: S314
    assert _words(_svg(page, "<b>&\"'"))[0] == "<b>&\"'"
    name, content = _saved(page, "loss", "PNG")
    assert name == "loss.png"
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[16:20], "big") == 1600
    name, content = _saved(page, "loss", "CSV")
    assert name == "loss.csv"
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["metric"] for row in rows].count("train/loss") == 100
    values = [float(row["value"]) for row in rows if row["metric"] == "val/loss"]
    assert values == [2.5 / step for step in range(10, 101, 10)]


def test_a_chart_grows_to_the_width_of_the_page(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab, viewport={"width": 1280, "height": 900}).open(f"results/{runs['spiky']}?tab=charts")
    small = _plot(page, "loss").bounding_box()
    button = _chart(page, "loss").get_by_role("button", name="Enlarge")
    with page.expect_request(lambda request: "points=1300" in request.url):  # as many points as it has pixels now
        button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("document.querySelector('.wide canvas').clientWidth > 1000")
    large = _plot(page, "loss").bounding_box()
    assert small is not None
    assert large is not None
    assert large["height"] > 1.5 * small["height"]


def test_of_200_metrics_only_those_in_view_are_fetched(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab, viewport={"width": 1280, "height": 900}).page
    asked = Asked(page)
    page.goto(f"results/{runs['many']}?tab=charts")
    _plot(page, "weight000")
    assert page.locator("[data-chart]").count() == 200
    page.wait_for_load_state("networkidle")
    assert 4 <= len(asked.keys) <= 12
    assert len(asked.queries) <= 2
    before = len(asked.keys)
    _chart(page, "weight199").scroll_into_view_if_needed()
    _plot(page, "weight199")
    page.wait_for_load_state("networkidle")
    assert "layer9/weight199" in asked.keys[before:]
    assert len(asked.keys) < 40
    assert len(set(asked.keys)) == len(asked.keys)  # none twice: the run has ended
    html = lab.get(f"/results/{runs['many']}?tab=charts", Accept="text/html")
    assert len(gzip.compress(html.body)) < MOST_BYTES


def test_charts_are_found_by_name(visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]) -> None:
    page = visit(lab).open(f"results/{runs['many']}?tab=charts")
    page.get_by_label("Filter").fill("Weight12")
    expect(page.locator("[data-chart]:visible")).to_have_count(10)
    expect(page.locator("details.fold:visible")).to_have_count(1)
    _plot(page, "weight125")
    page.get_by_label("Filter").fill("nothing has this name")
    expect(page.get_by_text("No chart has that in its name.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Filter")).to_have_value("nothing has this name")
    expect(page.locator("[data-chart]:visible")).to_have_count(0)


def test_the_overview_shows_the_first_charts_and_leads_to_the_rest(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    page = visit(lab).open(f"results/{runs['many']}")
    assert page.locator("[data-chart]").count() == 8
    page.get_by_role("link", name="All charts: 192 more").click()
    expect(page.locator("[data-chart]")).to_have_count(200)


def test_live_points_arrive_and_new_metrics_get_their_charts(
    visit: Callable[..., Visitor], lab: ServedLab, gate: Gate
) -> None:
    guest = visit(lab)
    page = guest.open("run/growing")
    guest.field("gate").fill(str(gate.path))
    guest.start()
    expect(guest.state).to_have_text("Running")
    page.evaluate("window.neverLeft = true")
    gate.open()
    expect(_legend(page, "height")).to_contain_text("step 9height 9")
    asked = Asked(page)
    gate.open()
    expect(_legend(page, "height")).to_contain_text("step 19height 19")
    _plot(page, "late")
    assert set(asked.keys) <= {"late"}  # what came was appended, not fetched
    gate.open(2)
    expect(guest.state).to_have_text("Succeeded")
    expect(_legend(page, "height")).to_contain_text("step 39height 39")
    grown = _pixels(page, "height")
    assert page.evaluate("window.neverLeft")
    after = visit(lab).open(f"results/{guest.run_id}")
    assert _pixels(after, "height") == grown


def test_a_finished_run_is_not_polled(visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]) -> None:
    guest = visit(lab)
    page = guest.open(f"results/{runs['odd']}?tab=charts")
    _plot(page, "wave")
    page.wait_for_timeout(1500)
    assert not [name for name in guest.requests if name.endswith("/live")]


def test_another_theme_draws_other_colours(visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]) -> None:
    page = visit(lab, color_scheme="light").open(f"results/{runs['odd']}?tab=charts")
    light = _pixels(page, "wave")
    page.locator("#theme").click()
    assert _pixels(page, "wave") != light
    assert "rgb(21, 24, 29)" in {str(rect.get("fill")) for rect in _svg(page, "wave").iter(f"{SVG}rect")}


def test_an_answer_that_fails_is_asked_for_again(
    visit: Callable[..., Visitor], lab: ServedLab, runs: dict[str, str]
) -> None:
    guest = visit(lab)
    guest.expect_status(503)
    failures: list[Any] = []

    def fail_once(route: Any) -> None:
        if failures:
            route.continue_()
        else:
            failures.append(route.fulfill(status=503, body="busy"))

    guest.page.route("**/metrics?**", fail_once)
    page = guest.open(f"results/{runs['odd']}?tab=charts")
    _plot(page, "wave")
    assert failures
