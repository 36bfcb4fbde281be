from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from flasklab.runs.comparing import (
    Directions,
    lower_is_better,
    metric_rows,
    output_rows,
    parameter_rows,
    value_rows,
)
from flasklab.runs.run import MetricSummary, Run
from flasklab.runs.state import RunState

NAN = float("nan")


def run(**values: Any) -> Run:
    given: dict[str, Any] = {
        "id": "a",
        "number": 1,
        "experiment": "train",
        "state": RunState.SUCCEEDED,
        "params": {},
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Run(**{**given, **values})


def metric(last: float, low: float, high: float) -> MetricSummary:
    return MetricSummary(last=last, min=low, max=high, mean=last, count=3, step=2)


@pytest.mark.parametrize(
    "name",
    ["loss", "val/loss", "trainLoss", "val_error", "RMSE", "fit_seconds", "time", "test.mae", "meanSquaredError"],
)
def test_losses_errors_and_durations_are_better_when_they_are_lower(name: str) -> None:
    assert lower_is_better(name)


@pytest.mark.parametrize("name", ["accuracy", "f1", "neg_error", "steps_per_second", "timely", "gloss", "", "42"])
def test_anything_else_is_better_when_it_is_higher(name: str) -> None:
    assert not lower_is_better(name)


def test_what_somebody_says_of_a_direction_holds() -> None:
    said = Directions(lower=["f1"], higher=["loss"])
    assert [said.is_lower(name) for name in ("f1", "loss", "error", "recall")] == [True, False, True, False]


def test_parameters_are_rows_with_a_value_for_each_run_nested_ones_dotted() -> None:
    rows = parameter_rows([run(params={"lr": 0.1, "opt": {"name": "sgd"}}), run(params={"lr": 0.1, "new": None})])
    assert [(row.name, row.values, row.known, row.differs) for row in rows] == [
        ("lr", (0.1, 0.1), (True, True), False),
        ("opt.name", ("sgd", None), (True, False), True),
        ("new", (None, None), (False, True), True),
    ]


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [(1, 1.0, False), (1, True, True), ("NaN", NAN, False), (NAN, NAN, False), ([1, 2], [1, 2], False), ("1", 1, True)],
)
def test_values_differ_as_json_values_do(one: Any, other: Any, differs: bool) -> None:
    assert value_rows([{"x": one}, {"x": other}])[0].differs is differs


def test_the_best_output_is_marked_in_its_direction() -> None:
    rows = output_rows([run(output={"f1": 0.5, "loss": 2.0}), run(output={"f1": 0.7, "loss": 3.0}), run(output=None)])
    assert [(row.row.name, row.lower, row.best) for row in rows] == [
        ("f1", False, (False, True, False)),
        ("loss", True, (True, False, False)),
    ]


@pytest.mark.parametrize("values", [(1.0, 1.0), (1.0, None), (NAN, 1.0), ("a", "b"), (True, False)])
def test_where_there_is_nothing_to_choose_nothing_is_best(values: tuple[Any, ...]) -> None:
    assert output_rows([run(output={"x": value}) for value in values])[0].best == (False, False)


def test_equal_runs_are_best_together_and_what_is_not_finite_never_is() -> None:
    assert output_rows([run(output=value) for value in (2, 1, 2.0, math.inf)])[0].best == (True, False, True, False)


def test_deltas_are_from_the_baseline_and_only_between_numbers() -> None:
    runs = [run(output={"x": value}) for value in (1.0, 3.0, "text", "Infinity")]
    assert output_rows(runs, baseline=1)[0].deltas == (-2.0, None, None, None)
    assert output_rows(runs)[0].deltas == (None,) * 4
    assert output_rows(runs, baseline=2)[0].deltas == (None,) * 4


def test_a_metric_has_a_row_for_its_last_least_and_greatest_value() -> None:
    rows = metric_rows(
        [run(metrics={"loss": metric(2.0, 1.0, 9.0)}), run(metrics={}), run(metrics={"loss": metric(3.0, 0.5, 4.0)})]
    )
    assert [(row.row.name, row.of, row.row.values, row.best) for row in rows] == [
        ("loss", "last", (2.0, None, 3.0), (True, False, False)),
        ("loss", "min", (1.0, None, 0.5), (False, False, True)),
        ("loss", "max", (9.0, None, 4.0), (False, False, True)),
    ]


def test_runs_without_anything_have_no_rows() -> None:
    none = [run(), run()]
    assert [parameter_rows(none), output_rows(none), metric_rows(none)] == [(), (), ()]
