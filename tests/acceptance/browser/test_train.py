"""Training watched while it happens, and repeated from its seed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab


def _picture(canvas: Locator) -> str:
    pixels: str = canvas.evaluate("canvas => canvas.toDataURL()")
    return pixels


def _results(guest: Visitor) -> dict[str, str]:
    """The final values with every digit."""
    expect(guest.state).to_have_text("Succeeded")
    output = guest.section("Output")
    names = output.locator("dt").all_text_contents()
    return dict(zip(names, (str(one.get_attribute("title")) for one in output.locator("dd").all()), strict=True))


def test_training_is_followed_live_to_its_end(visit: Callable[..., Visitor], example: ServedLab) -> None:
    guest = visit(example)
    page = guest.open("run/train")
    guest.field("epochs").fill("200")
    guest.field("batch size").fill("8")
    guest.start()
    page.evaluate("window.neverLeft = true")

    progress = page.locator("[data-stat=progress]")
    expect(guest.state).to_have_text("Running")
    expect(progress).to_have_text(re.compile(r"^\d+ of 200"))
    curve = guest.section("loss").locator("canvas")
    expect(curve).to_be_visible()
    seen = {
        "progress": progress.inner_text(),
        "loss": page.locator("[data-stat='metric:val/loss']").inner_text(),
        "curve": _picture(curve),
    }
    expect(progress).not_to_have_text(seen["progress"])
    expect(page.locator("[data-stat='metric:val/loss']")).not_to_have_text(seen["loss"])
    expect(page.get_by_role("progressbar")).not_to_have_attribute("value", "100.0")
    expect(page).to_have_title(re.compile(r"^\d+ % · #\d+ train"))

    expect(guest.state).to_have_text("Succeeded")
    expect(page).to_have_title(re.compile("^succeeded · #"))
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    assert _picture(curve) != seen["curve"]
    assert page.evaluate("window.neverLeft")
    assert float(_results(guest)["val_accuracy"]) > 0.9


def test_one_seed_gives_the_same_numbers_and_another_seed_others(
    visit: Callable[..., Visitor], example: ServedLab
) -> None:
    guest = visit(example)
    page = guest.open("run/train?epochs=3&seed=7")
    guest.start()
    first = _results(guest)
    with page.expect_navigation():
        page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("link", name="an earlier run")).to_be_visible()
    assert _results(guest) == first

    page.get_by_role("link", name="Edit and run").click()
    expect(guest.field("epochs")).to_have_value("3")
    guest.field("seed").fill("8")
    guest.start()
    assert _results(guest) != first
