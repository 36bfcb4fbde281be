"""Waiting, canceling, failing and breaking, as people meet them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.browser.conftest import Gate, Visitor
    from tests.acceptance.conftest import ServedLab


def test_a_long_run_is_canceled_from_its_page_and_those_behind_it_move_up(
    visit: Callable[..., Visitor], watched: ServedLab, gate: Gate
) -> None:
    long, second, third = visit(watched), visit(watched), visit(watched)
    for guest in (long, second, third):
        guest.open("run/gated")
        guest.field("gate").fill(str(gate.path))
        guest.start()
    expect(long.state).to_have_text("Running")
    expect(second.state).to_have_text("Queued")
    waiting = "The one worker is busy; raise FLASKLAB_WORKERS to run more at once."
    expect(second.section("Waiting")).to_have_text(f"Waiting. It is next in the queue. {waiting}")
    expect(third.section("Waiting")).to_have_text(f"Waiting. 1 run before it in the queue. {waiting}")

    long.page.get_by_role("button", name="Cancel").click()
    expect(long.state).to_have_text("Canceled")
    expect(long.page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(second.state).to_have_text("Running")
    expect(third.section("Waiting")).to_contain_text("It is next in the queue.")

    third.page.get_by_role("button", name="Cancel").click()
    expect(third.state).to_have_text("Canceled")
    gate.open(4)
    expect(second.state).to_have_text("Succeeded")


def test_a_failure_is_told_with_its_traceback_and_log(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    guest = visit(watched)
    page = guest.open("run/fails")
    guest.field("message").fill("seven is not eight")
    guest.start()
    expect(guest.state).to_have_text("Failed")
    expect(page.get_by_role("heading", name="ValueError: seven is not eight")).to_be_visible()
    trace = guest.section("Traceback")
    expect(trace).to_contain_text(re.compile(r'experiments/gates\.py", line \d+, in fails'))
    expect(trace).not_to_contain_text("flasklab/execution")
    expect(page.locator("#log")).to_contain_text("about to fail")
    guest.open("")
    expect(guest.section("Last failures")).to_contain_text("seven is not eight")


def test_a_broken_module_has_a_page_while_the_others_work(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    guest = visit(watched)
    page = guest.open("")
    expect(page.get_by_role("link", name="Run gated")).to_be_visible()
    page.get_by_role("link", name="What is wrong with experiments.broken").click()
    expect(page.get_by_role("heading", name="division by zero")).to_be_visible()
    expect(page.get_by_text(re.compile(r"experiments/broken\.py:4$"))).to_be_visible()
    expect(guest.section("Traceback")).to_contain_text("RATIO = 1 / LIMIT")

    guest.open("run/gated?gates=1")
    guest.start()
    expect(guest.state).to_have_text("Succeeded")


def test_a_module_without_its_package_says_what_to_install(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    guest = visit(watched)
    page = guest.open("")
    row = page.get_by_role("listitem").filter(has_text="experiments.lacking")
    expect(row).to_contain_text("Needs a_package_nobody_has")
    row.get_by_role("link", name="experiments.lacking", exact=True).click()
    expect(page.get_by_text("pip install a_package_nobody_has", exact=True)).to_be_visible()


def test_the_runs_table_is_filtered_and_each_run_is_a_link(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    failed = watched.run("fails", message="for the table")
    watched.run("gated", gates=1)
    guest = visit(watched)
    page = guest.open("runs")
    page.get_by_label("State").select_option("failed")
    expect(page).to_have_url(re.compile(r"state=failed"))
    expect(guest.section("Runs").get_by_text("Succeeded")).to_have_count(0)
    page.go_back()
    expect(guest.section("Runs").get_by_text("Succeeded").first).to_be_visible()
    expect(page.get_by_label("State")).to_have_value("")
    page.go_forward()
    page.get_by_role("link", name=f"#{failed['number']}", exact=True).click()
    expect(guest.state).to_have_text("Failed")
