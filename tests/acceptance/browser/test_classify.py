"""A colleague's way through the lab: upload, watch, look at the results, take them home, change and run again."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.acceptance.browser.conftest import Visitor
    from tests.acceptance.conftest import ServedLab


def _is_loaded(image: Locator) -> bool:
    loaded: bool = image.evaluate("async image => { await image.decode(); return image.naturalWidth > 0 }")
    return loaded


def test_an_uploaded_table_is_classified_shown_downloaded_and_run_again(
    visit: Callable[..., Visitor], example: ServedLab, penguins: Path
) -> None:
    guest = visit(example)
    page = guest.open("")
    page.get_by_role("link", name="Run classify").click()
    guest.field("data").set_input_files(penguins)
    guest.field("target").fill("species")
    guest.field("model").select_option("logistic")
    guest.field("curve points").fill("4")
    guest.start()

    page.evaluate("window.neverLeft = true")
    expect(guest.state).to_have_text("Succeeded")
    _expect_results(guest)
    assert page.evaluate("window.neverLeft")
    _expect_everything_in_the_zip(guest)
    _expect_one_change_to_be_marked(guest)


def _expect_results(guest: Visitor) -> None:
    page = guest.page
    expect(page).to_have_title(re.compile("^succeeded"))
    expect(guest.section("Output")).to_contain_text("accuracy")
    expect(guest.section("Output")).to_contain_text("344")
    matrix = guest.section("confusion matrix").get_by_role("img")
    matrix.scroll_into_view_if_needed()
    assert _is_loaded(matrix)

    guest.section("ROC").scroll_into_view_if_needed()
    frame = guest.section("ROC").frame_locator("iframe")
    expect(frame.locator(".scatterlayer .trace")).to_have_count(4)  # three classes, and chance
    expect(frame.locator(".legendtext").last).to_have_text(re.compile(r"^Gentoo \([01]\.\d+\)$"))
    assert guest.section("ROC").locator("iframe").get_attribute("sandbox") == "allow-scripts"

    report = guest.section("report").get_by_role("table")
    report.scroll_into_view_if_needed()
    expect(report.get_by_role("columnheader")).to_have_text(["class", "precision", "recall", "f1-score", "support"])
    expect(report.get_by_role("row").filter(has_text="Chinstrap")).to_be_visible()
    expect(guest.section("accuracy").locator("canvas")).to_be_visible()


def _expect_everything_in_the_zip(guest: Visitor) -> None:
    with guest.page.expect_download() as waiting:
        guest.page.get_by_role("link", name="Download", exact=True).click()
    with ZipFile(BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert {"run.json", "params.json", "output.json", "log.txt", "metrics.csv"} <= names
        assert {"files/model.joblib", "files/report.csv", "files/confusion matrix.png"} <= names
    with guest.page.expect_download() as waiting:
        guest.section("Files").get_by_role("link", name="model.joblib").click()
    assert waiting.value.suggested_filename == "model.joblib"
    assert Path(waiting.value.path()).stat().st_size > 1000


def _expect_one_change_to_be_marked(guest: Visitor) -> None:
    page = guest.page
    first = guest.run_id
    page.get_by_role("link", name="Edit and run").click()
    expect(page.locator("[data-kept]")).to_contain_text("penguins.csv")
    expect(guest.field("target")).to_have_value("species")
    expect(guest.field("model")).to_have_value("logistic")
    expect(guest.field("curve points")).to_have_value("4")
    guest.field("test size").fill("0.5")
    expect(guest.section("Changed values")).to_contain_text("0.5")
    guest.start()
    assert guest.run_id != first

    expect(guest.state).to_have_text("Succeeded")
    parameters = guest.section("Parameters")
    expect(parameters.get_by_label("changed from the default 0.2")).to_be_visible()
    expect(parameters).to_contain_text("penguins.csv")
    page.get_by_role("link", name="Parameters").click()
    row = page.get_by_role("row").filter(has_text="test_size")
    expect(row.get_by_role("cell").first).to_have_class(re.compile("changed"))
    unchanged = page.get_by_role("row").filter(has_text="seed")
    expect(unchanged.get_by_role("cell").first).not_to_have_class(re.compile("changed"))


def test_a_form_is_copied_as_code_that_follows_every_change(visit: Callable[..., Visitor], example: ServedLab) -> None:
    guest = visit(example)
    guest.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = guest.open("run/classify?model=forest")
    code = page.get_by_role("region", name="curl", exact=True)
    expect(code).to_have_text(f"curl -d model=forest '{example.url}/run/classify?wait=60'")
    page.get_by_role("slider", name="test size").fill("0.35")
    expect(guest.field("test size")).to_have_value("0.35")
    guest.field("target").fill("it's")
    target = """'target=it'"'"'s'"""  # as a shell reads it back
    address = f"'{example.url}/run/classify?wait=60'"
    expect(code).to_have_text(f"curl --data-urlencode {target} -d model=forest -d test_size=0.35 {address}")
    page.get_by_text("Command line", exact=True).click()
    page.get_by_role("button", name="Copy Command line").click()
    expect(page.locator("#toasts")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"flasklab run classify -p {target} -p model=forest -p test_size=0.35"


def test_a_file_may_be_dropped_instead_of_chosen(visit: Callable[..., Visitor], example: ServedLab) -> None:
    guest = visit(example)
    page = guest.open("run/describe")
    carried = page.evaluate_handle(
        """() => {
            const carried = new DataTransfer();
            carried.items.add(new File(["a,b\\n1,2\\n3,4\\n"], "tiny.csv", { type: "text/csv" }));
            return carried;
        }"""
    )
    page.locator("[data-drop]").dispatch_event("drop", {"dataTransfer": carried})
    guest.start()
    expect(guest.state).to_have_text("Succeeded")
    expect(guest.section("Parameters")).to_contain_text("tiny.csv")
