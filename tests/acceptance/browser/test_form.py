"""A form keeps what was typed, says everything that is wrong at once, and needs no JavaScript."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab


def _fill(guest: Visitor, penguins: Path) -> None:
    """Every field with a value that is not its default; some are wrong."""
    guest.field("table").set_input_files(penguins)
    guest.field("code").fill("abc")
    guest.field("share").fill("0.25")
    guest.field("sizes").fill("8\nmany")
    guest.field("options").fill('{"depth": ')
    guest.field("day").fill("2026-05-06")
    guest.choose("mode", "exact")
    guest.page.get_by_label("shuffle").uncheck()
    guest.field("note").fill('"quoted" <b>note</b> ✓')


def _expect_everything_typed_to_be_there(guest: Visitor) -> None:
    expect(guest.page.locator("[data-kept]")).to_contain_text("penguins.csv")
    expect(guest.field("code")).to_have_value("abc")
    expect(guest.field("share")).to_have_value("0.25")
    expect(guest.field("sizes")).to_have_value("8\nmany")
    expect(guest.field("options")).to_have_value('{"depth": ')
    expect(guest.field("day")).to_have_value("2026-05-06")
    expect(guest.page.get_by_label("exact", exact=True)).to_be_checked()
    expect(guest.page.get_by_label("shuffle")).not_to_be_checked()
    expect(guest.field("note")).to_have_value('"quoted" <b>note</b> ✓')


def _mend(guest: Visitor) -> None:
    guest.field("code").fill("ABC")
    guest.field("sizes").fill("8\n32")
    guest.field("options").fill('{"depth": 5}')


def _expect_output(guest: Visitor) -> None:
    expect(guest.state).to_have_text("Succeeded")
    values = dict(
        zip(
            guest.section("Output").locator("dt").all_text_contents(),
            guest.section("Output").locator("dd").all_text_contents(),
            strict=True,
        )
    )
    assert values == {
        "lines": "345",
        "code": "ABC",
        "share": "0.25",
        "sizes": "[8, 32]",
        "depth": "5",
        "day": "2026-05-06",
        "mode": "exact",
        "shuffle": "false",
        "note": '"quoted" <b>note</b> ✓',
    }


def test_all_errors_stand_beside_their_fields_and_nothing_typed_is_lost(
    visit: Callable[..., Visitor], watched: ServedLab, penguins: Path
) -> None:
    guest = visit(watched)
    page = guest.open("run/kinds")
    _fill(guest, penguins)
    guest.expect_status(422)
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.locator("#start").click()
    assert answer.value.status == 422

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("listitem")).to_have_count(3)
    for name, words in (("code", "pattern"), ("sizes", "whole number"), ("options", "object")):
        error = page.locator(f"[data-field={name}] .error")
        expect(error).to_contain_text(words)
        expect(guest.field(name)).to_have_attribute("aria-invalid", "true")
        assert error.get_attribute("id") in str(guest.field(name).get_attribute("aria-describedby")).split()
    _expect_everything_typed_to_be_there(guest)
    summary.get_by_role("link", name="sizes").click()
    expect(guest.field("sizes")).to_be_focused()

    _mend(guest)
    guest.start()
    _expect_output(guest)


def test_what_the_browser_knows_to_be_wrong_is_said_before_anything_is_sent(
    visit: Callable[..., Visitor], watched: ServedLab, penguins: Path
) -> None:
    guest = visit(watched)
    page = guest.open("run/kinds")
    guest.field("share").fill("7")
    page.locator("#start").click()
    for name in ("table", "code", "share"):
        expect(page.locator(f"[data-field={name}] .error")).to_be_visible()
    expect(guest.field("table")).to_be_focused()
    assert not [request for request in guest.requests if request.startswith("POST")]
    guest.field("share").fill("0.7")
    guest.field("code").focus()
    expect(page.locator("[data-field=share] .error")).to_have_count(0)


def test_the_form_works_without_javascript(visit: Callable[..., Visitor], watched: ServedLab, penguins: Path) -> None:
    guest = visit(watched, java_script_enabled=False)
    guest.expected = [r"^failed: GET .*\.js csp$"]  # scripts are announced to the browser, which may not load them
    page = guest.open("run/kinds")
    _fill(guest, penguins)
    guest.field("share").fill("7")
    guest.expect_status(422)
    page.locator("#start").click()
    for name in ("code", "share", "sizes", "options"):
        expect(page.locator(f"[data-field={name}] .error")).to_be_visible()
    expect(guest.field("share")).to_have_value("7")
    guest.field("share").fill("0.25")
    _expect_everything_typed_to_be_there(guest)

    _mend(guest)
    guest.start()
    watched.finished(guest.run_id)
    page.reload()
    _expect_output(guest)


def test_an_address_fills_the_form(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    guest = visit(watched)
    page = guest.open(
        "run/kinds?code=XYZ&share=0.75&sizes=1&sizes=2&mode=exact&shuffle=false&day=2026-07-08&note=a%26b"
    )
    expect(guest.field("code")).to_have_value("XYZ")
    expect(guest.field("share")).to_have_value("0.75")
    expect(guest.field("sizes")).to_have_value("1\n2")
    expect(page.get_by_label("exact", exact=True)).to_be_checked()
    expect(page.get_by_label("shuffle")).not_to_be_checked()
    expect(guest.field("day")).to_have_value("2026-07-08")
    expect(guest.field("note")).to_have_value("a&b")
    expect(guest.field("options")).to_have_value('{\n  "depth": 2\n}')


def test_enter_starts_and_the_form_remembers_its_last_parameters_for_this_visitor_alone(
    visit: Callable[..., Visitor], watched: ServedLab
) -> None:
    guest, stranger = visit(watched), visit(watched)
    page = guest.open("run/gated")
    guest.field("gates").fill("2")
    guest.field("gates").press("Enter")
    page.wait_for_url("**/status/*")
    expect(guest.state).to_have_text("Succeeded")
    guest.open("run/gated")
    expect(guest.field("gates")).to_have_value("2")
    stranger.open("run/gated")
    expect(stranger.field("gates")).to_have_value("4")
    guest.section("Changed values").get_by_role("button", name="Reset all").click()
    expect(guest.field("gates")).to_have_value("4")


def test_the_form_says_what_was_run_already_while_values_change(
    visit: Callable[..., Visitor], watched: ServedLab
) -> None:
    run = watched.run("gated", gates=7)
    page = visit(watched).open("run/gated?gates=6")
    line = page.locator("#already")
    expect(line).to_be_empty()

    page.get_by_label("gates").fill("7")
    expect(line).to_contain_text(f"Already run: #{run['number']}")
    expect(line).to_contain_text("passed 7")
    page.get_by_label("gates").fill("70")
    expect(line).to_be_empty()
    page.get_by_label("gates").fill("7")
    line.get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/results/{run['id']}$"))


def test_what_was_run_already_is_there_without_scripts(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    run = watched.run("gated", gates=8)
    guest = visit(watched, java_script_enabled=False)
    guest.expected = [r"^failed: GET .*\.js csp$"]  # scripts are announced to the browser, which may not load them
    page = guest.open("run/gated?gates=8")
    expect(page.locator("#already")).to_contain_text(f"Already run: #{run['number']}")


def test_values_are_saved_as_a_preset_by_keyboard_and_chosen_again(
    visit: Callable[..., Visitor], watched: ServedLab
) -> None:
    page = visit(watched).open("run/gated?gates=9")
    page.get_by_text("Save these values").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("nine gates")
    page.keyboard.press("Enter")
    chosen = page.get_by_role("link", name="nine gates")
    expect(chosen).to_have_attribute("aria-current", "true")

    page.goto("run/gated?gates=1")
    chosen.press("Enter")
    expect(page.get_by_label("gates", exact=True)).to_have_value("9")
    page.get_by_label("Change the preset nine gates").press("Enter")
    page.get_by_label("Name of the preset nine gates").fill("many gates")
    page.get_by_role("button", name="Rename").press("Enter")
    expect(page.get_by_role("link", name="many gates")).to_be_visible()
    page.get_by_label("Change the preset many gates").press("Enter")
    page.get_by_role("button", name="Delete the preset many gates").press("Enter")
    expect(page.get_by_text("under a name")).to_be_visible()
    assert not [run for run in watched.get("/runs").json["runs"] if run["params"].get("gates") == 9]
