"""CSVs of runs: as this lab writes them, and as people keep them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.errors import ImportFailedError
from flasklab.foreign.guessing import kind_of, runs_of
from flasklab.foreign.options import Options
from flasklab.runs.arriving import Arriving, Passed
from flasklab.runs.run import MetricSummary, Run
from flasklab.runs.state import RunState
from flasklab.services.run_cells import found_columns, run_cells
from flasklab.services.run_csv import runs_csv

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def read(path: Path, **options: Any) -> list[Arriving]:
    return [one for one in runs_of("csv", path, Options(**options)) if isinstance(one, Arriving)]


def test_what_the_lab_writes_comes_back(tmp_path: Path) -> None:
    run = Run(
        id="0123456789ab",
        number=7,
        experiment="train",
        state=RunState.FAILED,
        params={"rate": 0.1, "name": "=1+1", "layers": [1, 2], "on": False, "text": "5"},
        output={"y": "NaN"},
        metrics={"loss": MetricSummary(last=0.5, min=0.1, max=2.0, mean=1.0, count=9, step=8)},
        tags=("a b", "c"),
        note="-note",
        created_at=AT,
        started_at=AT,
        finished_at=AT,
        created_by="ada",
        seed=2**70,
    )
    rows = [run_cells(run, spread=True)]
    (tmp_path / "runs.csv").write_bytes(b"".join(runs_csv(rows, found_columns(rows))))

    (found,) = read(tmp_path / "runs.csv")

    assert (found.run.id, found.run.number, found.run.state) == (run.id, 7, RunState.FAILED)
    assert found.run.params == {"rate": 0.1, "name": "=1+1", "layers": [1, 2], "on": False, "text": 5}
    assert found.run.output == {"y": "NaN"}
    assert (found.run.tags, found.run.note, found.run.seed) == (run.tags, run.note, run.seed)
    assert (found.run.created_at, found.run.finished_at, found.run.created_by) == (AT, AT, "ada")
    assert [(piece.key, piece.values) for piece in found.points()] == [("loss", [0.5])]


def test_columns_are_what_the_caller_says_and_parameters_otherwise(tmp_path: Path) -> None:
    (tmp_path / "grid.csv").write_text("model,rate,acc,time\ncnn,1e-3,0.9,12\ncnn,1e-3,0.9,12\n")

    found = read(tmp_path / "grid.csv", metrics=("acc",), outputs=("time",))

    assert kind_of(tmp_path / "grid.csv") == "csv"
    assert [one.run.params for one in found] == [{"model": "cnn", "rate": 0.001}] * 2
    assert found[0].run.output == {"time": 12}
    assert [(piece.key, piece.values) for piece in found[0].points()] == [("acc", [0.9])]
    assert (found[0].run.experiment, found[0].run.state) == ("grid", RunState.SUCCEEDED)
    assert found[0].run.id != found[1].run.id
    assert [one.run.id for one in found] == [one.run.id for one in read(tmp_path / "grid.csv")]


@pytest.mark.parametrize(
    ("text", "why"),
    [("metrics.a\nx\n", "is no number"), ("state\nmad\n", "mad"), ("started_at\nnoon\n", "is no moment")],
)
def test_rows_that_cannot_be_read_are_named(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "runs.csv").write_text(text)

    (passed,) = runs_of("csv", tmp_path / "runs.csv", Options())

    assert isinstance(passed, Passed)
    assert passed.name == "line 2"
    assert why in passed.why


def test_what_is_no_csv_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(ImportFailedError, match="UTF-8"):
        list(runs_of("csv", tmp_path / "runs.csv", Options()))

    (tmp_path / "runs.txt").write_text("x")
    with pytest.raises(ImportFailedError, match="--from"):
        kind_of(tmp_path / "runs.txt")
