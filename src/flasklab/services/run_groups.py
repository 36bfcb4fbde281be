"""Runs equal in everything but the seed, or in all but chosen parameters, as one row each, with summaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from flasklab.runs.json import non_finite
from flasklab.runs.state import RunState
from flasklab.runs.system_metrics import is_system
from flasklab.statistics.grouping import SEED, group
from flasklab.statistics.samples import Sample
from flasklab.statistics.summaries import summarize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from flasklab.runs.run import Run
    from flasklab.statistics.summaries import Summary

Kind: TypeAlias = Literal["metric", "output"]  # what a run logged, and what it returned

_WHOLE = "output"  # name of what a function returned, where that is one number


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGroup:
    """Runs of one experiment that are equal in all parameters but those left out."""

    key: str  # "train:0f3a...": the same for the same experiment and parameters, whatever other runs there are
    experiment: str
    name: str  # what tells it from the other groups of the experiment: "lr=0.1, model=svm"; else the experiment
    parameters: Mapping[str, Any]  # by dotted name, without those left out
    runs: tuple[Run, ...]  # all of them, in the order in which they were given
    succeeded: tuple[Run, ...]  # those of them that the summaries are about
    metrics: Mapping[str, Summary]  # of the last value of each metric, by its name
    outputs: Mapping[str, Summary]  # of each number in what the runs returned, by dotted name


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGroups:
    """Runs in groups, by experiment and then by the parameters in which they differ."""

    groups: tuple[RunGroup, ...]
    differing: Mapping[str, tuple[str, ...]]  # by experiment: dotted names of the parameters in which its groups differ


def group_runs(runs: Sequence[Run], ignore: Collection[str] = (SEED,)) -> RunGroups:
    """Put runs into groups.

    Only runs that succeeded are summarized: what another one logged last says where it stopped, not how good it is.
    A run that lacks a value counts in none of that value's numbers.

    Args:
        runs: of any experiments, in any order
        ignore: names of the parameters that are left out, dotted ones nested
    """
    by_experiment: dict[str, list[Run]] = {}
    for run in runs:
        by_experiment.setdefault(run.experiment, []).append(run)
    groups = []
    differing = {}
    for experiment, mine in sorted(by_experiment.items()):
        grouping = group([run.params for run in mine], ignore)
        differing[experiment] = grouping.differing
        for one in grouping.groups:
            members = tuple(mine[at] for at in one.members)
            succeeded = tuple(run for run in members if run.state is RunState.SUCCEEDED)
            groups.append(
                RunGroup(
                    key=f"{experiment}:{one.key}",
                    experiment=experiment,
                    name=_name(experiment, one.parameters, grouping.differing),
                    parameters=one.parameters,
                    runs=members,
                    succeeded=succeeded,
                    metrics=_summaries(succeeded, "metric"),
                    outputs=_summaries(succeeded, "output"),
                )
            )
    return RunGroups(groups=tuple(groups), differing=differing)


def sample_of(one: RunGroup, kind: Kind, name: str) -> Sample:
    """A group's values of one metric or output with the seeds of their runs, ready to be compared with another's.

    Runs without the value are not in it.
    """
    found = [(value, run.seed) for run in one.succeeded for key, value in _values(run, kind) if key == name]
    return Sample(name=one.name, values=[value for value, _ in found], seeds=[seed for _, seed in found])


def _summaries(runs: Sequence[Run], kind: Kind) -> dict[str, Summary]:
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, value in _values(run, kind):
            values.setdefault(name, []).append(value)
    return {name: summarize(found) for name, found in sorted(values.items())}


def _values(run: Run, kind: Kind) -> Iterator[tuple[str, float]]:
    if kind == "metric":
        return ((key, metric.last) for key, metric in run.metrics.items() if not is_system(key))
    return _numbers(run.output, _WHOLE) if not isinstance(run.output, dict) else _numbers(run.output, "")


def _numbers(value: Any, name: str) -> Iterator[tuple[str, float]]:
    """The numbers in what a run returned; those in lists are no single values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield name, value
    elif isinstance(value, str):
        number = non_finite(value)
        if number is not None:
            yield name, number


def _name(experiment: str, parameters: Mapping[str, Any], differing: Sequence[str]) -> str:
    told = [f"{name}={parameters[name]}" for name in differing if name in parameters]
    return ", ".join(told) or experiment
