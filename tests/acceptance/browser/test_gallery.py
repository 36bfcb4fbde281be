"""Pictures side by side, enlarged one by one, and compared under a divider; by keys alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.acceptance.browser.test_access import _violations

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., ServedLab]) -> ServedLab:
    made = make_lab("shown", FLASKLAB_WORKERS="1")
    made.start()
    made.until(lambda: bool(made.get("/api/v1/experiments").json["experiments"]), 40, "its experiments were not read")
    return made


@pytest.fixture(scope="module")
def stepped(lab: ServedLab) -> str:
    run = lab.run("stepped", steps=6)
    assert run["state"] == "succeeded"
    return f"results/{run['id']}?tab=results"


def test_a_gallery_is_looked_through_by_keys_alone(visit: Callable[..., Visitor], lab: ServedLab, stepped: str) -> None:
    guest = visit(lab)
    page = guest.open(stepped)
    first = guest.section("samples").get_by_role("button", name="Enlarge samples: 1")
    first.focus()
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="samples")
    expect(viewer).to_be_visible()
    expect(viewer).to_contain_text("1 · step 50 · 2 of 4")
    picture = viewer.get_by_role("img", name="samples, 1 · step 50")
    expect(picture).to_have_js_property("naturalWidth", 48)
    fitted = picture.bounding_box()
    assert fitted is not None
    assert fitted["height"] > 400
    page.keyboard.press("1")
    expect(viewer.get_by_role("button", name="100 %")).to_have_attribute("aria-pressed", "true")
    expect(picture).to_have_css("width", "48px")
    page.keyboard.press("1")
    page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("2 · step 50 · 3 of 4")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name="sample", exact=True)).to_contain_text("step 50 · 1 of 4")
    page.keyboard.press("ArrowLeft")
    with page.expect_download() as download:
        viewer.get_by_role("link", name="Download").press("Enter")
    assert download.value.suggested_filename == "3.png"
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(first).to_be_focused()


def test_two_pictures_are_compared_under_a_divider(visit: Callable[..., Visitor], lab: ServedLab, stepped: str) -> None:
    guest = visit(lab)
    page = guest.open(stepped)
    guest.section("sample").get_by_role("button", name="Enlarge sample").click()
    viewer = page.get_by_role("dialog", name="sample", exact=True)
    other = viewer.get_by_role("combobox", name="Compare with")
    expect(other.locator("optgroup")).to_have_count(2)
    other.select_option(label="sample · step 0")
    divider = viewer.get_by_role("slider", name="Divider between the two")
    second = viewer.get_by_role("img", name="sample · step 0")
    expect(second).to_have_css("clip-path", re.compile("50%"))
    divider.focus()
    page.keyboard.press("ArrowRight")
    expect(second).to_have_css("clip-path", re.compile("51%"))
    page.keyboard.press("Home")
    expect(second).to_have_css("clip-path", re.compile(r"0%?\)?"))
    box = divider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    page.mouse.up()
    assert 70 <= int(divider.input_value()) <= 80
    assert _violations(page) == []


def test_steps_of_a_gallery_go_through_all_of_its_pictures(
    visit: Callable[..., Visitor], lab: ServedLab, stepped: str
) -> None:
    guest = visit(lab)
    page = guest.open(stepped)
    card = guest.section("samples")
    card.get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(card.locator("output")).to_have_text("0")
    expect(card.locator("img").last).to_have_attribute("src", re.compile(r"samples%20\(step%200\)/3\.png"))
    expect(card.locator("img").last).to_have_js_property("naturalWidth", 48)


def test_a_gallery_of_very_many_pictures_gives_them_when_asked(visit: Callable[..., Visitor], lab: ServedLab) -> None:
    run = lab.run("pictures", count=120)
    guest = visit(lab)
    page = guest.open(f"results/{run['id']}?tab=results")
    card = guest.section("pictures")
    expect(card).to_contain_text("120 images")
    expect(card.locator("img")).to_have_count(24)
    card.get_by_role("button", name="Show all").click()
    expect(card.locator("img")).to_have_count(120)
    expect(card.get_by_role("button", name="Enlarge pictures: 25")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("25 of 120")
