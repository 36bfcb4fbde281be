"""Tags and notes by keyboard, while the run itself tags and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.browser.conftest import Gate, Visitor
    from tests.acceptance.conftest import ServedLab


def test_a_note_is_written_by_keyboard_while_the_run_adds_to_it(
    visit: Callable[..., Visitor], watched: ServedLab, gate: Gate
) -> None:
    gate.open()
    run_id = watched.post("/run/annotated", gate=str(gate.path)).json["id"]
    watched.until(lambda: watched.status(run_id)["note"] == "after 1", 20, "it noted nothing")
    visitor = visit(watched)
    page = visitor.open(f"/results/{run_id}")

    page.get_by_text("Edit the note").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    editor = page.get_by_label("Note", exact=True).and_(page.locator("textarea"))
    expect(editor).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("**Watch** it")
    gate.open()
    watched.until(lambda: watched.status(run_id)["note"] == "after 1\nafter 2", 20, "it noted nothing more")
    page.wait_for_timeout(2500)  # the page has seen that by now
    expect(editor).to_have_value("**Watch** it")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    note = page.get_by_role("region", name="Note", exact=True)
    expect(note).to_have_text("Watch it\nafter 2")
    expect(note.locator("strong")).to_have_text("Watch")

    page.get_by_text("Add a tag").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("good, noise")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take off the tag good")).to_be_visible()
    page.get_by_role("button", name="Take off the tag noise").press("Enter")
    expect(page.get_by_role("button", name="Take off the tag noise")).to_have_count(0)
    gate.open()
    run = watched.finished(run_id)
    assert (run["tags"], run["note"]) == (["step 1", "step 2", "good", "step 3"], "**Watch** it\nafter 2\nafter 3")
    expect(page.get_by_role("button", name="Take off the tag step 3")).to_be_visible()
    expect(note).to_have_text("Watch it\nafter 2\nafter 3")


def test_a_colleague_sees_what_is_written_without_a_reload(
    visit: Callable[..., Visitor], watched: ServedLab, gate: Gate
) -> None:
    run_id = watched.post("/run/annotated", gate=str(gate.path)).json["id"]
    page = visit(watched).open(f"/results/{run_id}")
    watched.begun(run_id)
    watched.post(f"/tags/{run_id}", add="seen by all")
    expect(page.get_by_role("button", name="Take off the tag seen by all")).to_be_visible()


def test_what_cannot_be_taken_is_said_beside_the_field_that_still_has_it(
    visit: Callable[..., Visitor], watched: ServedLab
) -> None:
    run_id = watched.run("gated")["id"]
    visitor = visit(watched, java_script_enabled=False)
    visitor.expected = [r"^failed: GET .*\.js csp$"]  # scripts are announced to the browser, which may not load them
    visitor.expect_status(422)
    page = visitor.open(f"/results/{run_id}")
    page.get_by_text("Add a tag").click()
    page.get_by_label("Tags to add").fill("t" * 101)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("a tag has at most 100")).to_be_visible()
    expect(page.get_by_label("Tags to add")).to_have_value("t" * 101)
