"""What a search means, said once more in plain Python, and random runs and searches to ask both."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from flasklab.search.expressions import (
    And,
    Comparison,
    Expression,
    Has,
    Mentions,
    Moment,
    Name,
    Not,
    OneOf,
    Operator,
    Or,
    Source,
    Span,
    Within,
)

if TYPE_CHECKING:
    import random

_MISSING = object()
_INFINITE = {"Infinity": float("inf"), "-Infinity": float("-inf")}
_ORDERS = {Operator.LESS: lt, Operator.AT_MOST: le, Operator.MORE: gt, Operator.AT_LEAST: ge}
_AGGREGATES = ("last", "min", "max", "mean", "count", "step")


@dataclass
class Facts:
    """All that is known of a run."""

    number: int
    fields: dict[str, Any]
    params: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, list[float]] = field(default_factory=dict)  # the points of each
    output: Any = None


def is_meant(run: Facts, expression: Expression) -> bool:
    """Whether an expression is true of a run."""
    match expression:
        case And(parts):
            return all(is_meant(run, part) for part in parts)
        case Or(parts):
            return any(is_meant(run, part) for part in parts)
        case Not(inner):
            return not is_meant(run, inner)
        case Mentions(text):
            return _mentions(run, text)
        case Comparison(name, operator, value):
            return _compares(_value(run, name), operator, value)
        case OneOf(name, values):
            return any(_compares(_value(run, name), Operator.EQUAL, value) for value in values)
        case Has(name):
            return _value(run, name)[0] is not _MISSING
        case Within(value, name):
            found, _ = _value(run, name)
            return isinstance(found, list) and any(_compares((one, False), Operator.EQUAL, value) for one in found)


def _value(run: Facts, name: Name) -> tuple[Any, bool]:
    """The value of a name, and whether it is a field of the run."""
    for source in Source if name.source is None else (name.source,):
        found = _in_source(run, source, name.path)
        if found is not _MISSING:
            return found, source is Source.RUN
    return _MISSING, False


def _in_source(run: Facts, source: Source, path: tuple[str, ...]) -> Any:
    if source is Source.RUN:
        return run.fields.get(".".join(path), _MISSING)
    if source is Source.METRICS:
        aggregate = path[-1] if len(path) > 1 and path[-1] in _AGGREGATES else "last"
        key = ".".join(path[:-1] if len(path) > 1 and path[-1] in _AGGREGATES else path)
        return _aggregate(run.metrics[key], aggregate) if key in run.metrics else _MISSING
    found: Any = run.params if source is Source.PARAMS else run.output
    if source is Source.OUTPUT and path == ("output",) and found is not None and not isinstance(found, dict):
        return found
    for part in path:
        if not isinstance(found, dict) or part not in found:
            return _MISSING
        found = found[part]
    return found


def _aggregate(points: list[float], aggregate: str) -> float:
    match aggregate:
        case "last":
            return points[-1]
        case "mean":
            return sum(points) / len(points)
        case "count" | "step":
            return float(len(points) - (aggregate == "step"))
    return min(points) if aggregate == "min" else max(points)


def _mentions(run: Facts, text: str) -> bool:
    columns = (run.fields["id"], run.fields["experiment"], run.fields["note"], *run.fields["tags"])
    told = [*columns, json.dumps(run.params, separators=(",", ":"), ensure_ascii=False)]
    return any(text.lower() in one.lower() for one in told) or text.removeprefix("#") == str(run.number)


def _compares(found: tuple[Any, bool], operator: Operator, value: Any) -> bool:
    mine, is_field = found
    if mine is _MISSING:
        return False
    if isinstance(value, (Span, Moment)):
        value = value.seconds if is_field else value.text
    match operator:
        case Operator.EQUAL:
            return _equal(mine, value)
        case Operator.UNEQUAL:
            return not _equal(mine, value)
        case Operator.CONTAINS:
            return _contains(mine, value)
        case Operator.LACKS:
            return not _contains(mine, value)
    here, there = _number(mine), None if isinstance(value, str) else _number(value)
    if there is not None:
        return here is not None and _ORDERS[operator](here, there)
    return isinstance(mine, str) and isinstance(value, str) and _ORDERS[operator](mine, value)


def _equal(mine: Any, value: Any) -> bool:
    if isinstance(value, bool) or value is None or isinstance(mine, bool) or mine is None:
        return mine is value
    if _number(value) is not None and not isinstance(value, str):
        return _number(mine) == _number(value)
    return isinstance(mine, str) and mine == value


def _contains(mine: Any, text: Any) -> bool:
    if isinstance(mine, list):
        return any(_contains(one, text) for one in mine if isinstance(one, str))
    return isinstance(mine, str) and str(text).lower() in mine.lower()


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        return _INFINITE.get(value)
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else float(value)


def sorted_by(runs: list[Facts], name: Name, *, descending: bool) -> list[int]:
    """Numbers of the runs in the order that a name asks for: the values of the first source that has it anywhere."""
    sources = [Source.PARAMS, Source.METRICS, Source.OUTPUT, Source.RUN] if name.source is None else [name.source]
    known = [one for one in sources if any(_in_source(run, one, name.path) is not _MISSING for run in runs)]
    source = known[0] if known else Source.RUN
    keys: list[tuple[Any, ...]] = []
    for run in runs:
        found = _in_source(run, source, name.path) if known else run.number
        if source in (Source.PARAMS, Source.OUTPUT) and isinstance(found, (str, bool, int, float)):
            keys.append((*_sort_key(found), run.number))
        elif source in (Source.METRICS, Source.RUN) and found is not _MISSING and found is not None:
            keys.append((found, run.number))
    having = [key for key in keys if key[0] is not None]
    having.sort(reverse=descending or not known)
    there = {key[-1] for key in having}
    return [*(key[-1] for key in having), *sorted((r.number for r in runs if r.number not in there), reverse=True)]


def _sort_key(value: Any) -> tuple[Any, ...]:
    if value == "NaN":
        return (None,)
    if isinstance(value, bool):
        return 2, float(value), ""
    number = _number(value)
    return (1, 0.0, value) if number is None else (0, number, "")


_MODELS = ("svm", "forest", "logistic", "Große", "", "a b", "50%", "x_y")
_ANY: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -3,
    2.5,
    "svm",
    "Infinity",
    "-Infinity",
    "NaN",
    "2",
    [1, "a"],
    {"b": 1},
)


def random_facts(chance: random.Random, number: int) -> Facts:
    """One run of a small world, in which names are shared and values meet."""
    params: dict[str, Any] = {"seed": chance.randrange(3)} if chance.random() < 0.6 else {}
    for name, values in (
        ("model", _MODELS),
        ("lr", (0.1, 0.01, 1e-3, 1, 3)),
        ("x", _ANY),
        ("acc", (0.5, "high", None)),
        ("flags", ([], ["a", "b"], ["a", 1, None, True], "a")),
        ("opt", ({"lr": 0.1, "name": "adam"}, {"lr": None}, {"name": {"deep": "yes"}}, 3)),
        ("val/loss", (1, 2)),
        ("two words", ("there", 5)),
    ):
        if chance.random() < 0.5:
            params[name] = chance.choice(values)
    metrics = {}
    for key in ("acc", "loss", "val/loss", "opt.lr"):
        if chance.random() < 0.5:
            metrics[key] = [chance.choice((0.25, 0.5, 1.0, 2.0)) for _ in range(chance.choice((1, 2, 4)))]
    outputs = (None, 42, "svm", {"output": 3}, {"acc": 0.9, "x": "svm"}, {"x": 1, "model": {"size": 3}}, [1, 2])
    return Facts(number, {}, params, metrics, chance.choice(outputs))


def random_query(chance: random.Random, depth: int = 3) -> str:
    """A search of that world, as it is typed."""
    if depth and chance.random() < 0.5:
        one, other = random_query(chance, depth - 1), random_query(chance, depth - 1)
        return chance.choice((f"({one} and {other})", f"({one} or {other})", f"({one}) ({other})", f"not ({one})"))
    return chance.choice((_any_comparison, _field_comparison, _other))(chance)


_NAMES = (
    *("model", "lr", "x", "acc", "flags", "opt", "opt.lr", "opt.name", "opt.name.deep", "val/loss", "`two words`"),
    *("loss", "loss.min", "acc.max", "loss.count", "output", "seed", "nobody", "model.size"),
    *("params.x", "params.acc", "metrics.acc", "metrics.acc.mean", "output.x", "output.acc", "metrics.val/loss"),
)
_VALUES = (
    *('"svm"', "forest", "0.1", "0.5", "0.9", "1", "2", "3", "-3", "2.5", "true", "false", "none", '"2"', '"Große"'),
    *("5m", "2026-01-01", "+inf", "-inf", '"Infinity"', '""', "42", '"a b"', "1e-3", '"NaN"', "adam", "yes", '"50%"'),
)
_FIELDS = (
    *("state == succeeded", "state != failed", "state in (failed, succeeded)", "experiment == e1", "experiment ~ e"),
    *("number > 10", "number in (3, 5, 7)", "created > -2h", "created <= -30m", "finished == none", "took > 5s"),
    *("took <= 1m", "note ~ penguin", 'note == ""', "note !~ Fish", "tags == good", '"good" in tags', "tags ~ oo"),
    *("tags != good", "by == ann", "attempt >= 1", "pinned == true", "pinned == false", "error ~ memory"),
    *("error.type == ValueError", "error == none", "run.seed == 2", "run.seed != 2", "id ~ a", "started != none"),
)


def _any_comparison(chance: random.Random) -> str:
    name, value = chance.choice(_NAMES), chance.choice(_VALUES)
    if name == "seed":  # is a field of every run, too, so that only numbers may be asked for
        value = chance.choice(("0", "1", "2", "2.5"))
    if chance.random() < 0.15:
        values = value if name == "seed" else f"{value}, {chance.choice(_VALUES)}"
        return f"{name} {chance.choice(('in', 'not in'))} ({values})"
    operators = ["==", "!=", "=", "<", "<=", ">", ">=", "~", "!~"]
    if name == "seed":
        operators = operators[:7]
    if value == "none":
        operators = operators[:3]
    return f"{name} {chance.choice(operators)} {value}"


def _field_comparison(chance: random.Random) -> str:
    return chance.choice(_FIELDS)


def _other(chance: random.Random) -> str:
    name = chance.choice([name for name in _NAMES if name != "seed"])
    value = chance.choice(('"a"', "1", "none", "true", '"svm"'))
    words = ("svm", "penguin", "failed", '"a b"', "#7", "Gro", "50%", "e1", "nothing")
    return chance.choice((f"has {name}", f"{value} in {name.removesuffix('.count')}", chance.choice(words)))
