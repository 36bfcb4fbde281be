from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

API = "/api/v1"


def test_experiments_come_with_their_schema_and_the_broken_ones_with_their_mend(bench: Any) -> None:
    found = bench.client.get(f"{API}/experiments").get_json()
    assert [one["name"] for one in found["experiments"]] == ["double", "train"]
    assert found["next"] is None
    assert found["broken"][0]["needs"] == "scikit-learn"
    one = bench.client.get(f"{API}/experiments/train").get_json()
    assert one == found["experiments"][1]
    assert one["timeout_seconds"] == 60.0
    assert one["links"]["runs"] == f"{API}/experiments/train/runs"


def test_a_run_is_started_read_canceled_and_run_again(bench: Any) -> None:
    started = bench.client.post(f"{API}/experiments/double/runs", json={"param": 2})
    assert started.status_code == 202
    run = started.get_json()
    assert bench.client.get(f"{API}/runs/{run['id']}").get_json() == run
    canceled = bench.client.post(f"{API}/runs/{run['id']}/cancel")
    assert (canceled.status_code, canceled.get_json()["state"]) == (200, "canceled")
    assert bench.client.post(f"{API}/runs/{run['id']}/cancel").status_code == 409
    again = bench.client.post(f"{API}/runs/{run['id']}/rerun", json={"param": 4})
    assert (again.status_code, again.get_json()["params"]) == (202, {"param": 4.0})


def test_runs_are_listed_page_by_page(bench: Any) -> None:
    ids = [bench.queue(param=float(number)).id for number in range(5)]
    first = bench.client.get(f"{API}/runs?limit=2&experiment=double")
    assert [one["id"] for one in first.get_json()["runs"]] == ids[:2:-1]
    assert first.headers["Link"].endswith('; rel="next"')
    address = first.headers["Link"].partition(">")[0].lstrip("<")
    assert "experiment=double" in address
    second = bench.client.get(address).get_json()
    third = bench.client.get(f"{API}/runs?limit=2&after={second['next']}").get_json()
    assert [one["id"] for page in (second, third) for one in page["runs"]] == ids[2::-1]
    assert third["next"] is None


def test_a_search_for_a_state_finds_the_runs_in_it(bench: Any) -> None:
    queued, done = bench.queue(), bench.finish(bench.queue())

    def found(query: str) -> list[str]:
        return [run["id"] for run in bench.client.get(f"{API}/runs?q={query}").get_json()["runs"]]

    assert found("queued") == found("double+queued") == [queued.id]
    assert found("succeeded") == [done.id]
    assert found("nothing+queued") == []


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "limit=1001", "after=x", "after=-1", "state=asleep", f"after={'9' * 500}", "q=failed+lost"],
)
def test_a_filter_that_cannot_be_used_is_named(bench: Any, query: str) -> None:
    answer = bench.client.get(f"{API}/runs?{query}")
    assert answer.status_code == 422
    assert [error["param"] for error in answer.get_json()["errors"]] == [query.partition("=")[0]]


def test_metrics_are_read_whole_by_key_or_reduced(bench: Any) -> None:
    values = [float(number % 7) for number in range(3000)]
    values[1234] = 99.0
    run = bench.finish(bench.queue(), points={"loss": values, "accuracy": [float("nan"), 0.5]})
    whole = bench.client.get(f"{API}/runs/{run.id}/metrics").get_json()["metrics"]
    assert whole["loss"]["values"] == values
    assert whole["loss"]["steps"] == list(range(3000))
    assert whole["accuracy"] == {"steps": [0, 1], "values": ["NaN", 0.5], "times": [1000.0, 1001.0], "count": 2}
    reduced = bench.client.get(f"{API}/runs/{run.id}/metrics?key=loss&points=100").get_json()["metrics"]
    assert list(reduced) == ["loss"]
    assert reduced["loss"]["count"] == 3000
    assert len(reduced["loss"]["values"]) <= 110
    assert max(reduced["loss"]["values"]) == 99.0
    assert bench.client.get(f"{API}/runs/{run.id}/metrics?points=many").status_code == 422
    assert bench.client.get(f"{API}/runs/{run.id}/metrics?key=none").get_json()["metrics"] == {}


def test_the_log_is_json_by_range_and_text_as_a_whole(bench: Any) -> None:
    run = bench.finish(bench.queue(), log="one\nzwei ö\n")
    found = bench.client.get(f"{API}/runs/{run.id}/logs").get_json()
    assert "".join(piece["text"] for piece in found["pieces"]) == "one\nzwei ö\n"
    assert found["pieces"][0]["stream"] == "out"
    assert (found["start"], found["end"], found["size"]) == (0, 12, 12)
    rest = bench.client.get(f"{API}/runs/{run.id}/logs?start=4").get_json()
    assert "".join(piece["text"] for piece in rest["pieces"]) == "zwei ö\n"
    for request_of in ({"headers": {"Accept": "text/plain"}}, {"query_string": {"format": "text"}}):
        text = bench.client.get(f"{API}/runs/{run.id}/logs", **request_of)
        assert (text.mimetype, text.text) == ("text/plain", "one\nzwei ö\n")
    silent = bench.queue()
    assert bench.client.get(f"{API}/runs/{silent.id}/logs?format=text").text == ""


def test_artifacts_and_events_are_listed(bench: Any) -> None:
    run = bench.finish(bench.queue(), files={"a.csv": ("text/csv", b"a\n1\n")})
    files = bench.client.get(f"{API}/runs/{run.id}/artifacts").get_json()
    assert files["artifacts"][0]["name"] == "a.csv"
    assert bench.client.get(files["artifacts"][0]["url"]).data == b"a\n1\n"
    events = bench.client.get(f"{API}/runs/{run.id}/events").get_json()["events"]
    assert events[0]["kind"] == "queued"
    assert events[0]["at"].endswith("Z")


def until_news(bench: Any, address: str, known: str) -> dict[str, Any]:
    """The first answer that is not 304; a look at a run serves everyone who asks for a moment."""
    for _ in range(100):
        answer = bench.client.get(address, headers={"If-None-Match": known})
        if answer.status_code != 304:
            return dict(answer.get_json())
        time.sleep(0.01)
    raise AssertionError("nothing new within a second")


def test_a_live_page_asks_only_for_what_is_new(bench: Any) -> None:
    run = bench.queue()
    first = bench.client.get(f"{API}/runs/{run.id}/live")
    news = first.get_json()
    assert first.headers["ETag"] == f'"{news["cursor"]}"'
    assert news["run"]["state"] == "queued"
    address = f"{API}/runs/{run.id}/live?cursor={news['cursor']}"
    same = bench.client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    bench.finish(run, {"output": 1}, points={"loss": [1.0, 2.0]}, log="hello\n")
    later = until_news(bench, address, first.headers["ETag"])
    assert later["points"]["loss"]["values"] == [1.0, 2.0]
    assert later["log"]["pieces"][0]["text"] == "hello\n"
    assert later["run"]["state"] == "succeeded"
    assert bench.client.get(f"{API}/runs/{run.id}/live?cursor=%00nonsense").status_code == 200


def test_health_says_whether_anybody_works(bench: Any) -> None:
    bench.queue()
    found = bench.client.get(f"{API}/health").get_json()
    assert (found["status"], found["supervised"], found["queued"], found["running"]) == ("ok", False, 1, 0)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/nothing/at/all", 404),
        ("GET", "", 404),
        ("GET", "/", 404),
        ("GET", "/runs/none", 404),
        ("GET", "/runs/none/live", 404),
        ("GET", "/runs/none/metrics", 404),
        ("GET", "/runs/none/logs", 404),
        ("GET", "/runs/none/artifacts", 404),
        ("GET", "/runs/none/events", 404),
        ("POST", "/runs/none/cancel", 404),
        ("POST", "/runs/none/rerun", 404),
        ("GET", "/experiments/none", 404),
        ("POST", "/experiments/none/runs", 404),
        ("DELETE", "/runs", 405),
        ("POST", "/health", 405),
        ("GET", "/experiments/double/runs", 405),
        ("PUT", "/runs/none/cancel", 405),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_every_error_is_a_problem_in_json(bench: Any, method: str, path: str, status: int, accept: str) -> None:
    answer = bench.client.open(f"{API}{path}", method=method, headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    problem = answer.get_json()
    assert problem["status"] == status
    assert problem["detail"]
    assert ("Allow" in answer.headers) == (status == 405)


def test_what_the_lab_did_not_foresee_is_a_500_without_its_inside(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*_: object) -> None:
        raise ZeroDivisionError("the inside")

    monkeypatch.setattr(type(bench.services.status), "__call__", burst)
    for address in (f"{API}/health", "/"):
        for headers in ({}, {"Accept": "text/html"}):
            answer = bench.client.get(address, headers=headers)
            if address == "/" and not headers:
                continue  # its JSON asks nothing of the status
            assert answer.status_code == 500
            assert "the inside" not in answer.text


def test_other_front_ends_may_ask_only_when_configured(make_bench: Callable[..., Any]) -> None:
    front = "https://front.example"
    ask = {"Origin": front, "Sec-Fetch-Site": "cross-site"}
    closed = make_bench()
    assert "Access-Control-Allow-Origin" not in closed.client.get(f"{API}/runs", headers=ask).headers
    assert closed.client.post("/run/double", headers=ask).status_code == 403
    shared = make_bench(FLASKLAB_CORS_ORIGINS=front)
    for method, address in (("GET", f"{API}/runs"), ("GET", "/runs"), ("POST", "/run/double"), ("GET", f"{API}/no")):
        answer = shared.client.open(address, method=method, headers=ask)
        assert answer.headers["Access-Control-Allow-Origin"] == front
        assert answer.status_code in (200, 202, 404)
    other = shared.client.get(f"{API}/runs", headers={"Origin": "https://front.example.evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    before = shared.client.options("/run/double", headers={**ask, "Access-Control-Request-Method": "POST"})
    assert before.headers["Access-Control-Allow-Origin"] == front
    assert "Access-Control-Allow-Credentials" not in before.headers
