"""Which queued runs are claimed now: the head of the queue, or, where that must wait, the heads of other experiments.

With a hundred thousand runs queued this costs the same as with a hundred.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from flasklab.runs.admission import Wanted

if TYPE_CHECKING:
    from flasklab.runs.admission import Admission
    from flasklab.store.claims import Claimable
    from flasklab.store.unit import Unit


def choose(unit: Unit, admission: Admission) -> tuple[list[Claimable], bool]:
    """The queued runs that may begin now, in queue order.

    Args:
        unit: the transaction
        admission: has been told of what is under way; is told of what is chosen

    Returns:
        The runs, and whether nothing is left in the queue but them.
    """
    free = admission.free_workers
    if free <= 0:
        return [], False
    found = unit.runs.queued(free)
    for count, one in enumerate(found):
        if not admission.admit(_wanted(one)):
            return found[:count] + _others(unit, admission, {one.number for one in found[:count]}), False
    return found, len(found) < free


def _others(unit: Unit, admission: Admission, chosen: set[int]) -> list[Claimable]:
    """Further runs, experiment by experiment: the first of one that must wait stands for all of it."""
    heads = [(head.rank, head.number, head.experiment) for head in unit.queue.heads()]
    heapq.heapify(heads)
    queues: dict[str, list[Claimable]] = {}
    found: list[Claimable] = []
    while heads and admission.free_workers > 0:
        _, _, experiment = heapq.heappop(heads)
        if experiment not in queues:
            queues[experiment] = unit.queue.of_experiment(experiment, admission.free_workers + len(chosen) + 1)[::-1]
        if not queues[experiment]:
            continue
        one = queues[experiment].pop()
        if one.number not in chosen:
            if not admission.admit(_wanted(one)):
                continue
            found.append(one)
        if queues[experiment]:
            following = queues[experiment][-1]
            heapq.heappush(heads, (following.rank, following.number, experiment))
    return found


def _wanted(one: Claimable) -> Wanted:
    return Wanted(one.number, one.experiment, one.resources)
