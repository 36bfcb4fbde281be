"""Runs that are equal in all but the seed, found by a search, and whether the best of them is really the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flasklab.runs.comparing import lower_is_better
from flasklab.services.run_groups import group_runs, sample_of
from flasklab.services.run_search import RunSearch

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from flasklab.services.run_groups import Kind, RunGroup, RunGroups
    from flasklab.services.run_search import RunQuery
    from flasklab.statistics.comparing import Comparison
    from flasklab.statistics.summaries import Summary
    from flasklab.store.store import Store

MOST_RUNS = 2000
"""The newest so many of the runs that are meant are put into groups."""
LEAST_RUNS = 5
"""Of a group; nothing is said of one that has fewer."""
_MOST_COMPARED = 10  # groups; a bootstrap each


@dataclass(frozen=True, slots=True)
class Measured:
    """What groups are compared by."""

    kind: Kind
    name: str

    @property
    def full_name(self) -> str:
        """As a search says it."""
        return f"{'output' if self.kind == 'output' else 'metrics'}.{self.name}"

    def of(self, group: RunGroup) -> Summary | None:
        """A group's summary of it; None where none of its runs has it."""
        return (group.outputs if self.kind == "output" else group.metrics).get(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGroups:
    """Groups, the best first."""

    groups: tuple[RunGroup, ...]
    differing: dict[str, tuple[str, ...]]  # by experiment: parameters in which its groups differ
    values: tuple[Measured, ...]  # what they could be compared by: parts of the output, then metrics
    by: Measured | None  # what they are compared by; None where no run has a number
    lower: bool  # lower is better
    comparisons: tuple[Comparison, ...]  # of the next best with the best, of those that have runs enough
    sentences: tuple[str, ...]  # what each of these says
    few: int  # groups with too few runs to be compared
    least: int = LEAST_RUNS  # that it takes
    more: bool  # there are more runs than were looked at


class GroupSearch:
    """Finds groups.

    Args:
        store: where runs are kept
    """

    def __init__(self, store: Store) -> None:
        self._search = RunSearch(store)

    def __call__(
        self, query: RunQuery, ignore: Collection[str], by: str = "", *, lower: bool | None = None
    ) -> FoundGroups:
        """The groups of the runs that a query means.

        Args:
            query: which runs
            ignore: dotted names of the parameters that are left out
            by: "output.accuracy" or "metrics.loss"; the first there is when empty, or unknown
            lower: whether lower values are better; told by the name when not given
        """
        page = self._search(query, limit=MOST_RUNS)
        found = group_runs(page.runs, ignore)
        values = _values(found)
        measured = next((one for one in values if one.full_name == by), next(iter(values), None))
        is_lower = lower_is_better(measured.name) if measured is not None and lower is None else bool(lower)
        groups = _best_first(found.groups, measured, lower=is_lower)
        enough: list[RunGroup] = (
            [] if measured is None else [one for one in groups if _count(one, measured) >= LEAST_RUNS]
        )
        comparisons, sentences = ((), ()) if measured is None else _compared(enough, measured, lower=is_lower)
        return FoundGroups(
            groups=groups,
            differing=dict(found.differing),
            values=values,
            by=measured,
            lower=is_lower,
            comparisons=comparisons,
            sentences=sentences,
            few=len(groups) - len(enough),
            more=page.next is not None,
        )


def _values(found: RunGroups) -> tuple[Measured, ...]:
    outputs = dict.fromkeys(name for one in found.groups for name in one.outputs)
    metrics = dict.fromkeys(name for one in found.groups for name in one.metrics)
    return (*(Measured("output", name) for name in outputs), *(Measured("metric", name) for name in metrics))


def _best_first(groups: Sequence[RunGroup], by: Measured | None, *, lower: bool) -> tuple[RunGroup, ...]:
    def place(group: RunGroup) -> tuple[bool, float]:
        summary = None if by is None else by.of(group)
        if summary is None or summary.mean is None:
            return True, 0.0
        return False, summary.mean if lower else -summary.mean

    return tuple(sorted(groups, key=place))


def _count(group: RunGroup, by: Measured | None) -> int:
    summary = None if by is None else by.of(group)
    return 0 if summary is None else summary.n


def _compared(
    groups: Sequence[RunGroup], by: Measured, *, lower: bool
) -> tuple[tuple[Comparison, ...], tuple[str, ...]]:
    """The comparisons with the first group, and what they say."""
    if len(groups) < 2:
        return (), ()
    from flasklab.statistics.comparing import compare_all  # these load NumPy, which most labs' web processes never need
    from flasklab.statistics.sentences import sentence

    samples = [sample_of(one, by.kind, by.name) for one in groups[: _MOST_COMPARED + 1]]
    found = compare_all(samples, baseline=0, metric=by.name, higher_is_better=not lower)
    return found, tuple(map(sentence, found))
