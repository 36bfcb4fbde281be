from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from flasklab.runs.comparing import Directions, metric_rows, output_rows, parameter_rows, value_rows
from flasklab.runs.run import MetricSummary
from flasklab.runs.state import RunState
from flasklab.web.presenters.compare import ComparePage, present_comparison
from flasklab.web.presenters.run_colors import COLORS, DASHES, slots


class Links:
    """Addresses that say what they are for."""

    fields = pair_fields = figure_fields = ()
    here = curves = ""

    def __getattr__(self, name: str) -> Any:
        return lambda *given: " ".join(map(str, (name, *given)))


def page(runs: list[Any], *, baseline: int | None = None, **more: Any) -> ComparePage:
    found = SimpleNamespace(
        runs=runs,
        baseline=None if baseline is None else runs[baseline],
        parameters=parameter_rows(runs),
        outputs=output_rows(runs, baseline, Directions()),
        metrics=metric_rows(runs, baseline, Directions()),
        environment=(),
        packages=value_rows([{"numpy": f"2.{at}", "scipy": "1"} for at in range(len(runs))]),
    )
    return present_comparison(found, links=Links(), slots=slots(runs), starts={run.id: 0.0 for run in runs}, **more)


@pytest.fixture
def runs(make: Any) -> list[Any]:
    return [
        make.run(
            id=f"run{at}",
            number=at + 1,
            state=RunState.SUCCEEDED,
            params={"rate": 0.1 + at, "fixed": 1},
            output={"accuracy": 0.5 + at / 10, "loss": 1.0 + at},
        )
        for at in range(3)
    ]


def test_parameters_that_do_not_differ_come_last_and_only_when_they_are_asked_for(runs: list[Any]) -> None:
    table = page(runs).tables[0]
    assert ([row.name for row in table.rows], table.more, table.more_url) == (["rate"], 1, "everything True")
    table = page(runs, every=True).tables[0]
    assert ([row.name for row in table.rows], table.more, table.fewer_url) == (["rate", "fixed"], 0, "everything False")


def test_deltas_are_told_by_sign_arrow_and_whether_they_are_better(runs: list[Any]) -> None:
    accuracy, loss = page(runs, baseline=1).tables[1].rows
    assert [(cell.delta, cell.arrow, cell.tone) for cell in accuracy.cells] == [
        ("-0.1", "▼", "bad"),
        ("", "", ""),
        ("+0.1", "▲", "good"),
    ]
    assert [(cell.arrow, cell.tone, cell.best) for cell in loss.cells] == [
        ("▼", "good", True),
        ("", "", False),
        ("▲", "bad", False),
    ]
    assert (accuracy.direction, loss.direction) == ("higher is better", "lower is better")
    assert loss.switch == "switch loss False"


def test_digits_are_shown_where_four_do_not_tell_values_apart(make: Any) -> None:
    def texts(*rates: float) -> list[str]:
        return [
            cell.text
            for cell in page([make.run(id=str(rate), params={"r": rate}) for rate in rates]).tables[0].rows[0].cells
        ]

    assert texts(0.1 + 0.2, 0.4) == ["0.3", "0.4"]
    assert texts(0.123456, 0.123457) == ["0.123456", "0.123457"]


def test_what_a_run_has_not_is_none(make: Any, runs: list[Any]) -> None:
    cell = page([runs[0], make.run(id="empty", params={})]).tables[1].rows[0].cells[1]
    assert (cell.text, cell.nothing, cell.delta) == ("none", True, "")


def test_a_metric_is_named_once_and_its_direction_told_once(make: Any) -> None:
    summary = MetricSummary(last=1.0, min=0.5, max=2.0, mean=1.0, count=3, step=2)
    made = [make.run(id=name, metrics={"val/loss": summary}) for name in ("a", "b")]
    assert [(row.of, row.direction) for row in page(made).tables[2].rows] == [
        ("last", "lower is better"),
        ("min", ""),
        ("max", ""),
    ]
    assert [chart.keys for section in page(made, tab="curves").sections for chart in section.charts] == [
        ("a val/loss", "b val/loss")
    ]


def test_two_runs_cannot_be_fewer(runs: list[Any]) -> None:
    assert [chip.remove_url for chip in page(runs[:2]).runs] == ["", ""]
    assert page(runs).runs[0].remove_url == "without run0"


def test_runs_of_several_experiments_are_not_named_by_one(make: Any, runs: list[Any]) -> None:
    assert page(runs).title == "3 runs of train"
    assert page([*runs, make.run(id="x", experiment="heat")]).title == "4 runs"


def test_an_unknown_view_is_the_overview(runs: list[Any]) -> None:
    assert page(runs, tab="nonsense").tab == "overview"


def test_no_two_runs_look_alike_and_each_looks_the_same_in_any_order(make: Any) -> None:
    many = [make.run(id=f"id{at}", number=at) for at in range(50)]
    found = slots(many)
    assert len(set(found.values())) == 50
    assert max(found.values()) < COLORS * len(DASHES)
    assert slots(many[::-1]) == found
    assert len({slot % COLORS for slot in slots(many[:8]).values()}) == 8


def test_a_pinned_colour_stays_and_one_that_cannot_be_is_passed_over(make: Any) -> None:
    two = [make.run(id="a", number=1), make.run(id="b", number=2)]
    assert slots(two, {"b": 3})["b"] == 3
    clash = slots(two, {"a": 3, "b": 3})
    assert clash["a"] == 3
    assert clash["b"] != 3
    assert slots(two, {"a": 5000}) == slots(two)
