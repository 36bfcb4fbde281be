"""Runs of a real store, written out and read again by what people read such files with."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from flasklab.errors import ExportError
from flasklab.runs.metrics import Points
from flasklab.runs.run import NewRun, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services import run_export, run_parquet
from flasklab.services.run_export import RunExport, Wanted
from flasklab.services.run_search import read_query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.store.store import Store


def ended(store: Store, params: Mapping[str, Any], output: Any = None, **points: list[float]) -> str:
    new = NewRun(id=new_run_id(), experiment="train", params=params, tags=("a", "b"), note="=note")
    with store.write() as unit:
        run = unit.runs.add(new, now())
        attempt = unit.runs.claim(run.id, now())
        assert attempt == 1
        unit.runs.begin(run.id, attempt, now())
        for key, values in points.items():
            count = len(values)
            given = Points(steps=range(count), values=values, times=[1000.0] * count, seqs=[5] * count)
            unit.metrics.append(run.number, {key: given})
        unit.runs.settle(run.id, attempt, state=RunState.SUCCEEDED, output=output, at=now(), seq=6)
    return run.id


def test_json_lines_are_runs_as_json_and_the_points_on_request(store: Store) -> None:
    first = ended(store, {"x": 1}, {"y": float("nan")}, loss=[3.0, 1.0, 2.0], other=[1.0])
    ended(store, {"x": 2})

    lines = b"".join(RunExport(store)("jsonl", Wanted(metrics=True))).splitlines()
    plain = b"".join(RunExport(store)("jsonl", Wanted())).splitlines()

    found = [json.loads(line) for line in lines]
    assert [one["params"]["x"] for one in found] == [2, 1]
    assert found[1]["id"] == first
    assert found[1]["output"] == {"y": "NaN"}
    assert found[1]["series"]["loss"] == {
        "steps": [0, 1, 2],
        "values": [3.0, 1.0, 2.0],
        "times": [1000.0] * 3,
        "count": 3,
    }
    assert found[0]["series"] == {}
    assert "series" not in json.loads(plain[0])


def test_csv_finds_its_columns_and_reads_back(store: Store) -> None:
    ended(store, {"x": 1, "s": "=cmd"}, {"y": 0.5}, loss=[3.0, 1.0])
    ended(store, {"z": [1, 2]})

    text = b"".join(RunExport(store)("csv", Wanted(metrics=True))).decode()

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [name for name in rows[0] if "." in name] == [
        *("params.s", "params.x", "params.z", "output.y", "metrics.loss", "metrics.loss.max", "metrics.loss.min")
    ]
    assert (rows[0]["params.z"], rows[0]["params.x"], rows[0]["note"]) == ("[1,2]", "", "'=note")
    assert (rows[1]["params.s"], rows[1]["metrics.loss"], rows[1]["metrics.loss.max"]) == ("'=cmd", "1.0", "3.0")
    assert rows[1]["tags"] == '["a","b"]'


def test_the_columns_that_are_named_are_all(store: Store) -> None:
    ended(store, {"x": 1})

    text = b"".join(RunExport(store)("csv", Wanted(columns=("number", "params.x", "params.none")))).decode()

    assert text == "number,params.x,params.none\r\n1,1,\r\n"


def test_parquet_has_typed_columns_and_row_groups(store: Store, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_parquet, "_ROWS", 2)
    for x in (1, 2.5, 3):
        ended(store, {"x": x, "on": True, "n": None, "mixed": x if x == 1 else "one", "big": 2**80}, loss=[x])

    (tmp_path / "runs.parquet").write_bytes(b"".join(RunExport(store)("parquet", Wanted())))

    file = pq.ParquetFile(tmp_path / "runs.parquet")
    assert file.num_row_groups == 2
    frame = pd.read_parquet(tmp_path / "runs.parquet")
    assert list(frame["params.x"]) == [3.0, 2.5, 1.0]
    assert frame["params.x"].dtype == float
    assert frame["params.on"].dtype == bool
    assert list(frame["params.mixed"]) == ["one", "one", "1"]
    assert frame["params.big"][0] == str(2**80)
    assert str(frame["created_at"].dtype).endswith("UTC]")
    assert list(frame["tags"][0]) == ["a", "b"]
    assert frame["number"].dtype == int


def test_an_empty_lab_has_a_table_without_rows(store: Store, tmp_path: Any) -> None:
    (tmp_path / "runs.parquet").write_bytes(b"".join(RunExport(store)("parquet", Wanted())))

    assert len(pd.read_parquet(tmp_path / "runs.parquet")) == 0
    assert b"".join(RunExport(store)("csv", Wanted())).count(b"\n") == 1
    assert b"".join(RunExport(store)("jsonl", Wanted())) == b""


def test_runs_are_read_page_by_page_up_to_the_limit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_export, "_PAGE", 2)
    ids = [ended(store, {"x": number}) for number in range(5)]
    export = RunExport(store)

    assert [run.id for run in export.runs(Wanted())] == ids[::-1]
    assert [run.id for run in export.runs(Wanted(limit=3))] == ids[:1:-1]
    assert [run.id for run in export.runs(Wanted(limit=4))] == ids[:0:-1]
    assert [run.id for run in export.runs(Wanted(query=read_query("x > 1", "x")))] == ids[2:]
    assert list(export.runs(Wanted(query=read_query("failed")))) == []


def test_memory_does_not_grow_with_the_runs(store: Store) -> None:
    def peak(limit: int) -> int:
        tracemalloc.start()
        for _ in RunExport(store)("csv", Wanted(limit=limit)):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    for number in range(1200):
        ended(store, {"text": f"{number} " * 200})
    peak(10)

    assert peak(1200) < 1.5 * peak(400)


def test_unknown_formats_and_missing_packages_are_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExportError, match="jsonl, csv, parquet"):
        RunExport(store)("xlsx", Wanted())
    monkeypatch.setattr(run_parquet, "find_spec", lambda _: None)
    with pytest.raises(ExportError, match=r"pip install 'flasklab\[parquet\]'"):
        RunExport(store)("parquet", Wanted())
