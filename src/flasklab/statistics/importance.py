"""Which parameters matter: how much of a metric's variance each one accounts for, alone and together with others.

A forest learns the metric from the parameters, of extremely randomized trees (Geurts, Ernst and Wehenkel 2006, Machine
Learning 63, 3), which overlook a weak parameter less than others do. Its predictions are taken apart by functional
analysis of variance, as Hutter, Hoos and Leyton-Brown 2014 do (An Efficient Approach for Assessing Hyperparameter
Importance, ICML). Here it is over the values that the runs had, each parameter for itself, instead of over even ranges:
so nobody need say which ranges are logarithmic.

The forest is scikit-learn's, imported when it is first asked for: it costs a process 100 MB and some seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from flasklab.errors import MissingLibraryError
from flasklab.statistics.grouping import SEED, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    Real: TypeAlias = NDArray[np.float64]

LEAST_RUNS = 20  # below, a forest sees luck
LEAST_EXPLAINED = 0.5  # below, the runs differ more by what the forest did not learn than by what it did
_TREES = 200
_POINTS = 1024  # at which the forest is asked
_LEVELS = 24  # values of one parameter at which it is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterImportance:
    """What one parameter accounts for, as shares of the variance of the forest's predictions, in [0, 1]."""

    name: str  # dotted
    kind: Literal["number", "category"]
    alone: float  # first-order share: what is known when only it is known
    total: float  # what is left unknown when only it is unknown: its interactions with others included


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """Which parameters matter for a metric, and how far to trust that."""

    parameters: tuple[ParameterImportance, ...]  # those that vary, by total, the largest first
    explained: float | None  # share of the variance that the forest predicts of runs it did not see; at most 1
    n: int  # runs with a finite value
    left_out: int  # runs without one

    @property
    def trusted(self) -> bool:
        """Whether the numbers may be believed."""
        return bool(self.parameters) and self.n >= LEAST_RUNS and (self.explained or 0.0) >= LEAST_EXPLAINED

    @property
    def remark(self) -> str:
        """How far to trust it, in a sentence."""
        if not self.parameters:
            return "Nothing to tell: neither the parameters nor the values of these runs vary enough."
        if self.n < LEAST_RUNS:
            return f"{self.n} runs are too few to tell which parameters matter: make at least {LEAST_RUNS}."
        share = f"{round(100 * max(self.explained or 0.0, 0.0))} %"
        if not self.trusted:
            return f"The parameters explain only {share} of the variance: too little to trust these importances."
        return f"The parameters explain {share} of the variance."


def importance(
    runs: Sequence[Mapping[str, Any]], values: Sequence[float], *, ignore: Collection[str] = (SEED,), seed: int = 0
) -> Importance:
    """How much each parameter accounts for a metric.

    `alone` is Var(E[f | x]) / Var(f), the first-order index of Sobol' 1993 (Mathematical Modelling and Computational
    Experiments 1, 407); `total` is Jansen's 1999 estimate of the total one (Computer Physics Communications 117, 35).
    `explained` is R² of the forest's out-of-bag predictions. Numbers count by their order, so a logarithm or another
    unit changes nothing; texts, truth values, lists and mixtures are categories; a missing value or null is a value
    of its own.

    Args:
        runs: each one's parameters, JSON values of any depth
        values: the metric, one per run, in any unit; runs whose value is not finite are left out
        ignore: names that are left out, dotted ones nested
        seed: of the forest and the points; the same seed gives the same numbers

    Raises:
        MissingLibraryError: scikit-learn is not installed.
        ValueError: there are not as many values as runs.
    """
    if len(runs) != len(values):
        raise ValueError(f"{len(runs)} runs have {len(values)} values")
    fit = _forest(seed)
    known = [at for at, value in enumerate(values) if math.isfinite(value)]
    target = np.array([values[at] for at in known], np.float64)
    names, kinds, columns = _encoded([runs[at] for at in known], ignore)
    left_out = len(runs) - len(known)
    if not names or len(target) < 3 or target.min() == target.max():
        return Importance(parameters=(), explained=None, n=len(known), left_out=left_out)
    scale = float(np.abs(target - target.mean()).max())
    predict, explained = fit(columns, (target - target.mean()) / scale)
    shares = _shares(predict, columns, np.random.Generator(np.random.PCG64(seed)))
    found = [
        ParameterImportance(name=name, kind=kind, alone=alone, total=total)
        for name, kind, (alone, total) in zip(names, kinds, shares, strict=True)
    ]
    ordered = tuple(sorted(found, key=lambda one: (-one.total, one.name)))
    return Importance(parameters=ordered, explained=explained, n=len(known), left_out=left_out)


def _forest(seed: int) -> Callable[[Real, Real], tuple[Callable[[Real], Real], float]]:
    """What fits a forest to columns and targets, and says how well it predicts runs that it did not see."""
    try:
        from sklearn.ensemble import ExtraTreesRegressor
    except ImportError:
        raise MissingLibraryError("scikit-learn", "analysis") from None

    def fit(columns: Real, target: Real) -> tuple[Callable[[Real], Real], float]:
        # Leaves of two runs at least: one run alone is luck.
        forest = ExtraTreesRegressor(
            _TREES, min_samples_leaf=2, bootstrap=True, oob_score=True, random_state=seed, n_jobs=1
        )
        forest.fit(columns, target)
        return forest.predict, float(forest.oob_score_)

    return fit


def _encoded(
    runs: Sequence[Mapping[str, Any]], ignore: Collection[str]
) -> tuple[list[str], list[Literal["number", "category"]], Real]:
    """Names and kinds of the parameters that vary, and their values as numbers whose order alone counts."""
    left_out = {tuple(name.split(".")) for name in ignore}
    rows = [dict(leaves(run, left_out)) for run in runs]
    names: list[str] = []
    kinds: list[Literal["number", "category"]] = []
    columns: list[list[float]] = []
    for path in sorted({path for row in rows for path in row}):
        values = [row.get(path) for row in rows]
        number = all(_is_number(value) for value in values if value is not None)
        column = _by_size(values) if number else _by_text(values)
        if min(column) < max(column):
            names.append(".".join(path))
            kinds.append("number" if number else "category")
            columns.append(column)
    return names, kinds, np.array(columns, np.float64).T


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _by_size(values: Sequence[Any]) -> list[float]:
    """The place of each number among the different ones; -1 for none, which one cut sets apart."""
    known = sorted({value for value in values if value is not None and value == value})
    places = {value: float(place) for place, value in enumerate(known)}
    return [-1.0 if value is None or value != value else places[value] for value in values]


def _by_text(values: Sequence[Any]) -> list[float]:
    """A number for each category; in the order of their texts, which knows nothing of the metric."""
    texts = [repr(value) for value in values]
    places = {text: float(place) for place, text in enumerate(sorted(set(texts)))}
    return [places[text] for text in texts]


def _shares(
    predict: Callable[[Real], Real], columns: Real, generator: np.random.Generator
) -> list[tuple[float, float]]:
    """Share alone and total share of each column, over points that take each column from a run of its own."""
    count, width = columns.shape
    rows = generator.integers(0, count, (_POINTS, width))
    points = np.take_along_axis(columns, rows, axis=0)
    plain = predict(points)
    variance = float(plain.var())
    shares = []
    for column in range(width):
        if variance <= 0.0:
            shares.append((0.0, 0.0))
            continue
        moved = points.copy()
        moved[:, column] = columns[generator.integers(0, count, _POINTS), column]
        total = float(((plain - predict(moved)) ** 2).mean()) / (2.0 * variance)
        alone = _variance_alone(predict, points[: _POINTS // 4], columns[:, column], column) / variance
        total = min(total, 1.0)
        shares.append((min(alone, total), total))
    return shares


def _variance_alone(predict: Callable[[Real], Real], points: Real, values: Real, column: int) -> float:
    """The variance of the mean prediction over one column's values, all others taken from the points."""
    levels = np.sort(values)[np.linspace(0, len(values) - 1, min(len(values), 8 * _LEVELS)).astype(np.int64)]
    levels, weights = np.unique(levels, return_counts=True)
    if len(levels) > _LEVELS:
        levels = np.sort(values)[((np.arange(_LEVELS) + 0.5) / _LEVELS * len(values)).astype(np.int64)]
        weights = np.ones(_LEVELS, np.int64)
    asked = np.tile(points, (len(levels), 1))
    asked[:, column] = np.repeat(levels, len(points))
    means = predict(asked).reshape(len(levels), len(points)).mean(axis=1)
    middle = np.average(means, weights=weights)
    return float(np.average((means - middle) ** 2, weights=weights))
