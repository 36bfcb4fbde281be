from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flasklab.runs.state import RunState
from flasklab.web.presenters.run_columns import scalars
from flasklab.web.presenters.runs import RunFilters, RunsPage, present_runs


def page(make: Any, *runs: Any, **filters: Any) -> RunsPage:
    return present_runs(SimpleNamespace(runs=list(runs), next=None), RunFilters(**filters), at=make.now)


def done(make: Any, lr: float, accuracy: Any, **changes: Any) -> Any:
    values = {"params": {"lr": lr, "epochs": 20}, "state": RunState.SUCCEEDED, "finished_at": make.now}
    return make.run(**(values | {"output": {"accuracy": accuracy}} | changes))


def test_columns_are_the_parameters_that_differ_and_the_outputs(make: Any) -> None:
    found = page(make, done(make, 0.1, 0.91), done(make, 0.2, 0.95))
    assert [(column.key, column.kind, column.numeric) for column in found.columns] == [
        ("lr", "param", True),
        ("accuracy", "output", True),
    ]
    assert [cell.text for cell in found.rows[0].cells] == ["0.1", "0.91"]


def test_nested_parameters_are_columns_of_their_own(make: Any) -> None:
    runs = [done(make, 0, 1, params={"optimizer": {"lr": lr, "m": 0.9}}, given=("optimizer",)) for lr in (0.1, 0.2)]
    found = page(make, *runs)
    assert [(column.key, column.numeric) for column in found.columns] == [("optimizer.lr", True), ("accuracy", True)]
    assert [(row.cells[0].text, row.cells[0].default) for row in found.rows] == [("0.1", False), ("0.2", False)]
    assert found.rows[0].run.changed == "optimizer.lr=0.1, optimizer.m=0.9"


def test_a_run_without_output_leaves_its_cell_empty(make: Any) -> None:
    found = page(make, done(make, 0.1, 0.9), done(make, 0.2, None, output=None))
    assert found.rows[1].cells[-1].text == ""


def test_nan_is_a_number_and_words_are_not(make: Any) -> None:
    assert page(make, done(make, 0.1, "NaN")).columns[-1].numeric
    assert not page(make, done(make, 0.1, "good")).columns[-1].numeric


def test_several_experiments_share_two_columns(make: Any) -> None:
    found = page(make, done(make, 0.1, 0.9), done(make, 0.2, 0.95, experiment="heat"))
    assert found.mixed
    assert not found.columns
    assert (found.rows[0].run.changed, found.rows[0].output) == ("lr=0.1", "accuracy 0.9")


def test_the_table_asks_again_only_while_something_can_change(make: Any) -> None:
    assert page(make, make.run()).live
    assert not page(make, done(make, 0.1, 0.9)).live


def test_parameters_left_at_their_default_are_marked(make: Any) -> None:
    found = page(make, done(make, 0.1, 1), done(make, 0.01, 1, given=()))
    assert [row.cells[0].default for row in found.rows] == [False, True]


def test_single_values_are_found_in_nested_outputs() -> None:
    output = {"accuracy": 0.9, "per": {"a": 1, "b": [1]}, "figure": {"$shown": "figure"}, "none": None}
    assert scalars(output) == {"accuracy": 0.9, "per.a": 1}
    assert scalars(3) == {"output": 3}
    assert scalars([1, 2]) == scalars(None) == {}
