"""Runs in groups: what is equal, which is best, and how sure that is."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from flasklab.runs.state import RunState
from flasklab.search.expressions import Comparison, Source
from flasklab.search.parsing import parse
from flasklab.search.writing import equal_to


@pytest.fixture
def seeded(bench: Any) -> Any:
    """Two groups of six runs of double, one of them clearly better, and a failed run."""
    for seed in range(6):
        for param, value in ((1.0, 0.5 + seed / 100), (2.0, 0.9 + seed / 100)):
            run = bench.queue("double", param=param)
            bench.finish(run, output={"score": value, "loss": 1 - value}, points={"val": [value]})
    bench.finish(bench.queue("double", param=2.0), state=RunState.FAILED)
    return bench


def test_groups_are_told_with_their_spread_the_best_first(seeded: Any) -> None:
    found = seeded.client.get("/groups?ignore=nothing&by=output.score").json
    assert [(one["name"], one["succeeded"], len(one["runs"])) for one in found["groups"]] == [
        ("param=2.0", 6, 7),
        ("param=1.0", 6, 6),
    ]
    assert (found["by"], found["better"]) == ("output.score", "higher")
    assert found["groups"][0]["output"]["score"]["mean"] == pytest.approx(0.925)
    assert "param=2.0 is better than param=1.0" in found["comparisons"][0]["sentence"]
    assert found["comparisons"][0]["interval"]["low"] < found["comparisons"][0]["interval"]["high"]


def test_the_measure_and_its_direction_are_chosen(seeded: Any) -> None:
    by_loss = seeded.client.get("/groups").json
    assert by_loss["by"] == "output.loss"
    assert (by_loss["better"], by_loss["groups"][0]["name"]) == ("lower", "param=2.0")
    turned = seeded.client.get("/groups?by=metrics.val&better=lower").json
    assert turned["groups"][0]["name"] == "param=1.0"


def test_groups_with_few_runs_are_not_judged(seeded: Any) -> None:
    for _ in range(2):
        seeded.finish(seeded.queue("double", param=3.0), output={"score": 2.0, "loss": 0.0})
    page = seeded.browser.get("/groups?by=output.score").text
    assert page.index("param=3.0") < page.index("param=2.0</a>")
    assert "param=2.0 is better than param=1.0" in page
    assert "1 group has fewer runs: comparing them takes at least 5 runs of each that gave score." in page
    alone = seeded.browser.get("/groups?by=output.score&q=param+%3E+1").text
    assert "can be said from at least 5 runs of each that gave score." in alone


def test_what_is_left_out_makes_one_group(seeded: Any) -> None:
    found = seeded.client.get("/groups?ignore=param").json
    assert [len(one["runs"]) for one in found["groups"]] == [13]
    assert found["comparisons"] == []


def test_the_page_leads_to_the_runs_of_a_group(seeded: Any) -> None:
    page = seeded.browser.get("/groups?q=param+%3E+0").text
    assert "param=2.0 is better than param=1.0" in page
    assert "6 of 7" in page
    query = 'run.experiment == "double" and params.param == 2.0'
    assert quote(query).replace("%20", "+") in page.replace("%2B", "+").replace("%20", "+")
    assert len(seeded.client.get(f"/runs?q={quote(query)}").json["runs"]) == 7
    assert "Group by all but the seed" in seeded.browser.get("/runs").text


def test_a_search_that_is_none_is_told(seeded: Any) -> None:
    assert "This search cannot be understood." in seeded.browser.get("/groups?q=param+%3E").text
    assert seeded.client.get("/groups?q=param+%3E").status_code == 422
    assert "No run matches." in seeded.browser.get("/groups?q=param+%3E+99").text


@pytest.mark.parametrize("value", [None, True, 3, -2.5, 1e-300, "svm", 'a "b" \\ c', "line\nline\ttab", ""])
@pytest.mark.parametrize("path", [("lr",), ("opt", "learning rate"), ("a-b/c",), ("1x", "not")])
def test_what_is_written_is_read_again(path: tuple[str, ...], value: Any) -> None:
    written = equal_to(Source.PARAMS, path, value)
    assert written is not None
    found = parse(written)
    assert isinstance(found, Comparison)
    assert (found.name.source, found.name.path, found.value) == (Source.PARAMS, path, value)
    assert equal_to(Source.PARAMS, path, [value]) is None
