from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from flasklab.errors import MissingLibraryError
from flasklab.statistics.importance import Importance, ParameterImportance, importance

DRAWN = np.random.default_rng(2)


def by_name(found: Importance) -> dict[str, ParameterImportance]:
    return {one.name: one for one in found.parameters}


def test_shares_of_a_sum_are_those_of_its_parts() -> None:
    # Variances 9 : 1 : 0 of independent parts, so shares 0.9, 0.1 and 0.
    runs = [
        {"a": float(a), "b": float(b), "c": float(c), "seed": i} for i, (a, b, c) in enumerate(DRAWN.random((400, 3)))
    ]
    found = importance(runs, [3 * run["a"] + run["b"] for run in runs])

    shares = by_name(found)
    assert [one.name for one in found.parameters] == ["a", "b", "c"]
    assert shares["a"].alone == pytest.approx(0.9, abs=0.05)
    assert shares["b"].alone == pytest.approx(0.1, abs=0.05)
    assert shares["c"].total < 0.02
    assert found.trusted
    assert found.explained is not None
    assert found.explained > 0.9


def test_what_matters_only_together_has_a_total_share_and_none_alone() -> None:
    runs = [{"a": bool(a), "b": bool(b)} for a, b in DRAWN.integers(0, 2, (200, 2))]
    shares = by_name(importance(runs, [float(run["a"] != run["b"]) for run in runs]))

    assert shares["a"].alone < 0.1
    assert shares["a"].total > 0.9
    assert shares["b"].total > 0.9


def test_logarithmic_ranges_categories_truth_values_and_missing_ones_are_understood() -> None:
    runs: list[dict[str, Any]] = []
    values = []
    for _ in range(400):
        power = float(DRAWN.uniform(-6, 0))
        model = str(DRAWN.choice(["cnn", "rnn", "vit"]))
        run: dict[str, Any] = {"opt": {"lr": 10**power}, "model": model, "flip": bool(DRAWN.integers(2)), "same": 1}
        if DRAWN.integers(2):
            run["decay"] = float(DRAWN.random())
        runs.append(run)
        values.append(power / 2 + {"cnn": 0, "rnn": 5, "vit": 0}[model] + 2 * ("decay" in run))
    found = importance(runs, values)

    shares = by_name(found)
    assert {name: one.kind for name, one in shares.items()} == {
        "opt.lr": "number",
        "model": "category",
        "flip": "category",
        "decay": "number",
    }
    # Variances: 36 / 12 / 4 = 0.75, 25 * 2 / 9 = 5.56, 4 / 4 = 1.
    assert shares["model"].alone == pytest.approx(5.56 / 7.31, abs=0.06)
    assert shares["decay"].alone == pytest.approx(1 / 7.31, abs=0.05)
    assert shares["opt.lr"].alone == pytest.approx(0.75 / 7.31, abs=0.05)
    assert shares["flip"].total < 0.02


def test_a_logarithm_and_another_unit_change_nothing() -> None:
    runs = [{"lr": float(x), "n": int(n)} for x, n in zip(DRAWN.random(60), DRAWN.integers(1, 9, 60), strict=True)]
    values = [np.sin(3 * run["lr"]) + 0.1 * run["n"] for run in runs]
    found = importance(runs, values)
    moved = importance([{"lr": float(np.log(run["lr"])), "n": run["n"] * 1000} for run in runs], values)

    assert moved == found


def test_the_same_seed_gives_the_same_numbers() -> None:
    runs = [{"a": float(a), "b": float(b)} for a, b in DRAWN.random((50, 2))]
    values = DRAWN.random(50).tolist()

    assert importance(runs, values, seed=3) == importance(runs, values, seed=3)
    assert importance(runs, values, seed=3) != importance(runs, values, seed=4)


def test_noise_is_not_trusted() -> None:
    runs = [{"a": float(a), "b": float(b)} for a, b in DRAWN.random((100, 2))]
    found = importance(runs, DRAWN.random(100).tolist())

    assert not found.trusted
    assert "too little to trust" in found.remark


def test_few_runs_are_not_trusted() -> None:
    runs = [{"a": at} for at in range(12)]
    found = importance(runs, [float(at) for at in range(12)])

    assert not found.trusted
    assert found.remark == "12 runs are too few to tell which parameters matter: make at least 20."


@pytest.mark.parametrize(
    ("runs", "values"),
    [
        ([], []),
        ([{"a": 1}] * 30, list(range(30))),
        ([{"a": at} for at in range(30)], [1.0] * 30),
        ([{"seed": at} for at in range(30)], list(range(30))),
        ([{"a": at} for at in range(3)], [1.0, np.nan, np.inf]),
    ],
)
def test_where_nothing_varies_nothing_is_told(runs: list[dict[str, Any]], values: list[float]) -> None:
    found = importance(runs, values)

    assert (found.parameters, found.explained, found.trusted) == ((), None, False)
    assert found.remark.startswith("Nothing to tell")


def test_runs_without_a_value_are_left_out_and_counted() -> None:
    runs = [{"a": at % 5} for at in range(30)]
    found = importance(runs, [float("nan"), *[float(run["a"]) for run in runs[1:]]])
    assert (found.n, found.left_out) == (29, 1)


def test_without_scikit_learn_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'flasklab\[analysis\]'"):
        importance([{"a": 1}], [1.0])


def test_each_run_has_its_value() -> None:
    with pytest.raises(ValueError, match="1 runs have 2 values"):
        importance([{"a": 1}], [1.0, 2.0])
