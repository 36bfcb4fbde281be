"""Presets over the form, and over the API."""

from __future__ import annotations

import re
from typing import Any


def token(page: str) -> str:
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_the_forms_values_are_saved_and_chosen(bench: Any) -> None:
    sent = {"csrf_token": token(bench.browser.get("/run/double").text), "param": "4.5", ":preset": "half way\r\n"}

    answer = bench.browser.post("/presets/double", data=sent)
    page = bench.browser.get(answer.location).text

    assert answer.status_code == 303
    assert re.search(r'<a href="/run/double\?preset=\w+"[^>]* aria-current="true">half way</a>', page)
    assert 'name="param" value="4.5"' in re.sub(r"\s+", " ", page).replace('placeholder="21.0" ', "")
    assert bench.client.get("/runs").json["runs"] == []
    assert bench.client.post("/run/double?preset=half+way").json["params"] == {"param": 4.5}
    assert bench.client.post("/run/double?preset=half+way", data={"param": "5"}).json["params"] == {"param": 5.0}
    assert bench.browser.get("/run/double?preset=nothere").status_code == 404


def test_a_name_that_is_taken_keeps_what_was_typed_and_offers_to_replace(bench: Any) -> None:
    sent = {"csrf_token": token(bench.browser.get("/run/double").text), ":preset": "quick"}
    bench.browser.post("/presets/double", data={**sent, "param": "1"})

    refused = bench.browser.post("/presets/double", data={**sent, "param": "2.5"})

    assert refused.status_code == 409
    assert "already. Choose another name" in refused.text
    assert ">quick</textarea>" in refused.text
    assert 'value="2.5"' in refused.text
    assert 'name=":replace"' in refused.text
    assert bench.browser.post("/presets/double", data={**sent, "param": "2.5", ":replace": "1"}).status_code == 303
    [kept] = bench.client.get("/api/v1/experiments/double/presets").json["presets"]
    assert (kept["name"], kept["params"], kept["saved_by"]) == ("quick", {"param": 2.5}, "127.0.0.1")


def test_values_that_no_run_could_have_are_not_saved(bench: Any) -> None:
    sent = {"csrf_token": token(bench.browser.get("/run/double").text)}
    wrong = bench.browser.post("/presets/double", data={**sent, "param": "x", ":preset": "quick"})
    nameless = bench.browser.post("/presets/double", data={**sent, "param": "1", ":preset": " "})
    assert (wrong.status_code, nameless.status_code) == (422, 422)
    assert "is not a number" in wrong.text
    assert "must be given" in nameless.text
    assert bench.browser.post("/presets/double", data={"param": "1", ":preset": "q"}).status_code == 400
    assert bench.client.get("/api/v1/experiments/double/presets").json["presets"] == []


def test_presets_are_renamed_and_removed_from_the_form(bench: Any) -> None:
    kept = bench.client.post("/api/v1/experiments/double/presets", json={"name": "a", "params": {"param": 1}})
    at = f"/presets/double/{kept.json['id']}"
    sent = {"csrf_token": token(bench.browser.get("/run/double").text)}

    assert bench.browser.post(at, data={**sent, "action": "rename", "name": "b"}).status_code == 303
    assert ">b</a>" in bench.browser.get("/run/double").text
    assert bench.client.post(at, data={"action": "burn"}).status_code == 422
    assert bench.browser.post(at, data={"action": "delete"}).status_code == 400
    assert bench.browser.post(at, data={**sent, "action": "delete"}).location == "/run/double"
    assert bench.client.post(at, data={"action": "delete"}).status_code == 404


def test_the_api_keeps_presets(bench: Any) -> None:
    at = "/api/v1/experiments/double/presets"

    kept = bench.client.post(at, json={"name": "a", "params": {"param": 1}})
    assert (kept.status_code, kept.json["params"]) == (201, {"param": 1.0})
    assert kept.json["links"] == {"form": f"/run/double?preset={kept.json['id']}"}
    assert bench.client.post(at, json={"name": "a"}).status_code == 409
    assert bench.client.post(at, json={"name": "a", "replace": True}).json["params"] == {"param": 21.0}
    assert bench.client.patch(f"{at}/{kept.json['id']}", json={"name": "b"}).json["name"] == "b"
    refused = bench.client.post(at, json={"name": 1, "params": [], "more": 1})
    assert {one["param"] for one in refused.json["errors"]} == {"name", "params", "more"}
    assert bench.client.post(at, json={"name": "c", "params": {"other": 1}}).status_code == 422
    assert bench.client.post(at, data="[]", content_type="application/json").status_code == 400
    assert bench.client.delete(f"{at}/{kept.json['id']}").json["name"] == "b"
    assert bench.client.delete(f"{at}/{kept.json['id']}").status_code == 404
    assert bench.client.get("/api/v1/experiments/nothere/presets").status_code == 404
