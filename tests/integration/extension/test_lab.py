from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, render_template
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]  # ships no types

from flasklab.errors import SettingsError
from flasklab.extension import Lab
from flasklab.http.lab import lab_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    for name in [name for name in os.environ if name.startswith("FLASKLAB_")]:
        monkeypatch.delenv(name)
    return Flask("app_of_a_test", root_path=str(tmp_path))


def test_one_lab_serves_several_apps_and_each_app_has_one(tmp_path: Path, app: Flask) -> None:
    lab = Lab(url_prefix="lab")
    other = Flask("other", root_path=str(tmp_path / "other"))
    lab.init_app(app)
    lab.init_app(other)
    assert lab_of(app).settings.results != lab_of(other).settings.results
    assert lab_of(app).prefix == "/lab"
    with pytest.raises(SettingsError, match="once"):
        lab.init_app(app)


def test_adding_a_lab_opens_no_store_and_starts_nothing(app: Flask, tmp_path: Path) -> None:
    Lab(app)
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["secret_key"]


def test_the_secret_key_is_made_once_for_its_owner_only(app: Flask, tmp_path: Path) -> None:
    Lab(app)
    path = tmp_path / "results" / "secret_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert app.secret_key == path.read_bytes()
    assert len(path.read_bytes()) == 32
    again = Flask("again", root_path=str(tmp_path))
    Lab(again)
    assert again.secret_key == app.secret_key


def test_an_apps_own_secret_key_is_kept(app: Flask, tmp_path: Path) -> None:
    app.config["SECRET_KEY"] = "its own"  # noqa: S105 - signs nothing outside of tests
    Lab(app)
    assert app.secret_key == "its own"  # noqa: S105 - as above
    assert not (tmp_path / "results").exists()


def test_labs_side_by_side_share_no_cookie(tmp_path: Path, app: Flask) -> None:
    other = Flask("other", root_path=str(tmp_path / "other"))
    Lab(app)
    Lab(other)
    assert app.config["SESSION_COOKIE_NAME"] != other.config["SESSION_COOKIE_NAME"]
    assert app.config["SESSION_COOKIE_SAMESITE"] == "Lax"


def test_in_a_process_that_imports_experiments_an_app_has_no_lab(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASKLAB_RUN_ZYGOTE", "1")
    Lab(app)
    assert "flasklab" not in app.extensions
    assert list(tmp_path.iterdir()) == []


def test_settings_come_from_the_app_and_unknown_ones_are_refused(app: Flask, tmp_path: Path) -> None:
    app.config.update(FLASKLAB_RESULTS="kept", FLASKLAB_WORKERS="3")
    Lab(app)
    assert lab_of(app).settings.results == tmp_path / "kept"
    assert lab_of(app).settings.workers == 3
    wrong = Flask("wrong", root_path=str(tmp_path))
    wrong.config["FLASKLAB_WORKRES"] = 1
    with pytest.raises(SettingsError, match="FLASKLAB_WORKERS"):
        Lab(wrong)


def test_the_first_request_makes_sure_that_somebody_gets_runs_done(
    make_bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench()
    calls: list[object] = []
    monkeypatch.setattr("flasklab.execution.start.ensure_supervisor", calls.append)
    app = Flask("supervised", root_path=bench.app.root_path)
    Lab(app)
    assert calls == []
    client = app.test_client()
    client.get("/api/v1/health")
    client.get("/api/v1/health")
    assert calls == [lab_of(app).settings]


def test_a_supervisor_that_cannot_be_started_stops_no_page(
    make_bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: object) -> None:
        raise OSError("no more processes")

    bench = make_bench()
    monkeypatch.setattr("flasklab.execution.start.ensure_supervisor", refuse)
    app = Flask("supervised", root_path=bench.app.root_path)
    Lab(app)
    assert app.test_client().post("/run/double").status_code == 202
    assert "no supervisor could be started" in caplog.text


def test_the_apps_own_pages_stay_its_own(make_bench: Callable[..., Any]) -> None:
    def prepare(app: Flask) -> None:
        app.add_url_rule("/mine", "mine", lambda: "mine")

    bench = make_bench(prefix="/lab", prepare=prepare)
    assert bench.client.get("/mine", headers={"Host": "any.example"}).text == "mine"
    assert "Content-Security-Policy" not in bench.client.get("/mine").headers
    assert bench.client.get("/nothing").mimetype == "text/html"
    assert bench.client.get("/lab/nothing").mimetype == "application/problem+json"
    page = bench.browser.get("/lab/nothing")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "Content-Security-Policy" in page.headers
    assert bench.client.get("/lab/cancel/x").status_code == 405
    assert bench.client.get("/labx").mimetype == "text/html"


def test_a_page_of_the_apps_own_may_extend_the_labs_layout(make_bench: Callable[..., Any], tmp_path: Path) -> None:
    template = tmp_path / "lab" / "templates" / "about.html"
    template.parent.mkdir(parents=True)
    template.write_text(
        '{% extends "flasklab/layouts/base.html" %}{% block title %}About{% endblock %}'
        "{% block main %}<p>Started by {{ name }}.</p>{% endblock %}"
    )

    def prepare(app: Flask) -> None:
        app.add_url_rule("/about", "about", lambda: render_template("about.html", name="Ada"))

    bench = make_bench(prefix="/lab", prepare=prepare)
    answer = bench.browser.get("/about")
    assert answer.status_code == 200
    assert "<p>Started by Ada.</p>" in answer.text
    (script,) = re.findall(r'<script type="module" src="(/lab/assets/[^"]+)"', answer.text)
    assert bench.browser.get(script).status_code == 200


def test_an_apps_own_404_page_is_kept_and_the_api_keeps_its_problems(make_bench: Callable[..., Any]) -> None:
    def prepare(app: Flask) -> None:
        app.register_error_handler(404, lambda _: ("the app's own", 404))

    bench = make_bench(prepare=prepare)
    assert bench.client.get("/nothing").text == "the app's own"
    assert bench.client.get("/status/none").mimetype == "application/problem+json"
    assert bench.client.get("/api/v1/nothing").mimetype == "application/problem+json"


def _addresses(html: str) -> set[str]:
    return set(re.findall(r'(?:href|src|action|data-(?!key)[a-z]+)="(/[^"]*)"', html))


def test_a_mounted_lab_behind_a_prefix_links_only_below_it(make_bench: Callable[..., Any]) -> None:
    protect = CSRFProtect()
    bench = make_bench(prefix="/lab", prepare=protect.init_app)
    for address in ("/lab/", "/lab/run/train", "/lab/runs", "/lab/nothing"):
        html = bench.browser.get(address, environ_overrides={"SCRIPT_NAME": "/behind"}).text
        found = _addresses(html)
        assert found
        assert [one for one in found if not one.startswith("/behind/lab/")] == []


def test_under_csrfprotect_pages_work_and_programs_once_exempted(make_bench: Callable[..., Any]) -> None:
    protect = CSRFProtect()
    bench = make_bench(prefix="/lab", prepare=protect.init_app)
    html = bench.browser.get("/lab/run/double").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert token is not None
    started = bench.browser.post("/lab/run/double", data={"csrf_token": token[1], "param": "4"})
    assert started.status_code == 303
    assert started.headers["Location"].startswith("/lab/status/")
    refused = bench.client.post("/lab/run/double", data={"param": "4"})
    assert (refused.status_code, refused.mimetype) == (400, "application/problem+json")
    for blueprint in Lab().blueprints:
        protect.exempt(blueprint)
    assert bench.client.post("/lab/run/double", data={"param": "4"}).status_code == 202
    assert bench.client.post("/lab/api/v1/experiments/double/runs").status_code == 202
    foreign = {"Origin": "http://evil.example"}
    assert bench.client.post("/lab/run/double", headers=foreign).status_code == 403
    stale = bench.browser.post("/lab/run/double", data={"csrf_token": "stolen", "param": "4"})
    assert stale.status_code == 400


def test_every_answer_carries_the_headers_of_the_house(bench: Any) -> None:
    run = bench.finish(bench.queue(), {"output": 1}, files={"a.csv": ("text/csv", b"a")})
    for address in (
        "/",
        "/runs",
        "/run/double",
        f"/status/{run.id}",
        f"/download/{run.id}",
        f"/download/{run.id}/a.csv",
        "/status/none",
        "/nothing",
        "/api/v1/runs",
        f"/api/v1/runs/{run.id}/live",
        "/api/v1/nothing",
        "/static/vendor/plotly.min.js",
        "/assets/nothing.js",
    ):
        for headers in ({}, {"Accept": "text/html"}):
            found = bench.client.get(address, headers=headers).headers
            assert "default-src 'none'" in found["Content-Security-Policy"], address
            assert found["X-Content-Type-Options"] == "nosniff"
            assert found["Referrer-Policy"] == "no-referrer"
            assert found["Cross-Origin-Opener-Policy"] == "same-origin"
            assert "Access-Control-Allow-Origin" not in found


def test_a_host_of_another_name_is_refused_everywhere(bench: Any) -> None:
    run = bench.queue()
    for method, address in (
        ("GET", "/"),
        ("GET", f"/status/{run.id}"),
        ("POST", "/run/double"),
        ("POST", f"/cancel/{run.id}"),
        ("GET", "/api/v1/runs"),
        ("GET", "/api/v1/nothing"),
        ("POST", f"/api/v1/runs/{run.id}/cancel"),
    ):
        answer = bench.client.open(address, method=method, headers={"Host": "rebound.example:8750"})
        assert answer.status_code == 400
        assert "FLASKLAB_TRUSTED_HOSTS" in answer.get_json()["detail"]
    assert len(bench.services.read.newest(100)) == 1
    page = bench.browser.get("/", headers={"Host": "<script>.example"})
    assert page.status_code == 400
    assert "<script>.example" not in page.text


def test_a_foreign_page_changes_nothing_and_a_program_may(bench: Any) -> None:
    run = bench.queue()
    foreign: tuple[dict[str, str], ...] = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
    )
    for headers in foreign:
        for address in (
            "/run/double",
            f"/cancel/{run.id}",
            f"/rerun/{run.id}",
            "/api/v1/experiments/double/runs",
            f"/api/v1/runs/{run.id}/cancel",
            f"/api/v1/runs/{run.id}/rerun",
        ):
            assert bench.client.post(address, headers=headers).status_code == 403
    assert [one.state for one in bench.services.read.newest(100)] == ["queued"]
    assert bench.client.post("/run/double").status_code == 202


def test_the_commands_stand_under_flask_lab(bench: Any) -> None:
    assert "lab" in bench.app.cli.commands
