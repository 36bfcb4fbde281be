from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from flasklab import record_locally

if TYPE_CHECKING:
    from collections.abc import Callable


def test_two_runs_with_one_seed_give_identical_numbers(example: Callable[[str], Any]) -> None:
    outputs, series, weights = [], [], []
    for seed in (7, 7, 8):
        with record_locally() as recorded:
            outputs.append(example("train").train(epochs=3, seed=seed))
            series.append(recorded.metrics_by_key)
            weights.append(dict(np.load(recorded.saved["weights.npz"])))
    assert outputs[0] == outputs[1]
    assert series[0] == series[1]
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert series[0] != series[2]


@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 0.005), ("sgd", 0.1)])
def test_it_learns_to_read_more_than_nine_digits_of_ten(
    example: Callable[[str], Any], optimizer: str, rate: float
) -> None:
    with record_locally() as recorded:
        output = example("train").train(epochs=15, optimizer=optimizer, learning_rate=rate)
    series = recorded.metrics_by_key
    assert set(series) == {"train/loss", "train/accuracy", "val/loss", "val/accuracy"}
    assert output["val_accuracy"] == series["val/accuracy"][-1] > 0.93
    assert series["train/loss"][-1] < series["train/loss"][0] / 3
    assert {file.media_type for file in recorded.shown["confusion matrix"]} >= {"image/png"}


def test_the_gradients_are_the_loss_function_s_slopes(example: Callable[[str], Any]) -> None:
    train = example("train")
    random = np.random.default_rng(0)
    weights = train.first_weights([64, 5, 10], random)
    pixels, labels = random.random((20, 64)), random.integers(0, 10, 20)
    slopes = train.gradients(weights, pixels, labels)
    for name, index in [("w1", (3, 2)), ("b1", (1,)), ("w2", (4, 7)), ("b2", (9,))]:
        losses = []
        for change in (1e-6, -2e-6):
            weights[name][index] += change
            losses.append(train.score(weights, pixels, labels)[0])
        weights[name][index] += 1e-6
        assert slopes[name][index] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-4, abs=1e-9)
