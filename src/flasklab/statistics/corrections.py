"""Many comparisons at once: p values adjusted, so that one of twenty is not luck taken for a find."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values; those below a level have, all together, at most that chance of one false find.

    Holm 1979 (Scandinavian Journal of Statistics 6, 65), whatever depends on what: the k-th smallest of m is
    multiplied by m - k + 1, and none is below the one before it.

    Args:
        p_values: in [0, 1], in any order; NaN stands for no test, stays NaN and counts for none

    Returns:
        As many, in the same order.

    Raises:
        ValueError: one is outside [0, 1].
    """
    order = _ascending(p_values)
    adjusted = list(p_values)
    reached = 0.0
    for place, at in enumerate(order):
        reached = max(reached, min(1.0, (len(order) - place) * p_values[at]))
        adjusted[at] = reached
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values; of those below a level, on average at most that share are false finds.

    Benjamini and Hochberg 1995 (Journal of the Royal Statistical Society B 57, 289), for tests that are independent or
    depend on each other positively: the k-th smallest of m is multiplied by m / k, and none is above the one after it.

    Args:
        p_values: in [0, 1], in any order; NaN stands for no test, stays NaN and counts for none

    Returns:
        As many, in the same order.

    Raises:
        ValueError: one is outside [0, 1].
    """
    order = _ascending(p_values)
    adjusted = list(p_values)
    reached = 1.0
    for place, at in reversed(list(enumerate(order, start=1))):
        reached = min(reached, p_values[at] * len(order) / place)
        adjusted[at] = reached
    return adjusted


def _ascending(p_values: Sequence[float]) -> list[int]:
    """Where the p values stand, from the smallest on."""
    known = [at for at, p in enumerate(p_values) if not math.isnan(p)]
    if not all(0.0 <= p_values[at] <= 1.0 for at in known):
        raise ValueError("a p value must be within [0, 1]")
    return sorted(known, key=lambda at: p_values[at])
