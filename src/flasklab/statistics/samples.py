"""Values of a group of runs, and which of them belong together: runs with the same seed are pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

_LEAST_PAIRS = 5
_ENOUGH = 0.8  # share of the larger group that must have partners: pairs cost the runs without one


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One metric of a group of runs."""

    name: str  # what sentences call the group
    values: Sequence[float]  # one per run, in the metric's unit, NaN and infinities among them
    seeds: Sequence[Hashable] | None = None  # of the same runs; None, for all or one, where nobody knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What the seeds of two groups say."""

    pairs: tuple[tuple[float, float], ...] | None  # finite values of runs with the same seed; None unless they do
    repeated: int  # runs beyond the first one of their seed and group


def match(first: Sample, second: Sample) -> Matched:
    """The pairs of two groups, if nearly all of their runs are in one.

    A seed that a group has twice, or pairs of less than four fifths of the larger group, make the groups independent
    ones: leaving many runs out costs more than pairs bring.

    Raises:
        ValueError: a group has not as many seeds as values.
    """
    one, other = _by_seed(first), _by_seed(second)
    repeated = sum(len(values) - 1 for seeds in (one, other) for values in seeds.values())
    if repeated:
        return Matched(pairs=None, repeated=repeated)
    both = [(one[seed][0], other[seed][0]) for seed in one if seed in other]
    pairs = tuple((a, b) for a, b in both if math.isfinite(a) and math.isfinite(b))
    finite = max(sum(map(math.isfinite, first.values)), sum(map(math.isfinite, second.values)))
    if len(pairs) < max(_LEAST_PAIRS, _ENOUGH * finite):
        return Matched(pairs=None, repeated=0)
    return Matched(pairs=pairs, repeated=0)


def _by_seed(sample: Sample) -> dict[Hashable, list[float]]:
    if sample.seeds is None:
        return {}
    if len(sample.seeds) != len(sample.values):
        raise ValueError(f"{sample.name} has {len(sample.values)} values and {len(sample.seeds)} seeds")
    found: dict[Hashable, list[float]] = {}
    for seed, value in zip(sample.seeds, sample.values, strict=True):
        if seed is not None:
            found.setdefault(seed, []).append(value)
    return found
