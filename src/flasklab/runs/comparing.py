"""Values of several runs side by side: where they differ, which is best, and how far each is from a baseline.

Which direction is better is told by a value's name, as nobody says it of a metric: a loss, an error or a duration is
better when it is lower, anything else when it is higher. Whoever knows better says so.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.runs.dotted import dotted
from flasklab.runs.json import encode, non_finite

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from flasklab.runs.json import Json
    from flasklab.runs.run import Run

SUMMARIES = ("last", "min", "max")  # of a metric, a row each
# Words in the name of a value that is better when it is lower.
_LOWER = frozenset(
    (
        *("loss", "losses", "logloss", "nll", "bce", "perplexity", "ppl", "regret", "cost", "penalty"),
        *("error", "errors", "err", "mse", "rmse", "rmsle", "mae", "mape", "wer", "cer", "fid", "brier", "ece"),
        *("seconds", "minutes", "hours", "time", "latency", "duration", "misses", "failures"),
    )
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRow:
    """One thing that runs have, such as a parameter: a value for each of them."""

    name: str
    values: tuple[Json, ...]  # in the order of the runs; None where one has none
    known: tuple[bool, ...]  # which runs have it: None may be a value too
    differs: bool  # they are not all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedRow:
    """One number that runs came to."""

    row: ValueRow
    of: str  # "last", "min" or "max" of a metric; "" for a value of the output
    lower: bool  # lower is better
    best: tuple[bool, ...]  # the best of the runs, several where they are equal; none where there is nothing to choose
    deltas: tuple[float | None, ...]  # from the baseline; None without one, and where one of the two is no number


@dataclass(frozen=True, slots=True, kw_only=True)
class Directions:
    """What is better, where somebody said it: names of values and metrics."""

    lower: Collection[str] = ()
    higher: Collection[str] = ()

    def is_lower(self, name: str) -> bool:
        """Whether a value of this name is better when it is lower."""
        if name in self.lower:
            return True
        return name not in self.higher and lower_is_better(name)


def lower_is_better(name: str) -> bool:
    """What a name says: true for "val/loss", "fit_seconds", "trainError"; not for "neg_error" or a rate per time."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[0] in ("neg", "negative") or "per" in words:
        return False
    return not _LOWER.isdisjoint(words)


def value_rows(several: Sequence[Mapping[str, Json]]) -> tuple[ValueRow, ...]:
    """A row for each name that any of the mappings has, in the order in which the names come up."""
    rows = []
    for name in dict.fromkeys(name for one in several for name in one):
        known = tuple(name in one for one in several)
        values = tuple(one.get(name) for one in several)
        rows.append(ValueRow(name=name, values=values, known=known, differs=_differ(values, known)))
    return tuple(rows)


def parameter_rows(runs: Sequence[Run]) -> tuple[ValueRow, ...]:
    """The runs' parameters, nested ones under dotted names."""
    return value_rows([dotted(dict(run.params)) for run in runs])


def output_rows(
    runs: Sequence[Run], baseline: int | None = None, directions: Directions | None = None
) -> tuple[RankedRow, ...]:
    """What the runs returned, nested values under dotted names; `baseline` is a place among the runs."""
    outputs = [{} if run.output is None else dotted(run.output, alone="output") for run in runs]
    return tuple(_ranked(row, "", row.name, baseline, directions) for row in value_rows(outputs))


def metric_rows(
    runs: Sequence[Run], baseline: int | None = None, directions: Directions | None = None
) -> tuple[RankedRow, ...]:
    """Three rows of each metric: last, least and greatest value."""
    rows = []
    for key in dict.fromkeys(key for run in runs for key in run.metrics):
        for of in SUMMARIES:
            several = [{key: getattr(run.metrics[key], of)} if key in run.metrics else {} for run in runs]
            rows += [_ranked(row, of, key, baseline, directions) for row in value_rows(several)]
    return tuple(rows)


def number_of(value: Any) -> float | None:
    """The number that a JSON value is, the non-finite ones included; None for anything else."""
    if isinstance(value, str):
        return non_finite(value)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _ranked(row: ValueRow, of: str, name: str, baseline: int | None, directions: Directions | None) -> RankedRow:
    numbers = [number_of(value) for value in row.values]
    lower = (directions or Directions()).is_lower(name)
    return RankedRow(row=row, of=of, lower=lower, best=_best(numbers, lower), deltas=_deltas(numbers, baseline))


def _best(numbers: Sequence[float | None], lower: bool) -> tuple[bool, ...]:
    finite = [number for number in numbers if number is not None and math.isfinite(number)]
    if len(finite) < 2 or min(finite) == max(finite):
        return (False,) * len(numbers)
    wanted = min(finite) if lower else max(finite)
    return tuple(number == wanted for number in numbers)


def _deltas(numbers: Sequence[float | None], baseline: int | None) -> tuple[float | None, ...]:
    base = None if baseline is None else numbers[baseline]
    return tuple(
        None if at == baseline or number is None or base is None or not math.isfinite(number - base) else number - base
        for at, number in enumerate(numbers)
    )


def _differ(values: Sequence[Json], known: Sequence[bool]) -> bool:
    first, has = values[0], known[0]
    return any(there != has or not _same(first, value) for value, there in zip(values[1:], known[1:], strict=True))


def _same(one: Json, other: Json) -> bool:
    """Whether two JSON values are the same: 1 and 1.0 are, 1 and true are not, and NaN is itself."""
    numbers = number_of(one), number_of(other)
    if None not in numbers and numbers[0] == numbers[1]:
        return True
    return encode(one) == encode(other)
