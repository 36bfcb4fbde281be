"""Runs that were made already: told by the form, and answered where a start is wanted only if it is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flasklab.runs.state import RunState
from flasklab.runs.times import now

CODE = {"code": "abc", "python": "3.11.7", "implementation": "CPython", "packages": {}}


@pytest.fixture
def coded(bench: Any) -> Any:
    """A lab whose code is recorded."""
    code(bench, **CODE)
    return bench


def code(bench: Any, **environment: Any) -> None:
    with bench.services.store.write() as unit:
        catalog = unit.catalog.load()
        unit.catalog.save(replace(catalog, environment_id=unit.environments.add(environment)))
    bench.services.experiments._look_at = 0.0


def made(bench: Any, output: Any, **params: Any) -> Any:
    """A run that succeeded with the present code."""
    queued = bench.queue(**params)
    with bench.services.store.write() as unit:
        unit.hot.claim(unit.runs.queued(1)[0], unit.catalog.load().environment_id)
        assert unit.hot.flush() == set()
        unit.runs.settle(queued.id, 1, state=RunState.SUCCEEDED, output=output, at=now(), seq=3)
    return bench.services.read.get(queued.id)


def test_the_form_says_that_its_values_were_run_already(coded: Any) -> None:
    run = made(coded, {"accuracy": 0.93125, "loss": 0.5, "more": 1}, param=4.0)

    form = coded.browser.get("/run/double?param=4").text

    line = form.partition('id="already"')[2].partition("</p>")[0]
    assert f'Already run: <a href="/results/{run.id}">#{run.number}</a>' in line
    assert "accuracy 0.9313, loss 0.5" in line
    assert "more" not in line
    for other in ("5", "abc", ""):
        assert "Already run" not in coded.browser.get(f"/run/double?param={other}").text


def test_values_are_asked_about_without_a_start(coded: Any) -> None:
    run = made(coded, 1, param=4.0)
    token = coded.browser.get("/run/double").text.partition('name="csrf_token" value="')[2].partition('"')[0]

    for at in ("/already/double", "/api/v1/experiments/double/already"):
        assert coded.client.post(at, data={"param": "4"}).json["run"]["id"] == run.id
        assert coded.client.post(at, json={"param": 5}).json == {"run": None}
        assert coded.client.post(at, json={"param": "x"}).status_code == 422
    assert coded.client.post("/already/nothere").status_code == 404
    asked = coded.browser.post("/already/double", data={"csrf_token": token, "param": "4.0"})
    assert f'<a href="/results/{run.id}">#1</a>' in asked.text
    assert "Already" not in coded.browser.post("/already/double", data={"csrf_token": token, "param": "x"}).text
    assert coded.browser.post("/already/double", data={"param": "4"}).status_code == 400
    assert len(coded.client.get("/runs").json["runs"]) == 1


def test_a_start_that_is_not_needed_answers_with_the_run_there_is(coded: Any) -> None:
    run = made(coded, 1, param=4.0)

    for at in ("/run/double", "/api/v1/experiments/double/runs"):
        answer = coded.client.post(f"{at}?needed=1", data={"param": "4"})
        assert (answer.status_code, answer.json["id"]) == (200, run.id)
        assert answer.headers["Flasklab-Already-Run"] == run.id
        assert answer.headers["Location"] == f"/status/{run.id}"
    assert coded.client.post("/run/double?needed=1", data={"param": "x"}).status_code == 422
    other = coded.client.post("/run/double?needed=1", data={"param": "5"})
    assert (other.status_code, "Flasklab-Already-Run" in other.headers) == (202, False)
    assert coded.client.post("/run/double?needed=0", data={"param": "4"}).status_code == 202
    assert coded.client.post("/run/double", data={"param": "4"}).json["id"] != run.id


def test_a_browser_is_led_to_the_results(coded: Any) -> None:
    run = made(coded, 1, param=4.0)
    token = coded.browser.get("/run/double").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = coded.browser.post("/run/double?needed=1", data={"csrf_token": token, "param": "4"})
    assert (answer.status_code, answer.location) == (303, f"/results/{run.id}")


def test_after_an_edit_a_run_is_needed_again(coded: Any) -> None:
    made(coded, 1, param=4.0)
    code(coded, **{**CODE, "code": "abd"})
    assert coded.client.post("/already/double", data={"param": "4"}).json == {"run": None}
    code(coded, **{**CODE, "git": {"commit": "later"}})
    assert coded.client.post("/already/double", data={"param": "4"}).json["run"]["number"] == 1


def test_while_edited_code_is_read_nothing_is_known_to_be_the_same(coded: Any) -> None:
    made(coded, 1, param=4.0)
    coded.services.experiments._fingerprint_now = lambda _: "edited"
    assert coded.client.post("/already/double", data={"param": "4"}).json == {"run": None}
