from __future__ import annotations

import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.runs.run import RunError
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from collections.abc import Callable

PNG = b"\x89PNG\r\n\x1a\n of a figure"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
FIGURE = b'{"data": [{"y": [1, 2], "name": "</script><script>alert(1)</script>"}], "layout": {}}'
FILES = {
    "curve.png": ("image/png", PNG),
    "curve.svg": ("image/svg+xml", SVG),
    "roc.plotly.json": ("application/vnd.plotly.v1+json", FIGURE),
    "report.html": ("text/html", b"<script>alert(1)</script>"),
    "deep/model.joblib": ("application/x-joblib", b"\x00" * 1000),
    'odd "näme" #1?.csv': ("text/csv", b"a,b\n"),
    "notes.md": ("text/markdown", b"# Notes"),
    "evil.js": ("text/javascript", b"alert(1)"),
}


@pytest.fixture
def run(bench: Any) -> Any:
    return bench.finish(
        bench.queue(param=3.0),
        {"output": 6.0, "nothing": float("nan")},
        files=FILES,
        points={"loss": [3.0, float("inf"), 1.0]},
        log="one\n<b>two</b>\n",
    )


@pytest.mark.parametrize("address", ["/status/{}", "/results/{}"])
def test_a_finished_run_is_one_page_and_one_json(bench: Any, run: Any, address: str) -> None:
    page = bench.browser.get(address.format(run.id))
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "#1" in page.text
    found = bench.client.get(address.format(run.id)).get_json()
    assert (found["state"], found["output"]) == ("succeeded", {"output": 6.0, "nothing": "NaN"})
    assert found["metrics"] == {"loss": {"last": 1.0, "min": 1.0, "max": "Infinity", "count": 3, "step": 2}}
    assert {one["name"] for one in found["artifacts"]} == set(FILES)
    assert found["links"]["download"] == f"/download/{run.id}"


@pytest.mark.parametrize("tab", ["overview", "charts", "log", "results", "files", "parameters", "code", "other"])
def test_every_tab_is_drawn_and_nothing_of_the_run_is_markup(bench: Any, run: Any, tab: str) -> None:
    page = bench.browser.get(f"/results/{run.id}?tab={tab}")
    assert page.status_code == 200
    assert "<b>two</b>" not in page.text


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELED, RunState.TIMED_OUT, RunState.LOST])
def test_every_ending_has_its_page(bench: Any, state: RunState) -> None:
    error = RunError(type="ValueError", message="<i>no</i>", traceback="Traceback ...\nValueError: <i>no</i>")
    run = bench.finish(bench.queue(), state=state, error=error)
    page = bench.browser.get(f"/status/{run.id}")
    assert page.status_code == 200
    assert "&lt;i&gt;no&lt;/i&gt;" in page.text
    assert bench.client.get(f"/status/{run.id}").get_json()["error"]["type"] == "ValueError"


def test_queued_and_running_runs_have_their_pages(bench: Any) -> None:
    run = bench.queue()
    assert "Queued" in bench.browser.get(f"/status/{run.id}").text
    bench.begin(run)
    assert "Running" in bench.browser.get(f"/status/{run.id}").text


def test_an_unknown_run_is_a_page_or_a_problem(bench: Any) -> None:
    for address in ("/status/none", "/results/none", "/results/none.png", "/download/none", "/download/none/a/b"):
        page = bench.browser.get(address)
        assert (page.status_code, page.mimetype) == (404, "text/html")
        answer = bench.client.get(address)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_the_first_figure_is_the_answer_to_a_picture(bench: Any, run: Any) -> None:
    assert bench.client.get(f"/results/{run.id}.png").data == PNG
    assert bench.client.get(f"/results/{run.id}.svg").data == SVG
    assert bench.client.get(f"/results/{run.id}", headers={"Accept": "image/svg+xml"}).data == SVG
    bare = bench.finish(bench.queue(), {"output": 1})
    assert bench.client.get(f"/results/{bare.id}.png").status_code == 404


def test_a_queued_run_is_canceled_at_once_and_only_once(bench: Any) -> None:
    run = bench.queue()
    answer = bench.client.post(f"/cancel/{run.id}")
    assert (answer.status_code, answer.get_json()["state"]) == (200, "canceled")
    assert bench.client.post(f"/cancel/{run.id}").status_code == 409


def test_a_running_run_is_asked_to_stop(bench: Any) -> None:
    run = bench.queue()
    bench.begin(run)
    answer = bench.client.post(f"/cancel/{run.id}")
    assert (answer.status_code, answer.get_json()["state"]) == (202, "running")


def test_a_browser_cancels_with_its_token_only(bench: Any) -> None:
    run = bench.queue()
    assert bench.browser.post(f"/cancel/{run.id}").status_code == 400
    found = re.search(r'name="csrf_token" value="([^"]+)"', bench.browser.get(f"/status/{run.id}").text)
    assert found is not None
    answer = bench.browser.post(f"/cancel/{run.id}", data={"csrf_token": found[1], "tab": "log"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/status/{run.id}?tab=log")
    assert bench.services.read.get(run.id).state is RunState.CANCELED


def test_the_zip_holds_everything(bench: Any, run: Any) -> None:
    answer = bench.client.get(f"/download/{run.id}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="double-1.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.read("files/curve.png") == PNG
        assert json.loads(archive.read("params.json")) == {"param": 3.0}
    assert bench.client.head(f"/download/{run.id}").data == b""


def test_a_file_comes_whole_in_part_and_not_twice(bench: Any, run: Any) -> None:
    address = f"/download/{run.id}/deep/model.joblib"
    whole = bench.client.get(address)
    assert (whole.data, whole.mimetype) == (b"\x00" * 1000, "application/octet-stream")
    assert whole.headers["Content-Disposition"] == "attachment; filename=model.joblib"
    assert whole.headers["ETag"].strip('"') == next(
        one.sha256 for one in run.artifacts if one.name == "deep/model.joblib"
    )
    part = bench.client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, len(part.data)) == (206, 10)
    assert part.headers["Content-Range"] == "bytes 10-19/1000"
    changed = bench.client.get(address, headers={"Range": "bytes=10-19", "If-Range": '"other"'})
    assert (changed.status_code, len(changed.data)) == (200, 1000)
    assert bench.client.get(address, headers={"Range": "bytes=5000-"}).status_code == 416
    assert bench.client.get(address, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    assert bench.client.head(address).headers["Content-Length"] == "1000"


def test_every_artifact_can_be_fetched_from_its_url(bench: Any, run: Any) -> None:
    for artifact in bench.client.get(f"/status/{run.id}").get_json()["artifacts"]:
        answer = bench.client.get(artifact["url"])
        assert answer.status_code == 200
        assert len(answer.data) == artifact["size"]
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.mimetype not in ("text/html", "text/javascript")


TRAVERSALS = (
    "../lab.db",
    "..%2flab.db",
    "%2e%2e/lab.db",
    "%252e%252e%252flab.db",
    "..\\lab.db",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "curve.png%00.txt",
    "deep/../curve.png",
    "C:/lab.db",
    "x" * 5000,
)


@pytest.mark.parametrize("name", TRAVERSALS)
def test_no_name_leads_out_of_a_run(bench: Any, run: Any, name: str) -> None:
    page = bench.browser.get(f"/results/{run.id}?tab=results").text
    key = re.search(r"/shown/([^/]+)/", page)
    assert key is not None
    for address in (
        f"/download/{run.id}/{name}",
        f"/shown/{key[1]}/{name}",
        f"/rows/{run.id}/{name}",
        f"/assets/{name}",
    ):
        assert 400 <= bench.client.get(address).status_code < 500


@pytest.fixture
def shown(bench: Any, run: Any) -> Callable[..., Any]:
    page = bench.browser.get(f"/results/{run.id}?tab=results").text
    key = re.search(r"/shown/([^/]+)/", page)
    assert key is not None
    frame = bench.app.test_client()  # without any cookie

    def get(name: str, into: str | None = "iframe") -> Any:
        return frame.get(f"/shown/{key[1]}/{name}", headers={"Sec-Fetch-Dest": into} if into else {})

    return get


def test_html_is_drawn_in_a_frame_of_an_origin_of_its_own(shown: Callable[..., Any]) -> None:
    answer = shown("report.html")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.mimetype == "text/html"
    assert policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in policy
    assert "connect-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy


def test_html_is_never_a_page_of_its_own(shown: Callable[..., Any], run: Any) -> None:
    direct = shown("report.html", "document")
    assert (direct.status_code, direct.headers["Location"]) == (303, f"/results/{run.id}")
    unknown = shown("report.html", None)
    assert unknown.mimetype == "application/octet-stream"
    assert unknown.headers["Content-Disposition"].startswith("attachment")


def test_a_plotly_figure_is_drawn_by_our_own_page(shown: Callable[..., Any]) -> None:
    answer = shown("roc.plotly.json")
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert answer.text.count("<script") == 3
    assert f'<script nonce="{nonce[1]}">' in answer.text
    assert "http://localhost/static/vendor/plotly.min.js" in policy
    assert "unsafe-inline' " not in policy.partition("style-src")[0]
    assert "alert(1)" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("version", [5, 6])
def test_a_vega_lite_chart_is_drawn_by_our_own_page_and_script(bench: Any, version: int) -> None:
    spec = b'{"mark": "bar", "title": "</script><script>alert(1)</script>"}'
    files = {"bars.vega.json": (f"application/vnd.vegalite.v{version}+json", spec)}
    run = bench.finish(bench.queue(), files=files)
    page = bench.browser.get(f"/results/{run.id}?tab=results").text
    address = re.search(r'<iframe src="([^"]+)" sandbox="allow-scripts"', page)
    assert address is not None
    assert "vega-" not in page
    answer = bench.app.test_client().get(address[1], headers={"Sec-Fetch-Dest": "iframe"})
    assert "script-src 'nonce-" in answer.headers["Content-Security-Policy"]
    assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]
    assert "<script>alert" not in answer.text
    script = re.search(r'<script src="(/assets/vega/vega-[^"]+)">', answer.text)
    assert script is not None
    sent = bench.client.get(script[1])
    assert (sent.status_code, sent.mimetype) == (200, "text/javascript")
    assert sent.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    app = re.search(r'src="(/assets/app-[^"]+)"', page)
    assert app is not None
    assert bench.client.get(app[1]).headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("name", "media_type"), [("curve.svg", "image/svg+xml"), ("curve.png", "image/png"), ("notes.md", "text/plain")]
)
def test_pictures_and_text_are_inert(shown: Callable[..., Any], name: str, media_type: str) -> None:
    answer = shown(name, None)
    assert answer.mimetype == media_type
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_markdown_is_set_as_html_under_a_policy_that_loads_nothing(shown: Callable[..., Any]) -> None:
    answer = shown("notes.md?rendered", None)
    assert (answer.mimetype, answer.text) == ("text/html", "<h1>Notes</h1>\n")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_what_is_named_by_its_content_may_be_kept_and_is_never_sent_twice(
    bench: Any, run: Any, shown: Callable[..., Any]
) -> None:
    sha = {one["name"]: one["sha256"] for one in bench.client.get(f"/results/{run.id}").get_json()["artifacts"]}
    named = shown(f"curve.png?v={sha['curve.png'][:8]}", None)
    assert named.headers["Cache-Control"] == "private, max-age=3600, immutable"
    assert named.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for other in ("curve.png", "curve.png?v=00000000"):
        answer = shown(other, None)
        assert {"no-cache", "private"} == set(answer.headers["Cache-Control"].split(", "))
        assert answer.headers["ETag"] == f'"{sha["curve.png"]}"'


@pytest.mark.parametrize(
    ("media_type", "sent"),
    [
        ("audio/wav", "audio/wav"),
        ("video/webm", "video/webm"),
        ("application/yaml", "text/plain"),
        ("text/x-tex", "text/plain"),
        ("application/x-shockwave-flash", "application/octet-stream"),
    ],
)
def test_sound_and_video_are_played_by_ranges_and_the_unknown_is_saved(bench: Any, media_type: str, sent: str) -> None:
    run = bench.finish(bench.queue(), files={"thing": (media_type, b"0123456789"), "curve.png": ("image/png", PNG)})
    page = bench.browser.get(f"/results/{run.id}?tab=results").text
    key = re.search(r"/shown/([^/]+)/", page)
    assert key is not None
    answer = bench.client.get(f"/shown/{key[1]}/thing", headers={"Range": "bytes=2-4"})
    assert (answer.status_code, answer.mimetype, answer.data) == (206, sent, b"234")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert ("attachment" in answer.headers["Content-Disposition"]) == (sent == "application/octet-stream")


def test_all_steps_of_a_thing_are_listed_for_its_slider(bench: Any, run: Any) -> None:
    answer = bench.client.get(f"/steps/{run.id}?shown=curve")
    (frame,) = answer.get_json()["steps"]
    assert [file["label"] for file in frame["files"]] == ["PNG", "SVG"]
    assert bench.client.get(f"/steps/{run.id}?shown=none").status_code == 404
    assert bench.client.get(f"/steps/{run.id}").status_code == 404


def test_rows_of_a_table_are_read_by_number_order_and_text(bench: Any) -> None:
    rows = "".join(f"{number},{name}\n" for number, name in ((3, "c"), (1, "a"), ("", "b"), (2, "aa")))
    run = bench.finish(
        bench.queue(), files={"t.csv": ("text/csv", b"n,name\n" + rows.encode()), "p": ("image/png", PNG)}
    )
    address = f"/rows/{run.id}/t.csv"
    assert bench.client.get(f"{address}?first=1&count=2").get_json() == {
        "columns": ["n", "name"],
        "first": 1,
        "rows": [["1", "a"], ["", "b"]],
        "found": 4,
        "total": 4,
    }
    falling = bench.client.get(f"{address}?by=0&falling").get_json()
    assert [row[0] for row in falling["rows"]] == ["3", "2", "1", ""]
    found = bench.client.get(f"{address}?by=0&text=A").get_json()
    assert ([row[1] for row in found["rows"]], found["found"]) == (["a", "aa"], 2)
    assert bench.client.get(f"/rows/{run.id}/p").status_code == 404
    assert bench.client.get(f"{address}?first=x&by=-1&count=-5").get_json()["rows"] == []


def test_a_page_of_very_many_figures_holds_the_first_ones_and_finds_any(bench: Any) -> None:
    files = {f"figure {number:03}.png": ("image/png", PNG) for number in range(300)}
    run = bench.finish(bench.queue(), files=files)

    def cards(query: str) -> int:
        return bench.browser.get(f"/results/{run.id}{query}").text.count("<section data-part")  # type: ignore[no-any-return]

    assert cards("") == 12
    assert "All 300 in Results" in bench.browser.get(f"/results/{run.id}").text
    assert cards("?tab=results") == 120
    assert cards("?tab=results&all=1") == 300
    assert cards("?tab=results&name=FIGURE 29") == 10
    assert "No figure is named so" in bench.browser.get(f"/results/{run.id}?tab=results&name=none").text


def test_a_forged_key_opens_nothing(bench: Any, run: Any) -> None:
    assert bench.client.get(f"/shown/{run.id}/curve.png").status_code == 404
    assert bench.client.get("/shown/a.b.c/curve.png").status_code == 404


def test_plotly_comes_from_the_installed_package_for_any_frame(bench: Any) -> None:
    packed = bench.client.get("/static/vendor/plotly.min.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert packed.mimetype == "text/javascript"
    again = bench.client.get("/static/vendor/plotly.min.js", headers={"Accept-Encoding": "gzip"})
    assert again.headers["ETag"] == packed.headers["ETag"]


def test_an_apps_own_view_replaces_the_standard_results(bench: Any, run: Any) -> None:
    folder = bench.services.store.results.parent / "templates" / "results"
    folder.mkdir(parents=True)
    (folder / "double.html").write_text(
        "<p id=own>{{ run.number }} gave {{ output.output }}: {{ artifacts|length }}</p>"
    )
    assert "<p id=own>1 gave 6.0: 8</p>" in bench.browser.get(f"/results/{run.id}?tab=results").text


def test_the_front_page_and_the_table_show_runs(bench: Any, run: Any) -> None:
    home = bench.browser.get("/")
    assert home.status_code == 200
    assert "experiments.torn" in home.text
    table = bench.browser.get("/runs?experiment=double&state=succeeded")
    assert f"/results/{run.id}" in table.text
    assert f"/results/{run.id}" not in bench.browser.get("/runs?state=failed").text
    assert [one["name"] for one in bench.client.get("/").get_json()["experiments"]] == ["double", "train"]
    assert [one["id"] for one in bench.client.get("/runs").get_json()["runs"]] == [run.id]
    assert bench.client.get("/runs?state=sleeping").status_code == 422
