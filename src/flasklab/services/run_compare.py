"""Comparing runs: two to fifty of them side by side, all read by a few questions however many they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.errors import InvalidParametersError, ParameterError, RunNotFoundError
from flasklab.runs.comparing import metric_rows, output_rows, parameter_rows, value_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flasklab.runs.comparing import Directions, RankedRow, ValueRow
    from flasklab.runs.run import Run
    from flasklab.store.store import Store

FEWEST, MOST = 2, 50  # runs of a comparison
_NUMBER = re.compile(r"#?([0-9]{1,18})")


class UnknownRunsError(RunNotFoundError):
    """Some of the runs that were to be compared do not exist."""

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(missing[0])
        named = ", ".join(repr(text[:40]) for text in missing[:5]) + (" and others" if len(missing) > 5 else "")
        what = "is no run" if len(missing) == 1 else "are no runs"
        self.args = (f"There {what} {named}. Deleted for good, or the number or id is mistyped.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Runs side by side; every row has a value for each, in their order."""

    runs: tuple[Run, ...]  # the baseline first, where there is one
    baseline: Run | None
    parameters: tuple[ValueRow, ...]
    outputs: tuple[RankedRow, ...]
    metrics: tuple[RankedRow, ...]  # last, least and greatest value of each
    environment: tuple[ValueRow, ...]  # Python, platform, code, Git, environment variables
    packages: tuple[ValueRow, ...]  # versions by package
    environments: tuple[Mapping[str, Any] | None, ...]  # as recorded; None of a run that has not begun

    def pair(self, left: str = "", right: str = "") -> tuple[Run, Run]:
        """Two of the runs, by id or number, to be told apart line by line: the first two where nobody says which.

        Raises:
            InvalidParametersError: one of them is not among the runs.
        """
        other = _one_of(right, self.runs, "right")
        one = _one_of(left, self.runs, "left") or next(run for run in self.runs if run is not other)
        if other is None or other is one:
            other = next(run for run in self.runs if run is not one)
        return one, other

    def environment_of(self, run: Run) -> Mapping[str, Any] | None:
        """What was recorded of the surroundings of one of the runs."""
        return self.environments[self.runs.index(run)]


class RunCompare:
    """Puts runs side by side.

    Args:
        store: where they are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, wanted: Sequence[str], baseline: str = "", directions: Directions | None = None) -> Comparison:
        """The runs of these ids or numbers, in this order, each once.

        Args:
            wanted: ids, or numbers like "12" and "#12"
            baseline: the one of them that the others are told by; "" for none
            directions: what is better, where it is not what a name says

        Raises:
            InvalidParametersError: fewer than two or more than fifty, or a baseline that is not among them.
            UnknownRunsError: some of them do not exist.
        """
        texts = list(dict.fromkeys(text for text in (one.strip() for one in wanted) if text))
        if len(texts) < FEWEST:
            said = "one is given" if texts else "none is given"
            raise _refused("run", f"must name at least two runs to compare: {said}")
        if len(texts) > MOST:
            raise _refused("run", f"must name at most {MOST} runs: {len(texts):,} are given")
        numbers = {int(match[1]) for text in texts if (match := _NUMBER.fullmatch(text))}
        with self._store.read() as unit:
            found = unit.runs.several(texts, numbers)
            recorded = unit.environments.several({run.environment_id for run in found if run.environment_id})
        runs = _in_order(texts, found)
        pinned = _one_of(baseline, runs, "baseline")
        if pinned is not None:
            runs = [pinned, *(run for run in runs if run is not pinned)]
        environments = tuple(recorded.get(run.environment_id or "") for run in runs)
        base = None if pinned is None else 0
        return Comparison(
            runs=tuple(runs),
            baseline=pinned,
            parameters=parameter_rows(runs),
            outputs=output_rows(runs, base, directions),
            metrics=metric_rows(runs, base, directions),
            environment=value_rows([_surroundings(one) for one in environments]),
            packages=value_rows([(one or {}).get("packages") or {} for one in environments]),
            environments=environments,
        )


def _in_order(texts: Sequence[str], found: Sequence[Run]) -> list[Run]:
    by_id, by_number = {run.id: run for run in found}, {run.number: run for run in found}
    runs: dict[str, Run] = {}
    missing = []
    for text in texts:
        match = _NUMBER.fullmatch(text)
        run = by_id.get(text) or (by_number.get(int(match[1])) if match else None)
        if run is None:
            missing.append(text)
        else:
            runs[run.id] = run
    if missing:
        raise UnknownRunsError(missing)
    if len(runs) < FEWEST:
        raise _refused("run", "must name at least two runs to compare: the same one is given twice")
    return list(runs.values())


def _one_of(text: str, runs: Sequence[Run], name: str) -> Run | None:
    """The run that the argument `name` means; None where it is empty."""
    text = text.strip()
    if not text:
        return None
    for run in runs:
        if text in (run.id, str(run.number), f"#{run.number}"):
            return run
    raise _refused(name, f"is not one of the runs that are compared: {text[:40]!r}")


def _surroundings(environment: Mapping[str, Any] | None) -> dict[str, Any]:
    """What was recorded of a run's surroundings but packages and sources, under names for people."""
    if environment is None:
        return {}
    git = environment.get("git") or {}
    found = {
        "Python": environment.get("python"),
        "Implementation": environment.get("implementation"),
        "Platform": environment.get("platform"),
        "Code": environment.get("code"),
        "Git commit": git.get("commit"),
        "Git branch": git.get("branch"),
        "Uncommitted changes": git.get("dirty"),
    }
    variables = environment.get("env") or {}
    return {name: value for name, value in found.items() if value is not None} | dict(sorted(variables.items()))


def _refused(name: str, why: str) -> InvalidParametersError:
    return InvalidParametersError((ParameterError(name, why),))
