"""A lab in somebody else's app, under prefixes of the app and of a proxy, served by `flask run` alone."""

from __future__ import annotations

import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab


class _Proxy(BaseHTTPRequestHandler):
    """A reverse proxy that serves an app under /site and says so to it."""

    upstream = ""  # host and port of the app

    def do_GET(self) -> None:
        prefix, slash, path = self.path.partition("/site/")
        if prefix or not slash:
            self.send_error(404)
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        headers["X-Forwarded-For"] = self.client_address[0]
        headers["X-Forwarded-Proto"] = "http"
        headers["X-Forwarded-Host"] = self.headers["Host"]
        headers["X-Forwarded-Prefix"] = "/site"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = HTTPConnection(self.upstream, timeout=60)
        connection.request(self.command, f"/{path}", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _serve(lab: ServedLab, module: str, prefix: str) -> ServedLab:
    lab.command = ("flask", "--app", module, "run")
    lab.prefix = prefix
    lab.start()
    return lab


@pytest.fixture
def plain(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """The app by itself."""
    return _serve(make_lab("mounted"), "app", "/lab")


@pytest.fixture
def dispatched(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """The app under a SCRIPT_NAME."""
    return _serve(make_lab("mounted"), "dispatched", "/site/lab")


@pytest.fixture
def proxied(make_lab: Callable[..., ServedLab]) -> Iterator[ServedLab]:
    """The app behind a proxy with another address."""
    lab = _serve(make_lab("mounted"), "proxied", "/lab")
    handler = type("Proxy", (_Proxy,), {"upstream": f"127.0.0.1:{lab.port}"})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        behind = lab.port
        lab.port, lab.prefix = server.server_port, "/site/lab"
        yield lab
        lab.port, lab.prefix = behind, "/lab"
        server.shutdown()


@pytest.mark.parametrize("way", ["plain", "dispatched", "proxied"])
def test_the_whole_way_of_a_run_works_under_a_prefix(
    way: str, visit: Callable[..., Visitor], request: pytest.FixtureRequest
) -> None:
    lab: ServedLab = request.getfixturevalue(way)
    guest = visit(lab)
    page = guest.open("")
    page.get_by_role("link", name="Run waves").click()
    guest.field("periods").fill("3.5")
    guest.start()
    expect(guest.state).to_have_text("Succeeded")  # though nobody started a supervisor
    expect(guest.section("Output")).to_contain_text("highest")
    expect(page.locator("#log")).to_have_text("50 points drawn\n")
    guest.section("height").scroll_into_view_if_needed()  # only what is in view is drawn
    expect(guest.section("height").locator("canvas")).to_be_visible()
    guest.section("wave").scroll_into_view_if_needed()
    expect(guest.section("wave").frame_locator("iframe").locator(".scatterlayer .trace")).to_have_count(1)
    expect(guest.section("product").get_by_role("img", name="product, 50 by 50")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download", exact=True).click()
    with ZipFile(BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
        assert {"run.json", "files/wave.npy"} <= set(archive.namelist())

    page.get_by_role("link", name="Edit and run").click()
    expect(guest.field("periods")).to_have_value("3.5")
    guest.field("periods").fill("4")
    guest.start()
    expect(guest.state).to_have_text("Succeeded")
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("heading", name="#3 waves")).to_be_visible()
    page.get_by_role("link", name="Runs").click()
    expect(guest.section("Runs").get_by_role("row")).to_have_count(4)
    outside = [request for request in guest.requests if request.startswith(("GET http", "POST http"))]
    assert outside == []  # nothing was asked for above the prefix


def test_the_supervisor_that_flask_run_started_ends_after_it(plain: ServedLab) -> None:
    plain.until(lambda: len(plain.pids("execution.supervise")) == 1, 20, "no supervisor was started")
    plain.stop()
    plain.until(lambda: not plain.pids("flasklab"), 30, "a supervisor outlives the app that needed it")
