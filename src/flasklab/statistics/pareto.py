"""Which runs are not beaten in two metrics at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def pareto_front(
    first: ArrayLike, second: ArrayLike, *, first_higher_is_better: bool, second_higher_is_better: bool
) -> NDArray[np.int64]:
    """Positions of the runs on the Pareto front: no other is at least as good in both metrics and better in one.

    By sorting, O(n log n) (Kung, Luccio and Preparata 1975, Journal of the ACM 22, 469). Equal runs are on it together.

    Args:
        first: a metric of each run, of shape (n,), in any unit
        second: another one, of shape (n,), in any unit
        first_higher_is_better: whether larger values of the first are better ones
        second_higher_is_better: whether larger values of the second are better ones

    Returns:
        The positions, from the best of the first metric to the best of the second. Runs with NaN in either are not
        on the front.

    Raises:
        ValueError: there are not as many values of one as of the other.
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"a front needs as many values of one metric as of the other, not {one.size} and {other.size}")
    known = np.flatnonzero(~(np.isnan(one) | np.isnan(other)))
    if not len(known):
        return known
    cost = (-one if first_higher_is_better else one)[known]
    other_cost = (-other if second_higher_is_better else other)[known]
    order = np.lexsort((known, other_cost, cost))
    cost, other_cost = cost[order], other_cost[order]
    before = np.concatenate([[np.inf], np.minimum.accumulate(other_cost)[:-1]])  # the least of those sorted before
    leads = other_cost < before
    leader = np.maximum.accumulate(np.where(leads, np.arange(len(order)), 0))
    same = (cost == cost[leader]) & (other_cost == other_cost[leader])
    found: NDArray[np.int64] = known[order[same]]
    return found
