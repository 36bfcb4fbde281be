"""What was shown at several steps: one slider moves the picture and the links to its files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab


def test_links_follow_the_slider_and_all_steps_share_one_scale(
    visit: Callable[..., Visitor], example: ServedLab
) -> None:
    run = example.run("heat", steps=10, frames=2, size=8)
    guest = visit(example)
    guest.open(f"results/{run['id']}")
    figure = guest.section("temperature")
    links = figure.locator("a[download]")
    ends = figure.locator(".scale")
    expect(links).to_have_count(2)
    expect(links.last).to_have_attribute("href", re.compile(r"\(step%2010\)\.npy$"))
    expect(ends).to_be_visible()
    shared = ends.text_content() or ""

    figure.get_by_role("slider").fill("0")

    expect(figure.locator("output")).to_have_text("0")
    expect(links).to_have_count(2)
    expect(links.last).to_have_attribute("href", re.compile(r"\(step%200\)\.npy$"))
    expect(links.last).to_have_attribute("title", re.compile(r"\(step 0\)\.npy, "))
    expect(links.last).to_have_text("NPY")
    expect(ends).to_have_text(shared)
    with guest.page.expect_download() as download:
        links.last.click()
    assert download.value.suggested_filename.endswith("(step 0).npy")
