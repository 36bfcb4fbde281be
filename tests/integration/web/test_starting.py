from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.experiments.description import BrokenModule

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

CSV = b"a,b\n1,2\n"
RUN_KEYS = [
    "id",
    "number",
    "experiment",
    "state",
    "params",
    "output",
    "error",
    "progress",
    "metrics",
    "artifacts",
    "tags",
    "note",
    "seed",
    "attempt",
    "priority",
    "not_before",
    "queue_position",
    "created_at",
    "started_at",
    "finished_at",
    "pinned",
    "deleted_at",
    "waiting",
    "links",
]


def token_of(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def get_form(browser: FlaskClient, address: str = "/run/train") -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.text


def test_a_start_is_accepted_and_says_where_the_run_is(bench: Any) -> None:
    answer = bench.client.post("/run/double", data={"param": "3"})
    assert answer.status_code == 202
    run = answer.get_json()
    assert list(run) == RUN_KEYS
    assert answer.headers["Location"] == f"/status/{run['id']}" == run["links"]["status"]
    assert (run["state"], run["params"], run["queue_position"]) == ("queued", {"param": 3.0}, 1)
    assert run["created_at"].endswith("Z")
    assert bench.client.get(run["links"]["self"]).get_json() == run


@pytest.mark.parametrize(
    "request_of",
    [
        {"data": {"param": "2.5"}},
        {"json": {"param": 2.5}},
        {"data": {"param": "2.5"}, "content_type": "multipart/form-data"},
        {"query_string": {"param": "2.5"}},
        {"json": {}, "query_string": {"param": "2.5"}},
        {"data": b'{"param": 2.5}', "content_type": "application/vnd.of.ours+json; charset=utf-8"},
    ],
)
def test_form_multipart_json_and_query_start_the_same_run(bench: Any, request_of: dict[str, Any]) -> None:
    answer = bench.client.post("/run/double", **request_of)
    assert (answer.status_code, answer.get_json()["params"]) == (202, {"param": 2.5})


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"param=2.5"),
        ("multipart/form-data; boundary=cut", b'--cut\r\nContent-Disposition: form-data; name="param"\r\n\r\n2'),
    ],
)
def test_a_form_cut_short_or_without_boundary_is_refused_not_taken_for_an_empty_one(
    bench: Any, content_type: str, body: bytes
) -> None:
    answer = bench.client.post("/run/double", data=body, content_type=content_type)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_an_empty_post_starts_with_the_defaults(bench: Any) -> None:
    assert bench.client.post("/run/double").get_json()["params"] == {"param": 21.0}


def test_all_bad_parameters_are_named_at_once(bench: Any) -> None:
    answer = bench.client.post("/run/train", data={"epochs": "many", "optimizer.lr": "-1", "parm": "1"})
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert {error["param"] for error in answer.get_json()["errors"]} == {"data", "epochs", "optimizer.lr", "parm"}
    assert bench.services.read.newest(100) == ()


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        ({"data": b"{not json", "content_type": "application/json"}, 400),
        ({"data": b'{"a": "\xff"}', "content_type": "application/json"}, 400),
        ({"data": b"[" * 100_000, "content_type": "application/json"}, 400),
        ({"data": b'{"param": ' + b"[" * 500 + b"]" * 500 + b"}", "content_type": "application/json"}, 422),
        ({"data": b'{"param": ' + b"9" * 100_000 + b"}", "content_type": "application/json"}, 400),
        ({"json": [1, 2]}, 422),
        ({"json": "text"}, 422),
        ({"json": {"param": None}}, 422),
        ({"json": {"__proto__": 1}}, 422),
        ({"data": {"param": "9" * 100_000}}, 422),
        ({"data": {"param": ["1", "2"]}}, 422),
        ({"data": b"<run/>", "content_type": "text/xml"}, 415),
        ({"data": b"&".join([b"p=1"] * 5000), "content_type": "application/x-www-form-urlencoded"}, 413),
        ({"data": {f"p{number}": "1" for number in range(500)}, "content_type": "multipart/form-data"}, 413),
        ({"json": {f"p{number}": 1 for number in range(5000)}}, 422),
        ({"data": {"p" * 5000: "1"}}, 422),
        ({"json": {"p" * 5000: 1}}, 422),
        ({"query_string": {"wait": "soon"}}, 422),
        ({"headers": {"Idempotency-Key": "k" * 256}}, 400),
    ],
)
def test_bad_input_is_never_the_servers_fault(bench: Any, request_of: dict[str, Any], status: int) -> None:
    answer = bench.client.post("/run/double", **request_of)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["status"] == status


def test_an_unknown_experiment_is_told_with_the_known_ones(bench: Any) -> None:
    answer = bench.client.post("/run/duoble")
    assert answer.status_code == 404
    assert "double" in answer.get_json()["detail"]


def test_an_idempotency_key_makes_one_run_of_many_starts(bench: Any) -> None:
    key = {"Idempotency-Key": "abc"}
    first = bench.client.post("/run/double", data={"param": "1"}, headers=key).get_json()
    again = bench.client.post("/run/double", data={"param": "2"}, headers=key).get_json()
    other = bench.client.post("/run/double", data={"param": "2"}, headers={"Idempotency-Key": "abd"}).get_json()
    assert first["id"] == again["id"] != other["id"]


def test_a_waited_for_run_that_ended_is_answered_with_200(bench: Any) -> None:
    key = {"Idempotency-Key": "abc"}
    first = bench.client.post("/run/double", headers=key).get_json()
    bench.finish(bench.services.read.get(first["id"]), {"output": 42.0})
    answer = bench.client.post("/run/double?wait=1", headers=key)
    assert (answer.status_code, answer.get_json()["output"]) == (200, {"output": 42.0})


def test_waiting_ends_with_202_when_the_run_does_not(bench: Any) -> None:
    answer = bench.client.post("/run/double", headers={"Prefer": "wait=0"})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "wait=0")
    assert bench.client.post("/run/double?wait=0.01").status_code == 202


def test_a_full_queue_says_when_to_come_back(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(FLASKLAB_MAX_QUEUED=1)
    assert bench.client.post("/run/double").status_code == 202
    answer = bench.client.post("/run/double")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_a_full_queue_costs_nothing_that_was_typed(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(FLASKLAB_MAX_QUEUED=0)
    token = token_of(get_form(bench.browser, "/run/double"))
    answer = bench.browser.post("/run/double", data={"csrf_token": token, "param": "77"})
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    assert 'value="77"' in answer.text
    assert "FLASKLAB_MAX_QUEUED" in answer.text


def test_a_file_is_uploaded_and_stored_by_its_content(bench: Any) -> None:
    answer = bench.client.post("/run/train", data={"data": (io.BytesIO(CSV), "../../x/t.csv"), "epochs": "3"})
    assert answer.status_code == 202
    value = answer.get_json()["params"]["data"]
    assert (value["file"], value["size"]) == ("t.csv", len(CSV))
    assert bench.services.store.files.path(value["sha256"]).read_bytes() == CSV
    again = bench.client.post("/run/train", json={"data": value})
    assert again.status_code == 202


def test_a_file_that_the_lab_does_not_have_must_be_uploaded_again(bench: Any) -> None:
    answer = bench.client.post("/run/train", json={"data": {"file": "t.csv", "sha256": "0" * 64, "size": 3}})
    assert answer.status_code == 422
    assert [error["param"] for error in answer.get_json()["errors"]] == ["data"]


@pytest.mark.parametrize("field", ["data", "other"])
def test_an_upload_over_the_limit_is_413(make_bench: Callable[..., Any], field: str) -> None:
    bench = make_bench(FLASKLAB_MAX_UPLOAD=1000)
    answer = bench.client.post("/run/train", data={field: (io.BytesIO(b"x" * 2000), "t.csv")})
    assert answer.status_code == 413
    assert "FLASKLAB_MAX_UPLOAD" in answer.get_json()["detail"]


def test_a_large_text_is_no_large_upload(bench: Any) -> None:
    answer = bench.client.post("/run/train", data={"errors": "x" * 505_000}, content_type="multipart/form-data")
    assert [error["param"] for error in answer.get_json()["errors"]] == ["data"]


def test_the_form_shows_every_parameter_with_its_default(bench: Any) -> None:
    html = get_form(bench.browser)
    for name in ("data", "epochs", "shuffle", "metrics", "errors", "optimizer.name", "optimizer.lr"):
        assert f'name="{name}"' in html
    assert 'value="20"' in html
    assert "multipart/form-data" in html


def test_a_browser_is_led_to_its_run(bench: Any) -> None:
    html = get_form(bench.browser)
    answer = bench.browser.post(
        "/run/train",
        data={
            "csrf_token": token_of(html),
            "data": (io.BytesIO(CSV), "t.csv"),
            "epochs": "7",
            "errors": "",
            "optimizer.name": "sgd",
            "optimizer.lr": "1e-3",
        },
    )
    assert answer.status_code == 303
    run = bench.services.read.newest(100)[0]
    assert answer.headers["Location"] == f"/status/{run.id}"
    # Unchecked boxes are not sent by a browser, and mean "no".
    assert run.params | {"data": None} == {
        "data": None,
        "epochs": 7,
        "shuffle": False,
        "metrics": [],
        "errors": None,
        "optimizer": {"name": "sgd", "lr": 0.001},
    }


def test_errors_stand_beside_their_fields_and_what_was_typed_survives(bench: Any) -> None:
    token = token_of(get_form(bench.browser))
    sent = {"csrf_token": token, "epochs": "0", "optimizer.lr": "fast", "errors": "<b>mine</b>"}
    answer = bench.browser.post("/run/train", data={**sent, "data": (io.BytesIO(CSV), "t.csv")})
    assert answer.status_code == 422
    assert answer.mimetype == "text/html"
    html = answer.text
    assert 'value="0"' in html
    assert 'value="fast"' in html
    assert "&lt;b&gt;mine&lt;/b&gt;" in html
    assert 'id="param-epochs-error"' in html
    assert 'id="param-optimizer.lr-error"' in html
    assert 'id="param-data-error"' not in html
    kept = re.search(r'<input type="hidden" name="data" value="([^"]+)"', html)
    assert kept is not None
    mended = {**sent, "epochs": "5", "optimizer.lr": "0.5", "data": kept[1].replace("&#34;", '"')}
    assert bench.browser.post("/run/train", data=mended).status_code == 303
    assert bench.services.read.newest(100)[0].params["data"]["file"] == "t.csv"


def test_a_form_of_another_session_is_shown_again_with_what_was_typed(bench: Any) -> None:
    answer = bench.browser.post("/run/double", data={"csrf_token": "stolen", "param": "77"})
    assert answer.status_code == 400
    assert 'value="77"' in answer.text
    assert bench.services.read.newest(100) == ()


def test_an_address_prefills_the_form(bench: Any) -> None:
    assert 'value="0.5"' in get_form(bench.browser, "/run/double?param=0.5")
    assert "is no parameter" in get_form(bench.browser, "/run/double?parm=0.5")


def test_the_form_opens_with_what_this_browser_started_last(bench: Any) -> None:
    token = token_of(get_form(bench.browser, "/run/double"))
    bench.browser.post("/run/double", data={"csrf_token": token, "param": "33"})
    assert 'value="33.0"' in get_form(bench.browser, "/run/double")
    assert 'value="21.0"' in get_form(bench.browser, "/run/double?from=")
    fresh = bench.app.test_client().get("/run/double", headers={"Accept": "text/html"}).text
    assert 'value="33.0"' not in fresh


def test_a_run_fills_the_form_and_is_named_as_the_source(bench: Any) -> None:
    source = bench.queue(param=5.5)
    assert 'value="5.5"' in get_form(bench.browser, f"/run/double?from={source.id}")
    run = bench.client.post(f"/run/double?from={source.id}", json={}).get_json()
    assert run["params"] == {"param": 5.5}
    assert bench.services.read.get(run["id"]).rerun_of == source.id
    assert bench.client.post("/run/double?from=nothing").status_code == 404


def test_a_run_is_run_again_with_one_parameter_changed(bench: Any) -> None:
    source = bench.queue(param=5.5)
    same = bench.client.post(f"/rerun/{source.id}")
    assert (same.status_code, same.get_json()["params"]) == (202, {"param": 5.5})
    assert bench.client.post(f"/rerun/{source.id}", data={"param": "6"}).get_json()["params"] == {"param": 6.0}
    assert bench.client.post(f"/rerun/{source.id}", data={"param": "x"}).status_code == 422
    token = token_of(get_form(bench.browser, "/run/double"))
    assert bench.browser.post(f"/rerun/{source.id}", data={"csrf_token": token}).status_code == 303
    assert bench.browser.post(f"/rerun/{source.id}").status_code == 400


def test_the_form_as_json_is_the_experiments_schema(bench: Any) -> None:
    found = bench.client.get("/run/double").get_json()
    assert found["parameters"]["properties"]["param"]["default"] == 21.0
    assert found["links"]["form"] == "/run/double"


def test_a_broken_experiment_leads_to_its_traceback(bench: Any) -> None:
    assert bench.browser.get("/run/torn").headers["Location"] == "/broken/experiments.torn"
    assert bench.client.post("/run/torn").status_code == 409
    assert "pip install scikit-learn" in bench.browser.get("/broken/experiments.torn").text
    assert bench.client.get("/broken/experiments.torn").get_json()["needs"] == "scikit-learn"
    assert bench.client.get("/broken/experiments.double").status_code == 404


def test_each_function_that_cannot_be_used_has_its_own_page(bench: Any) -> None:
    services = bench.services
    bad = [
        BrokenModule(module="m", file="/m.py", line=line, error=f"{name} has no type", traceback="", experiment=name)
        for line, name in enumerate(("first", "second"), start=1)
    ]
    catalog = replace(services.experiments.catalog(), broken=tuple(bad))
    with services.store.write() as unit:
        unit.catalog.save(catalog)
    services.experiments._look_at = 0.0  # the sources are as they were, which is believed for a moment
    address = bench.browser.get("/run/second").headers["Location"]
    assert address == "/broken/m?experiment=second"
    assert "second has no type" in bench.browser.get(address).text
    assert "first has no type" in bench.browser.get("/broken/m").text
    assert bench.client.post("/run/second").get_json()["detail"].endswith("second has no type.")
