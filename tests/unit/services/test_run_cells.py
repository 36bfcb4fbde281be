from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flasklab.runs.run import MetricSummary, Run
from flasklab.runs.state import RunState
from flasklab.services.run_cells import FIXED, Kind, found_columns, run_cells

if TYPE_CHECKING:
    from flasklab.services.run_cells import Cell

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_run(**values: Any) -> Run:
    given: dict[str, Any] = {"id": "a" * 12, "number": 1, "experiment": "train", "params": {}, "created_at": AT}
    return Run(**given | {"state": RunState.SUCCEEDED} | values)


def test_what_is_nested_has_columns_with_dots() -> None:
    run = a_run(params={"optimizer": {"rate": 0.1, "name": "sgd"}, "layers": [1, 2]}, output={"accuracy": 0.5})

    cells = run_cells(run)

    made = {name: cell for name, cell in cells.items() if name not in FIXED}
    assert made == {
        "params.optimizer.rate": 0.1,
        "params.optimizer.name": "sgd",
        "params.layers": [1, 2],
        "output.accuracy": 0.5,
    }


def test_figures_are_left_out_and_uploads_stay_whole() -> None:
    upload = {"file": "x.csv", "sha256": "0" * 64, "size": 1}
    run = a_run(params={"data": upload}, output={"figure": {"$shown": "roc"}, "n": 3})

    cells = run_cells(run)

    assert cells["params.data"] == upload
    assert [name for name in cells if name.startswith("output")] == ["output.n"]


def test_an_output_that_is_no_object_has_one_column() -> None:
    assert run_cells(a_run(output=0.5))["output"] == 0.5
    assert "output" not in run_cells(a_run())


def test_metrics_have_their_last_value_and_the_ends_on_request() -> None:
    run = a_run(metrics={"loss": MetricSummary(last=1.0, min=0.5, max=2.0, mean=1.0, count=3, step=2)})

    assert {name: cell for name, cell in run_cells(run).items() if name.startswith("metrics")} == {"metrics.loss": 1.0}
    spread = run_cells(run, spread=True)
    assert (spread["metrics.loss.min"], spread["metrics.loss.max"]) == (0.5, 2.0)


def test_numbers_that_json_cannot_hold_are_numbers_again() -> None:
    assert run_cells(a_run(output={"loss": "Infinity"}))["output.loss"] == float("inf")


def test_columns_are_typed_by_all_of_their_cells() -> None:
    rows: list[dict[str, Cell]] = [
        {"params.a": 1, "params.b": True, "params.c": None, "params.d": 1, "params.e": 2**70},
        {"params.a": 1.5, "params.b": None, "params.c": None, "params.d": "x", "output.z": 1},
    ]

    found = found_columns(rows)

    assert list(found) == [*FIXED, *(f"params.{name}" for name in "abcde"), "output.z"]
    assert [found[f"params.{name}"] for name in "abcde"] == [
        Kind.FLOAT,
        Kind.BOOL,
        Kind.EMPTY,
        Kind.TEXT,
        Kind.TEXT,
    ]
