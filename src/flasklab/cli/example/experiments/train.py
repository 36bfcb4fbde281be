"""A neural network in plain NumPy that learns to read handwritten digits."""

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.datasets import load_digits
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from flasklab import experiment, run

Weights = dict[str, np.ndarray]


@experiment(timeout="1h", tags=["vision"])
def train(
    hidden: Annotated[int, Field(ge=1, le=512)] = 32,
    optimizer: Literal["adam", "sgd"] = "adam",
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 0.005,
    epochs: Annotated[int, Field(ge=1, le=1000)] = 30,
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 32,
    seed: int = 0,
):
    """Train a network with one hidden layer on 1,797 digits of 8 by 8 pixels.

    Args:
        hidden: neurons in the hidden layer
        optimizer: Adam adapts each weight's step; plain SGD wants a learning rate near 0.1
        learning_rate: how far each step goes
        epochs: passes over the training digits
        batch_size: digits per step
        seed: decides the split, the first weights and the order of the digits
    """
    random = np.random.default_rng(seed)
    digits = load_digits()
    pixels, val_pixels, labels, val_labels = train_test_split(
        digits.data / 16, digits.target, test_size=0.2, stratify=digits.target, random_state=seed
    )
    weights = first_weights([64, hidden, 10], random)
    step = OPTIMIZERS[optimizer](weights, learning_rate)

    for epoch in run.track(range(1, epochs + 1)):
        order = random.permutation(len(labels))
        for batch in np.array_split(order, np.ceil(len(order) / batch_size)):
            step(gradients(weights, pixels[batch], labels[batch]))
        train_loss, train_accuracy = score(weights, pixels, labels)
        val_loss, val_accuracy = score(weights, val_pixels, val_labels)
        run.log(
            {
                "train/loss": train_loss,
                "train/accuracy": train_accuracy,
                "val/loss": val_loss,
                "val/accuracy": val_accuracy,
            },
            step=epoch,
        )
        print(f"epoch {epoch}: loss {val_loss:.4f}, accuracy {val_accuracy:.2%} on digits it has not seen")

    figure = Figure(layout="constrained")
    guesses = forward(weights, val_pixels)[-1].argmax(axis=1)
    ConfusionMatrixDisplay.from_predictions(val_labels, guesses, ax=figure.subplots(), cmap="Blues", colorbar=False)
    run.show(figure, name="confusion matrix")
    run.save("weights.npz", weights)
    return {"val_loss": val_loss, "val_accuracy": val_accuracy}


def first_weights(layers: list[int], random: np.random.Generator) -> Weights:
    """Weights `w1`, `b1`, `w2`, ... scaled for rectified units: He et al., arXiv:1502.01852."""
    weights = {}
    for number, (inputs, outputs) in enumerate(pairwise(layers), start=1):
        weights[f"w{number}"] = random.normal(0, np.sqrt(2 / inputs), (inputs, outputs))
        weights[f"b{number}"] = np.zeros(outputs)
    return weights


def forward(weights: Weights, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The hidden layer's activations and each class's probability, one row per digit."""
    hidden = np.maximum(pixels @ weights["w1"] + weights["b1"], 0)
    logits = hidden @ weights["w2"] + weights["b2"]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return hidden, odds / odds.sum(axis=1, keepdims=True)


def gradients(weights: Weights, pixels: np.ndarray, labels: np.ndarray) -> Weights:
    """The slope of the batch's mean cross-entropy along every weight."""
    hidden, probabilities = forward(weights, pixels)
    at_output = (probabilities - np.eye(10)[labels]) / len(labels)
    at_hidden = (at_output @ weights["w2"].T) * (hidden > 0)
    return {
        "w1": pixels.T @ at_hidden,
        "b1": at_hidden.sum(axis=0),
        "w2": hidden.T @ at_output,
        "b2": at_output.sum(axis=0),
    }


def score(weights: Weights, pixels: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Mean cross-entropy and share of digits read rightly."""
    probabilities = forward(weights, pixels)[-1]
    of_truth = probabilities[np.arange(len(labels)), labels]
    loss = -np.log(np.maximum(of_truth, 1e-12)).mean()
    return float(loss), float((probabilities.argmax(axis=1) == labels).mean())


def sgd(weights: Weights, rate: float) -> Callable[[Weights], None]:
    """Stochastic gradient descent: against the slope, at one rate."""

    def step(slopes: Weights) -> None:
        for name, slope in slopes.items():
            weights[name] -= rate * slope

    return step


def adam(weights: Weights, rate: float, keep: tuple[float, float] = (0.9, 0.999)) -> Callable[[Weights], None]:
    """Adam: each weight's step is scaled by the slopes it has met. Kingma and Ba, arXiv:1412.6980."""
    mean = {name: np.zeros_like(weight) for name, weight in weights.items()}
    square = {name: np.zeros_like(weight) for name, weight in weights.items()}
    taken = 0

    def step(slopes: Weights) -> None:
        nonlocal taken
        taken += 1
        for name, slope in slopes.items():
            mean[name] += (1 - keep[0]) * (slope - mean[name])
            square[name] += (1 - keep[1]) * (slope**2 - square[name])
            spread = np.sqrt(square[name] / (1 - keep[1] ** taken)) + 1e-8
            weights[name] -= rate * mean[name] / (1 - keep[0] ** taken) / spread

    return step


OPTIMIZERS = {"adam": adam, "sgd": sgd}
