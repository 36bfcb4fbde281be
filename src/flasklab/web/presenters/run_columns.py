"""The columns of a table of runs that are made from what runs have: parameters, metrics, output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.runs.dotted import dotted
from flasklab.runs.json import finite, non_finite
from flasklab.runs.system_metrics import is_system
from flasklab.web.presenters import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from flasklab.runs.run import Run

_PARAMETERS = 8
_METRICS = 4
_OUTPUTS = 6
_MOST_NAMES = 200  # to choose columns from
_AGGREGATES = ("last", "min", "max", "mean", "count", "step")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column made from a parameter, a metric or an output value."""

    key: str  # as the heading says it
    kind: str  # "param", "metric" or "output"
    name: str  # as a search says it, with its source: "params.lr"
    numeric: bool  # right-aligned
    sorted: str = ""  # "ascending" or "descending" where the table is sorted by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value in a made column."""

    text: str  # "" where the run has none
    title: str  # the value with every digit, for the tooltip
    numeric: bool
    default: bool  # a parameter left at its default


_SOURCES = {"param": "params", "metric": "metrics", "output": "output"}
_KINDS = {source: kind for kind, source in _SOURCES.items()}


def scalars(output: Any) -> dict[str, Any]:
    """What an output holds in single values, by dotted name."""
    found = dotted(output, alone="output")
    return {name: item for name, item in found.items() if item is not None and not isinstance(item, (dict, list))}


def is_number(item: Any) -> bool:
    """Whether a JSON value is a number, the non-finite ones included."""
    if isinstance(item, str):
        return non_finite(item) is not None
    return isinstance(item, (int, float)) and not isinstance(item, bool)


def own_columns(runs: Sequence[Run]) -> tuple[Column, ...]:
    """Those that tell runs of one experiment apart: differing parameters first, then metrics and outputs."""
    outputs = list(_outputs(runs))
    named = {column.key for column in outputs}
    metrics = [column for column in _metrics(runs) if column.key not in named]
    return (*_parameters(runs), *metrics[:_METRICS], *outputs[:_OUTPUTS])


def chosen_columns(names: Iterable[str], runs: Sequence[Run]) -> tuple[Column, ...]:
    """The columns of these names, such as "params.lr", "metrics.loss.min", "output.accuracy"; others are left out."""
    found = []
    for name in dict.fromkeys(names):
        source, _, key = name.partition(".")
        kind = _KINDS.get(source)
        if kind is not None and key:
            values = [value for run in runs if (value := _value(run, kind, key)) is not None]
            found.append(_column(kind, key, all(map(is_number, values))))
    return tuple(found)


def column_names(runs: Sequence[Run]) -> list[str]:
    """What the columns of these runs can be chosen from."""
    found: dict[str, None] = {}
    for kind, keys in (
        ("param", lambda run: dotted(run.params)),
        ("metric", lambda run: [key for key in run.metrics if not is_system(key)]),
        ("output", lambda run: scalars(run.output)),
    ):
        _collect(found, kind, keys, runs)
    return list(found)[:_MOST_NAMES]


def _collect(found: dict[str, None], kind: str, keys: Callable[[Run], Iterable[str]], runs: Sequence[Run]) -> None:
    for run in runs:
        found |= dict.fromkeys(f"{_SOURCES[kind]}.{key}" for key in keys(run))


def cells(run: Run, columns: Iterable[Column]) -> Iterator[Cell]:
    """A run's values in these columns."""
    params, outputs = dotted(run.params), scalars(run.output)
    for column in columns:
        values: Mapping[str, Any] = params if column.kind == "param" else outputs
        if column.kind == "metric":
            item = _metric(run, column.key)
            values = {} if item is None else {column.key: item}
        known = column.key in values
        item = values.get(column.key)
        yield Cell(
            text=_text(item, column) if known else "",
            title=formats.value(item, exact=True, limit=400) if known else "",
            numeric=column.numeric,
            default=column.kind == "param" and column.key.partition(".")[0] not in run.given,
        )


def _text(item: Any, column: Column) -> str:
    return formats.brief(item) if column.kind == "param" else formats.value(item, limit=40)


def _column(kind: str, key: str, numeric: bool) -> Column:
    return Column(key=key, kind=kind, name=f"{_SOURCES[kind]}.{key}", numeric=numeric)


def _value(run: Run, kind: str, key: str) -> Any:
    if kind == "metric":
        return _metric(run, key)
    return (dotted(run.params) if kind == "param" else scalars(run.output)).get(key)


def _metric(run: Run, key: str) -> Any:
    """A number of a metric's summary: the last one where the key names no other."""
    start, _, aggregate = key.rpartition(".")
    summary = run.metrics.get(key)
    if summary is not None:
        return finite(summary.last)
    if start in run.metrics and aggregate in _AGGREGATES:
        return finite(getattr(run.metrics[start], aggregate))
    return None


def _parameters(runs: Sequence[Run]) -> list[Column]:
    """Columns of the parameters in which these runs differ."""
    all_params = [dotted(run.params) for run in runs]
    differing = []
    for name in dict.fromkeys(name for params in all_params for name in params):
        texts = {formats.value(params.get(name), exact=True) for params in all_params}
        if len(texts) > 1:
            numeric = all(is_number(params[name]) for params in all_params if params.get(name) is not None)
            differing.append(_column("param", name, numeric))
    return differing[:_PARAMETERS]


def _metrics(runs: Sequence[Run]) -> Iterator[Column]:
    keys = dict.fromkeys(key for run in runs for key in run.metrics if not is_system(key))
    return (_column("metric", key, numeric=True) for key in keys)


def _outputs(runs: Sequence[Run]) -> Iterator[Column]:
    values: dict[str, list[Any]] = {}
    for run in runs:
        for key, item in scalars(run.output).items():
            values.setdefault(key, []).append(item)
    return (_column("output", key, all(map(is_number, items))) for key, items in values.items())
