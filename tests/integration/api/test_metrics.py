"""A run's metrics over REST: windows, bytes for charts, CSV, and only what is new."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np
import pytest

API = "/api/v1"
BINARY = {"Accept": "application/vnd.flasklab.series"}


def decoded(data: bytes) -> dict[str, dict[str, Any]]:
    """Header fields and columns by metric, read as docs/http.md says."""
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    position = 4 + length
    assert position % 8 == 0
    found = {}
    for series in header["series"]:
        columns = {}
        for name in ("steps", "times", "values", *(() if series["whole"] else ("low", "high"))):
            columns[name] = np.frombuffer(data, "<f8", series["n"], position)
            position += 8 * series["n"]
        found[series["key"]] = {**series, **columns, "cursor": header["cursor"]}
    assert position == len(data)
    return found


@pytest.fixture
def run(bench: Any) -> Any:
    values = [math.sin(step / 500) for step in range(150_000)]
    values[77_777] = 9.0
    values[88_888] = math.nan
    return bench.finish(bench.queue(), points={"loss": values, "few": [3.0, math.inf, math.nan, 1.0]})


def test_a_long_curve_comes_in_buckets_that_hide_no_peak(bench: Any, run: Any) -> None:
    answer = bench.client.get(f"{API}/runs/{run.id}/metrics?key=loss&points=500", headers=BINARY)
    assert answer.mimetype == BINARY["Accept"]
    loss = decoded(answer.data)["loss"]
    assert (loss["count"], loss["whole"], loss["first"], loss["last"]) == (150_000, False, 0.0, 149_999.0)
    assert 400 < loss["n"] <= 500
    assert loss["high"].max() == 9.0
    assert loss["low"].min() == pytest.approx(-1.0, abs=1e-6)
    assert np.all((loss["low"] <= loss["values"]) & (loss["values"] <= loss["high"]))
    assert np.all(np.diff(loss["steps"]) > 0)
    assert loss["times"][0] == 1000.0


def test_a_short_curve_comes_as_its_points(bench: Any, run: Any) -> None:
    few = decoded(bench.client.get(f"{API}/runs/{run.id}/metrics?key=few&format=binary").data)["few"]
    assert few["whole"]
    assert few["steps"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert few["values"][:2].tolist() == [3.0, math.inf]
    assert math.isnan(few["values"][2])


def test_zooming_in_shows_the_points_themselves_with_one_beyond_each_edge(bench: Any, run: Any) -> None:
    address = f"{API}/runs/{run.id}/metrics?key=loss&points=500&from=77700&to=77799.5"
    loss = decoded(bench.client.get(address, headers=BINARY).data)["loss"]
    assert loss["whole"]
    assert loss["steps"].tolist() == [float(step) for step in range(77_699, 77_801)]
    assert (loss["first"], loss["last"]) == (0.0, 149_999.0)
    assert loss["values"].max() == 9.0
    in_time = f"{API}/runs/{run.id}/metrics?key=loss&points=500&from=2000&to=2010&over=times"
    loss = decoded(bench.client.get(in_time, headers=BINARY).data)["loss"]
    assert loss["times"].tolist() == [float(second) for second in range(1999, 2012)]


def test_a_wide_window_of_a_long_curve_is_in_buckets_too(bench: Any, run: Any) -> None:
    address = f"{API}/runs/{run.id}/metrics?key=loss&points=100&from=50000&to=100000"
    loss = decoded(bench.client.get(address, headers=BINARY).data)["loss"]
    assert not loss["whole"]
    assert loss["n"] <= 102
    assert loss["steps"][1] >= 50_000 - 64
    assert loss["high"].max() == 9.0


def test_json_takes_the_same_window_exactly(bench: Any, run: Any) -> None:
    found = bench.client.get(f"{API}/runs/{run.id}/metrics?key=loss&from=5&to=8").get_json()["metrics"]["loss"]
    assert (found["steps"], found["count"]) == ([5, 6, 7, 8], 150_000)
    reduced = bench.client.get(f"{API}/runs/{run.id}/metrics?key=loss&points=200").get_json()["metrics"]["loss"]
    assert (reduced["steps"][0], reduced["steps"][-1]) == (0, 149_999)
    assert max(value for value in reduced["values"] if value != "NaN") == 9.0
    assert len(reduced["steps"]) <= 200


def test_only_what_came_after_a_cursor_is_told(bench: Any, run: Any) -> None:
    address = f"{API}/runs/{run.id}/metrics?key=few"
    cursor = int(bench.client.get(address).get_json()["cursor"])
    assert bench.client.get(f"{address}&after={cursor}").get_json()["metrics"] == {}
    everything = bench.client.get(f"{address}&after=0").get_json()["metrics"]["few"]
    assert everything["values"] == [3.0, "Infinity", "NaN", 1.0]


def test_all_points_come_as_csv(bench: Any, run: Any) -> None:
    answer = bench.client.get(f"{API}/runs/{run.id}/metrics?key=few&format=csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.text.splitlines()[:3] == ["metric,step,value,time", "few,0,3.0,1000.0", "few,1,inf,1001.0"]
    assert bench.client.get(f"{API}/runs/{run.id}/metrics?format=csv").text.count("\r\n") == 150_005


@pytest.mark.parametrize(
    "query", ["from=x", "to=nan", "over=days", "format=xml", "after=-1", "after=1&from=2", "points=0", "from=9&to=3"]
)
def test_what_cannot_be_used_is_named(bench: Any, run: Any, query: str) -> None:
    answer = bench.client.get(f"{API}/runs/{run.id}/metrics?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["param"] in query


def test_a_live_answer_brings_the_points_of_the_metrics_in_view_only(bench: Any, run: Any) -> None:
    news = bench.client.get(f"{API}/runs/{run.id}/live?key=few").get_json()
    assert list(news["points"]) == ["few"]
    assert news["keys"] == ["few", "loss"]
    assert set(news["metrics"]) == {"few", "loss"}
    none = bench.client.get(f"{API}/runs/{run.id}/live?key=").get_json()
    assert none["points"] == {}
    assert "artifacts" not in none["run"]
