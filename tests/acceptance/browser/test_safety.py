"""What a run shows, names, logs and prints may not act as the person who looks at it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.acceptance.browser.conftest import Gate, Visitor
    from tests.acceptance.conftest import ServedLab

MARKUP = "<img src=x onerror=pwned()><script>pwned()</script>"  # as in the lab's experiments
# What the browser says of a shown page's tries.
REFUSALS = ["Content Security Policy", "sandbox", r"^failed: .* csp$"]
TRIES = ("cookie", "storage", "parent", "top", "popup", "fetch", "post", "worker", "image")


def _expect_no_markup(page: Page) -> None:
    """Whatever the run said is text: nothing of it became an element."""
    expect(page.locator("img[src=x], [onerror]")).to_have_count(0)
    assert page.locator("script:not([src])").all_text_contents() == []


def test_names_tags_keys_and_lines_with_markup_are_text(
    visit: Callable[..., Visitor], watched: ServedLab, gate: Gate
) -> None:
    guest = visit(watched)
    page = guest.open("run/hostile")
    guest.field("gate").fill(str(gate.path))
    guest.start()
    strip = guest.section("Now")
    expect(strip).to_contain_text(f"metric {MARKUP}")
    expect(page.locator("[data-chart] canvas")).to_be_visible()
    gate.open()
    expect(page.locator("#log")).to_have_text(f"line {MARKUP}\n")
    expect(page.locator("[data-stat=progress]")).to_have_text(f"1 of 2 · progress {MARKUP}")
    expect(strip).to_contain_text(f"late metric {MARKUP}")
    expect(page.locator("[data-chart] canvas")).to_have_count(2)
    _expect_no_markup(page)

    guest.expected = REFUSALS
    gate.open()
    expect(guest.state).to_have_text("Succeeded")
    for text in (f"tag {MARKUP}", f"note {MARKUP}", f"output {MARKUP}", f"value {MARKUP}"):
        expect(page.get_by_text(text, exact=True).filter(visible=True).first).to_be_visible()
    expect(guest.section(f"figure {MARKUP}")).to_contain_text(f"shown {MARKUP}")
    for path in (f"results/{guest.run_id}?tab={tab}" for tab in ("charts", "results", "files", "parameters", "code")):
        guest.open(path)
        _expect_no_markup(page)
    for path in ("", "runs", "runs?experiment=hostile", f"run/hostile?from={guest.run_id}"):
        guest.open(path)
        _expect_no_markup(page)


def test_a_shown_page_with_scripts_cannot_act_as_its_reader(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    guest = visit(watched)
    guest.expected = REFUSALS
    page = guest.open("run/hostile")
    guest.start()
    expect(guest.state).to_have_text("Succeeded")
    shown = guest.section("attack")
    shown.scroll_into_view_if_needed()
    frame = shown.frame_locator("iframe")
    expect(frame.locator("#end")).to_have_text("tried everything")
    expect(frame.get_by_role("listitem")).to_have_text([f"{attempt} refused" for attempt in TRIES])
    assert page.url.endswith(guest.run_id)
    assert len(guest.context.pages) == 1
    wanted = {"GET /api/v1/runs", "POST /cancel/x", "GET /beacon", "GET /broken/attack", "GET /worker.js"}
    assert not wanted & set(guest.answers)


def test_a_shown_page_that_is_opened_by_itself_leads_to_its_run(
    visit: Callable[..., Visitor], watched: ServedLab
) -> None:
    run = watched.run("hostile")
    guest = visit(watched)
    guest.expected = REFUSALS
    page = guest.open(f"results/{run['id']}")
    address = guest.section("attack").locator("iframe").get_attribute("src")
    page.goto(str(address))
    expect(page).to_have_url(f"{watched.url}/results/{run['id']}")


def test_a_failure_whose_message_is_markup_is_text(visit: Callable[..., Visitor], watched: ServedLab) -> None:
    run = watched.run("hostile_failure")
    guest = visit(watched)
    page = guest.open(f"results/{run['id']}")
    expect(page.get_by_role("heading", name=f"ValueError: message {MARKUP}")).to_be_visible()
    for path in (f"results/{run['id']}", "", "runs", "runs?experiment=hostile_failure"):
        guest.open(path)
        _expect_no_markup(page)


class _OtherSite(BaseHTTPRequestHandler):
    """A page that frames the lab and would start a run by a press on a button."""

    lab = ""  # its address

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        form = f'<form method="post" action="{self.lab}/run/gated"><button>Win a prize</button></form>'
        self.wfile.write(f'<link rel="icon" href="data:,"><iframe src="{self.lab}/run/gated"></iframe>{form}'.encode())

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_site(watched: ServedLab) -> Iterator[str]:
    """The address of a page of another site, on the same machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Site", (_OtherSite,), {"lab": watched.url})) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def test_another_site_can_neither_start_runs_nor_frame_the_lab(
    visit: Callable[..., Visitor], watched: ServedLab, other_site: str
) -> None:
    guest = visit(watched)
    guest.open("run/gated")  # a visitor with a session
    guest.expect_status(403)
    guest.expected += ["frame-ancestors", "ERR_BLOCKED_BY_RESPONSE"]
    before = watched.get("/api/v1/runs").json["runs"]
    page = guest.open(other_site)
    expect(page.frame_locator("iframe").get_by_role("heading", name="gated")).to_have_count(0)
    assert any("frame-ancestors" in complaint for complaint in guest.complaints)
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.get_by_role("button").click()
    assert answer.value.status == 403
    assert watched.get("/api/v1/runs").json["runs"] == before
