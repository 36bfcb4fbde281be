from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flasklab.runs.run import MetricSummary, Run
from flasklab.runs.state import RunState
from flasklab.services.run_groups import group_runs, sample_of
from flasklab.statistics.comparing import Verdict, compare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.runs.json import Json

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def last(value: float) -> MetricSummary:
    return MetricSummary(last=value, min=0.0, max=9.0, mean=1.0, count=3, step=2)


def run(number: int, params: Mapping[str, Json], output: Json = None, **more: Any) -> Run:
    seed = params.get("seed")
    plain: dict[str, Any] = {
        "id": f"r{number}",
        "number": number,
        "experiment": "train",
        "state": RunState.SUCCEEDED,
        "params": params,
        "output": output,
        "seed": seed if isinstance(seed, int) else None,
        "created_at": NOON,
    }
    return Run(**{**plain, **more})


def test_runs_that_differ_by_their_seed_are_one_row() -> None:
    runs = [
        run(at, {"model": model, "seed": at % 3}, {"accuracy": 0.8 + at / 100}) for at, model in enumerate("ssffff")
    ]
    found = group_runs(runs)

    assert [(one.name, [member.number for member in one.runs]) for one in found.groups] == [
        ("model=f", [2, 3, 4, 5]),
        ("model=s", [0, 1]),
    ]
    assert found.differing == {"train": ("model",)}
    accuracy = found.groups[0].outputs["accuracy"]
    assert accuracy.n == 4
    assert accuracy.mean is not None
    assert round(accuracy.mean, 6) == 0.835


def test_experiments_are_never_in_one_group() -> None:
    found = group_runs([run(1, {"a": 1}), run(2, {"a": 1}, experiment="double")])

    assert [(one.experiment, one.name) for one in found.groups] == [("double", "double"), ("train", "train")]
    assert len({one.key for one in found.groups}) == 2
    assert found.differing == {"double": (), "train": ()}


def test_a_group_s_key_does_not_depend_on_other_runs() -> None:
    one, other = run(1, {"a": 1, "seed": 1}), run(2, {"a": 2, "seed": 1})
    assert group_runs([one]).groups[0].key == group_runs([other, one]).groups[0].key


def test_only_runs_that_succeeded_are_summarized() -> None:
    runs = [
        run(1, {"seed": 1}, {"score": 1.0}, metrics={"loss": last(0.5)}),
        run(2, {"seed": 2}, None, metrics={"loss": last(9.0)}, state=RunState.FAILED),
        run(3, {"seed": 3}, None, metrics={"loss": last(9.0)}, state=RunState.RUNNING),
    ]
    (found,) = group_runs(runs).groups

    assert (len(found.runs), len(found.succeeded)) == (3, 1)
    assert (found.metrics["loss"].n, found.metrics["loss"].mean) == (1, 0.5)


def test_metrics_are_told_by_their_last_value_and_the_system_s_not_at_all() -> None:
    runs = [run(at, {"seed": at}, metrics={"loss": last(at), "system/cpu": last(50)}) for at in range(3)]
    (found,) = group_runs(runs).groups

    assert list(found.metrics) == ["loss"]
    assert found.metrics["loss"].mean == 1.0


def test_numbers_in_what_runs_returned_have_dotted_names() -> None:
    output: Json = {"test": {"f1": 0.5, "ok": True}, "name": "x", "rows": [1, 2], "loss": "NaN", "n": 3}
    (found,) = group_runs([run(1, {}, output)]).groups

    assert list(found.outputs) == ["loss", "n", "test.f1"]
    assert (found.outputs["loss"].n, found.outputs["loss"].nan) == (0, 1)
    assert list(group_runs([run(1, {}, 42.0)]).groups[0].outputs) == ["output"]
    assert group_runs([run(1, {}, "text")]).groups[0].outputs == {}


def test_other_parameters_than_the_seed_may_be_left_out() -> None:
    runs = [run(at, {"opt": {"lr": at, "name": "adam"}, "seed": at}) for at in range(3)]

    assert len(group_runs(runs).groups) == 3
    assert len(group_runs(runs, ignore=["opt.lr", "seed"]).groups) == 1
    assert len(group_runs(runs, ignore=["opt.lr"]).groups) == 3


def test_groups_are_compared_by_what_their_runs_share() -> None:
    runs = [
        run(
            10 * at + seed, {"model": model, "seed": seed}, {"accuracy": base + 0.01 * seed + 0.001 * ((seed * at) % 3)}
        )
        for at, (model, base) in enumerate([("svm", 0.90), ("forest", 0.85)])
        for seed in range(8)
    ]
    forest, svm = group_runs(runs).groups
    found = compare(sample_of(svm, "output", "accuracy"), sample_of(forest, "output", "accuracy"), metric="accuracy")

    assert (found.first_name, found.pairs, found.verdict) == ("model=svm", 8, Verdict.FIRST)
    assert found.difference is not None
    assert math.isclose(found.difference, 0.05, abs_tol=0.002)


def test_a_sample_has_only_the_runs_that_have_the_value() -> None:
    runs = [run(1, {"seed": 1}, {"a": 1.0}, metrics={"loss": last(0.1)}), run(2, {"seed": 2}, {"b": 1.0})]
    (found,) = group_runs(runs).groups

    assert (sample_of(found, "output", "a").values, sample_of(found, "output", "a").seeds) == ([1.0], [1])
    assert sample_of(found, "metric", "loss").values == [0.1]
    assert sample_of(found, "metric", "none").values == []


def test_no_runs_are_no_groups() -> None:
    assert group_runs([]).groups == ()
