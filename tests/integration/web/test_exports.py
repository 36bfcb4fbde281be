"""Runs as files, from the table's address and the API's."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest


@pytest.mark.parametrize("address", ["/runs", "/api/v1/runs"])
def test_all_runs_that_match_are_a_file(bench: Any, address: str) -> None:
    run = bench.finish(bench.queue(param=4.0), output={"output": 8.0}, points={"loss": [2.0, 1.0]})
    bench.queue(param=5.0)

    lines = bench.client.get(f"{address}?format=jsonl&state=succeeded&metrics=1")
    table = bench.client.get(f"{address}?format=csv&columns=id,output.output")
    parquet = bench.browser.get(f"{address}?format=parquet")

    assert lines.headers["Content-Disposition"] == 'attachment; filename="runs.jsonl"'
    assert lines.mimetype == "application/jsonl"
    found = json.loads(lines.text)
    assert found["series"]["loss"]["values"] == [2.0, 1.0]
    del found["series"]
    assert found == bench.client.get(f"/api/v1/runs/{run.id}").json
    assert list(csv.reader(io.StringIO(table.text)))[2] == [run.id, "8.0"]
    assert parquet.data[:4] == parquet.data[-4:] == b"PAR1"
    assert "sandbox" in parquet.headers["Content-Security-Policy"]


def test_a_file_has_more_runs_than_a_page_unless_a_limit_is_given(bench: Any) -> None:
    for _ in range(3):
        bench.finish(bench.queue())

    assert len(bench.client.get("/runs?format=jsonl").data.splitlines()) == 3
    assert len(bench.client.get("/runs?format=jsonl&limit=2").data.splitlines()) == 2


@pytest.mark.parametrize("asked", ["format=xlsx", "format=csv&metrics=2", "format=csv&state=mad", "format=csv&limit=0"])
def test_what_cannot_be_exported_is_refused(bench: Any, asked: str) -> None:
    assert bench.client.get(f"/runs?{asked}").status_code == 422
    assert bench.client.get(f"/api/v1/runs?{asked}").mimetype == "application/problem+json"


def test_only_the_head_costs_nothing(bench: Any) -> None:
    answer = bench.client.head("/runs?format=csv")

    assert (answer.status_code, answer.data) == (200, b"")


def test_the_table_of_runs_offers_the_files_of_what_it_shows(bench: Any) -> None:
    bench.finish(bench.queue())

    page = bench.browser.get("/runs?state=succeeded&experiment=double").text

    assert 'href="/runs?state=succeeded&amp;experiment=double&amp;format=csv"' in page
    assert 'href="/runs?format=parquet"' in bench.browser.get("/runs").text
