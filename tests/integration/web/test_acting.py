"""One thing done to many runs, over pages and API: each is told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flasklab.errors import StoreError
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def token(page: str) -> str:
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def act(bench: Any, action: str, *run_ids: str, tags: str = "") -> Any:
    return bench.client.post("/runs/act", data={"action": action, "run": list(run_ids), "tags": tags})


def test_what_could_not_be_done_is_told_beside_what_could(bench: Any) -> None:
    ended, queued = bench.finish(bench.queue()), bench.queue()

    answer = act(bench, "delete", ended.id, queued.id, "nothere")

    assert answer.status_code == 207
    assert (answer.json["action"], answer.json["done"], answer.json["failed"]) == ("delete", 1, 2)
    first, second, third = answer.json["results"]
    assert first == {
        "id": ended.id,
        "number": ended.number,
        "experiment": "double",
        "state": "succeeded",
        "error": None,
        "started": None,
    }
    assert (second["number"], second["error"]["status"]) == (queued.number, 409)
    assert "cancel it first" in second["error"]["detail"]
    assert (third["number"], third["error"]["status"]) == (None, 404)
    assert bench.services.read.get(ended.id).deleted_at is not None


def test_each_action_does_what_its_own_address_does(bench: Any) -> None:
    first, second = bench.finish(bench.queue()), bench.finish(bench.queue(param=3.0))
    ids = (first.id, second.id)
    read = bench.services.read.get

    assert act(bench, "pin", *ids).status_code == 200
    assert [read(one).pinned for one in ids] == [True, True]
    assert act(bench, "unpin", *ids, first.id).json["done"] == 2  # named twice, done once
    assert [read(one).pinned for one in ids] == [False, False]
    assert act(bench, "tag", *ids, tags="good, for the paper").json["done"] == 2
    assert act(bench, "untag", first.id, tags="good").json["done"] == 1
    assert [read(one).tags for one in ids] == [("for the paper",), ("good", "for the paper")]
    assert act(bench, "delete", *ids).json["done"] == 2
    assert act(bench, "restore", *ids).json["done"] == 2
    assert [read(one).deleted_at for one in ids] == [None, None]


def test_many_are_started_again_and_canceled(bench: Any) -> None:
    first, second = bench.finish(bench.queue(param=2.0)), bench.finish(bench.queue(param=3.0))

    again = act(bench, "rerun", first.id, "nothere", second.id)

    assert [one["error"] and one["error"]["status"] for one in again.json["results"]] == [None, 404, None]
    started = [bench.services.read.get(one["started"]["id"]) for one in again.json["results"] if one["started"]]
    assert [(run.params, run.rerun_of) for run in started] == [({"param": 2.0}, first.id), ({"param": 3.0}, second.id)]
    assert again.json["results"][0]["started"]["links"]["status"] == f"/status/{started[0].id}"
    canceled = act(bench, "cancel", first.id, *(run.id for run in started))
    assert [one["state"] for one in canceled.json["results"]] == ["succeeded", "canceled", "canceled"]
    assert "ended already" in canceled.json["results"][0]["error"]["detail"]


def test_a_run_that_the_queue_has_no_place_for_is_told(make_bench: Callable[..., Any]) -> None:
    bench = make_bench(FLASKLAB_MAX_QUEUED=2)
    ended = bench.finish(bench.queue())
    bench.queue()
    told = act(bench, "rerun", ended.id).json["results"][0]["error"]
    assert told is None
    told = act(bench, "rerun", ended.id).json["results"][0]["error"]
    assert told["status"] == 429


def test_the_page_links_each_run_and_takes_it_back(bench: Any) -> None:
    pinned, other, queued = bench.finish(bench.queue()), bench.finish(bench.queue()), bench.queue()
    bench.client.post(f"/pin/{pinned.id}")
    sent = {"csrf_token": token(bench.browser.get(f"/results/{other.id}").text)}

    page = bench.browser.post("/runs/act", data={**sent, "action": "pin", "run": [pinned.id, other.id]})
    assert page.status_code == 200
    assert "<h1>2 runs were pinned</h1>" in page.text
    assert f'<a href="/results/{other.id}">#{other.number} double</a>' in page.text
    assert 'name="action" value="unpin"' in page.text
    assert re.findall(r'name="run" value="([^"]+)"', page.text) == [other.id]  # the first was pinned before

    page = bench.browser.post("/runs/act", data={**sent, "action": "delete", "run": [other.id, queued.id, "<b>"]})
    assert page.status_code == 207
    assert "<h1>1 of 3 runs was put into the bin</h1>" in page.text
    assert "cancel it first" in page.text
    assert "<code>&lt;b&gt;</code>" in page.text
    page = bench.browser.post("/runs/act", data={**sent, "action": "rerun", "run": other.id})
    assert re.search(r'is now <a href="/status/\w+">#4</a>', page.text)
    assert "Undo" not in page.text


def test_what_cannot_be_asked_is_refused_before_anything_is_done(bench: Any) -> None:
    run = bench.finish(bench.queue())
    at = "/api/v1/runs/act"

    def wrong(**sent: Any) -> set[str]:
        answer = bench.client.post(at, json=sent)
        assert answer.status_code == 422, answer.json
        return {one["param"] for one in answer.json["errors"]}

    assert wrong(action="burn", runs=[]) == {"action", "runs"}
    assert wrong(action="tag", runs=[run.id]) == {"tags"}
    assert wrong(action="tag", runs=[run.id], tags=["t" * 101]) == {"tags"}
    assert wrong(action="pin", runs=[1], tags="x", more=True) == {"runs", "tags", "more"}
    assert wrong(action="pin", runs=["x"] * 1001) == {"runs"}
    assert bench.client.post(at, data="[]", content_type="application/json").status_code == 400
    assert bench.browser.post("/runs/act", data={"action": "pin", "run": run.id}).status_code == 400
    sent = {"csrf_token": token(bench.browser.get(f"/results/{run.id}").text), "action": "pin"}
    assert "choose some in the table" in bench.browser.post("/runs/act", data=sent).text
    assert bench.services.read.get(run.id).pinned is False


def test_the_api_does_the_same(bench: Any) -> None:
    run = bench.finish(bench.queue())
    found = bench.client.post("/api/v1/runs/act", json={"action": "tag", "runs": [run.id], "tags": ["a, b"]})
    assert (found.status_code, found.json["done"]) == (200, 1)
    assert bench.services.read.get(run.id).tags == ("a, b",)


def test_a_part_that_the_database_does_not_take_is_told_and_the_others_are_done(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [bench.queue() for _ in range(3)]
    monkeypatch.setattr("flasklab.services.run_act._TOGETHER", 2)
    write, calls = bench.services.store.write, iter([True, False])

    def failing(**options: Any) -> Any:
        if next(calls):
            raise StoreError("The database is away.")
        return write(**options)

    monkeypatch.setattr(bench.services.store, "write", failing)
    told = act(bench, "pin", *(run.id for run in runs)).json["results"]
    assert [one["error"] and one["error"]["status"] for one in told] == [503, 503, None]
    assert [bench.services.read.get(run.id).pinned for run in runs] == [False, False, True]
    assert bench.services.read.get(runs[2].id).state is RunState.QUEUED
