"""Visitors with a real browser: Chromium driven by Playwright, and a note of everything that went wrong in it."""

from __future__ import annotations

import os
import re
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, WebError

    from tests.acceptance.conftest import ServedLab

CHROMIUM = shutil.which(os.environ.get("FLASKLAB_CHROMIUM", "chromium"))
PATIENCE_MS = 40_000  # for a slow machine, not a promise
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
]


def _missing() -> str:
    """What a browser test needs and this machine lacks; "" when everything is here."""
    packages = {"playwright": "playwright", "axe_playwright_python": "axe-playwright-python"}
    lacking = [name for module, name in packages.items() if find_spec(module) is None]
    if lacking:
        return f"browser tests need the packages {', '.join(lacking)}: pip install {' '.join(lacking)}"
    if CHROMIUM is None:
        return "browser tests need Chromium: install it, or name its program in FLASKLAB_CHROMIUM"
    return ""


class _Unavailable(pytest.Module):
    """A test file that cannot even be imported here."""

    def collect(self) -> Any:
        if os.environ.get("FLASKLAB_TEST_REQUIRE") == "all":
            pytest.fail(_missing(), pytrace=False)
        raise pytest.skip.Exception(_missing(), allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Say of each file why it is skipped, before it imports what is missing."""
    if not _missing():
        return None
    module: pytest.Module = _Unavailable.from_parent(parent, path=module_path)
    return module


class Visitor:
    """One person at one lab: a window, a session of their own, and all that their browser complained of.

    Args:
        browser: whose window it is
        lab: what is visited
        options: of Playwright's `Browser.new_context`
    """

    def __init__(self, browser: Browser, lab: ServedLab, **options: Any) -> None:
        self.lab = lab
        self.complaints: list[str] = []
        self.requests: list[str] = []  # what was asked, "GET /run/double"
        self.answers: list[str] = []  # what of it was answered; the rest never left the browser
        self.expected: list[str] = []  # regular expressions of complaints that the test asks for
        self.context = browser.new_context(base_url=f"{lab.url}/", reduced_motion="reduce", **options)
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.on("console", self._on_console)
        self.context.on("weberror", self._on_error)
        self.context.on("request", self._on_request)
        self.context.on("requestfailed", self._on_failed)
        self.context.on("response", self._on_response)
        self.page = self.context.new_page()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.complaints.append(f"error: {error.error}")

    def _on_request(self, request: Request) -> None:
        self.requests.append(self._name(request))

    def _on_failed(self, request: Request) -> None:
        # A request is aborted when its page is left, and a download ends the navigation that led to it.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.complaints.append(f"failed: {request.method} {request.url} {request.failure}")

    def _on_response(self, response: Response) -> None:
        self.answers.append(self._name(response.request))
        if response.status >= 400:
            self.complaints.append(f"answer: {response.status} {response.request.method} {response.url}")

    def _name(self, request: Request) -> str:
        return f"{request.method} {request.url.removeprefix(self.lab.url).partition('?')[0]}"

    def unexpected(self) -> list[str]:
        """Complaints that the test did not ask for."""
        return [one for one in self.complaints if not any(re.search(pattern, one) for pattern in self.expected)]

    def expect_status(self, status: int) -> None:
        """Take answers of this status, and the browser's line about them, for what the test is about."""
        self.expected += [rf"^answer: {status} ", rf"^console: Failed to load resource.*\b{status}\b"]

    def open(self, path: str) -> Page:
        """Go to an address below the lab's."""
        self.page.goto(path)
        return self.page

    def another(self, path: str) -> Page:
        """A second window of the same person."""
        page = self.context.new_page()
        page.goto(path)
        return page

    def field(self, label: str) -> Locator:
        """The control of a form that has this label."""
        return self.page.locator(".field [name]").and_(self.page.get_by_label(re.compile(rf"^{label}\b")))

    def choose(self, label: str, option: str) -> None:
        """Choose one of the options that stand side by side."""
        self.page.get_by_role("group", name=label).get_by_text(option, exact=True).click()

    def start(self) -> None:
        """Press Run, and be on the run's page."""
        self.page.get_by_role("button", name="Run").and_(self.page.locator("#start")).click()
        self.page.wait_for_url("**/status/*")

    @property
    def run_id(self) -> str:
        """The run whose page this is."""
        return self.page.url.partition("?")[0].rpartition("/")[2]

    @property
    def state(self) -> Locator:
        """The word that says what a run is doing."""
        return self.page.locator("[data-section=head] .pill")

    def section(self, name: str) -> Locator:
        """The part of the page with this heading."""
        return self.page.get_by_role("region", name=name, exact=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module: while it is open, Playwright's event loop runs and no other test could start one."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """Sends visitors to labs; after the test, none of them may have met an error that it did not ask for."""
    visitors: list[Visitor] = []

    def go(lab: ServedLab, **options: Any) -> Visitor:
        visitors.append(Visitor(chromium, lab, **options))
        return visitors[-1]

    yield go
    for visitor in visitors:
        visitor.context.close()
    complaints = [complaint for visitor in visitors for complaint in visitor.unexpected()]
    said = {visitor.lab.url: visitor.lab.said() for visitor in visitors}
    assert complaints == [], "\n".join([*complaints, *said.values()])


@pytest.fixture(scope="session")
def penguins() -> Path:
    """A table that people upload: 344 penguins, some with missing values."""
    from pathlib import Path

    spec = find_spec("palmerpenguins")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data" / "penguins.csv"


class Gate:
    """Lets the runs of the lab `watched` go on, one step at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_text("", encoding="utf-8")

    def open(self, times: int = 1) -> None:
        """Open the next gates."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write("open\n" * times)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A gate, opened for good after the test so that no run waits at it."""
    made = Gate(tmp_path / "gate")
    yield made
    made.open(100)


@pytest.fixture(scope="module")
def watched(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """A running lab that does one run at a time, with experiments that wait, fail and attack."""
    lab = make_lab("watched", FLASKLAB_WORKERS="1")
    lab.start()
    return lab
