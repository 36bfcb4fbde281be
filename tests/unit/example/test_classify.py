from __future__ import annotations

from typing import TYPE_CHECKING, Any

import joblib
import pandas as pd
import pytest

from flasklab import record_locally

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(("dataset", "rows"), [("digits", 1797), ("wine", 178), ("breast cancer", 569)])
def test_it_classifies_the_bundled_sets(example: Callable[[str], Any], dataset: str, rows: int) -> None:
    with record_locally() as recorded:
        output = example("classify").classify(dataset=dataset, curve_points=3)
    assert output["rows"] == rows
    assert output["accuracy"] > 0.93
    assert output["accuracy"] == recorded.metrics_by_key["accuracy"][-1]
    assert set(recorded.shown) == {"report", "confusion matrix", "ROC"}


@pytest.mark.parametrize("model", ["svm", "forest", "boosting", "logistic", "neighbors"])
def test_every_model_tells_penguins_apart_in_spite_of_words_and_gaps(
    example: Callable[[str], Any], penguins: pd.DataFrame, model: str
) -> None:
    with record_locally() as recorded:
        output = example("classify").classify(penguins, target="species", model=model, curve_points=4)
    assert output["classes"] == 3
    assert output["accuracy"] > 0.93
    assert len(recorded.metrics_by_key["accuracy"]) == 4
    assert [point.step for point in recorded.points][-1] == 275
    fitted = joblib.load(recorded.saved["model.joblib"])
    assert fitted.predict(penguins.drop(columns="species")).shape == (344,)


def test_the_last_column_is_the_target_unless_one_is_named(
    example: Callable[[str], Any], penguins: pd.DataFrame
) -> None:
    table = penguins[["bill_length_mm", "bill_depth_mm", "species"]]
    features, labels = example("classify").split_off(table, "")
    assert set(labels) == {"Adelie", "Chinstrap", "Gentoo"}
    assert list(features) == ["bill_length_mm", "bill_depth_mm"]


def test_columns_of_every_kind_can_be_learned_from(example: Callable[[str], Any]) -> None:
    table = pd.DataFrame(
        {
            "flag": [True, False, True, False] * 10,
            "mixed": ["a", 1, None, 2.5] * 10,
            "infinite": [1.0, float("inf"), 2.0, None] * 10,
            "empty": [None] * 40,
            "day": pd.date_range("2026-01-01", periods=40),
            "whole": pd.array([1, None, 3, 4] * 10, dtype="Int64"),
            "label": ["yes", "no"] * 20,
        }
    )
    with record_locally():
        output = example("classify").classify(table, model="logistic", curve_points=2)
    assert output["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("table", "target", "message"),
    [
        ({"only": [1, 2]}, "", "at least two columns"),
        ({"a": [1, 2], "b": [1, 2]}, "c", "no column 'c'. The table has: a, b"),
        ({"a": [1, 2], "b": ["x", "x"]}, "", "holds 1 classes"),
        ({"a": [1, 2], "b": [None, None]}, "", "holds 0 classes; two or more"),
        ({"a": [], "b": []}, "", "two or more are needed"),
        ({"a": range(60), "b": [n / 7 for n in range(60)]}, "", "60 different values: too many"),
        ({"a": [1, 2, 3], "b": ["x", "x", "y"]}, "", "Class 'y' of column 'b' has one row only"),
        ({"a": [None] * 4, "b": list("xyxy")}, "", "nothing to predict it from"),
    ],
)
def test_an_unusable_table_gets_a_clear_message(
    example: Callable[[str], Any], table: dict[str, Any], target: str, message: str
) -> None:
    with record_locally(), pytest.raises(ValueError, match=message):
        example("classify").classify(pd.DataFrame(table), target=target)
