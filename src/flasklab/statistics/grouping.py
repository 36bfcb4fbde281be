"""Runs equal in everything but some parameters, such as the seed, as one group; without NumPy, as all lists need it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

Path: TypeAlias = tuple[str, ...]  # names from the outside in

SEED: Final = "seed"


class _Mark:
    """A value that equals nothing else."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


MISSING: Final = _Mark("missing")  # a parameter that a run does not have
_NAN: Final = _Mark("NaN")  # equal to itself, as NaN is not
_TRUE: Final = _Mark("true")  # Python's True equals 1
_FALSE: Final = _Mark("false")
_PLAIN: Final = frozenset({str, int, float})  # NaN is set right when a group is looked at closely


@dataclass(frozen=True)
class Group:
    """Runs that are equal in all parameters but those left out."""

    parameters: Mapping[str, Any]  # by dotted name, as the group's first run has them; without those left out
    members: tuple[int, ...]  # positions of its runs, ascending
    identity: tuple[tuple[Path, Any], ...]  # equal for equal groups, of any list of runs

    @cached_property
    def key(self) -> str:
        """16 hex digits that stand for its parameters in addresses: the same for equal ones, in any list of runs."""
        return hashlib.sha256(repr(self.identity).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Runs in groups."""

    groups: tuple[Group, ...]  # by differing parameters: numbers by size, then texts, missing ones last
    differing: tuple[str, ...]  # dotted names of the parameters in which groups differ, sorted


def group(runs: Sequence[Mapping[str, Any]], ignore: Collection[str] = (SEED,)) -> Grouping:
    """Put runs into groups.

    Numbers are equal by value (1 and 1.0), NaN equals itself, true is no number, the order of names does not matter,
    and a missing one is not null. Time grows with the number of values; 100,000 runs of ten
    parameters take less than a second.

    Args:
        runs: each one's parameters, JSON values of any depth
        ignore: names that are left out; dotted ones are nested ("optimizer.seed"), and with a name all that is in it
    """
    left_out = {tuple(name.split(".")) for name in ignore}
    members: dict[frozenset[tuple[Path, Any]], list[int]] = {}
    for positions in _alike(runs, {path[0] for path in left_out if len(path) == 1}):
        identity = frozenset((path, _frozen(value)) for path, value in leaves(runs[positions[0]], left_out))
        members.setdefault(identity, []).extend(positions)
    differing = _differing(members)
    ordered = sorted(members.items(), key=lambda item: _order(dict(item[0]), differing))
    return Grouping(
        groups=tuple(_group(runs, identity, positions) for identity, positions in ordered),
        differing=tuple(".".join(path) for path in differing),
    )


def leaves(params: Mapping[str, Any], left_out: Collection[Path] = (), path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The single values among parameters, nested ones under the path of names to them; lists are one value."""
    for name, value in params.items():
        where = (*path, name)
        if where in left_out:
            continue
        if isinstance(value, dict) and value:
            yield from leaves(value, left_out, where)
        else:
            yield where, value


def _alike(runs: Sequence[Mapping[str, Any]], left_out: Collection[str]) -> Iterable[list[int]]:
    """Positions of runs that look the same at a glance, so that only one of them need be looked at closely."""
    found: dict[tuple[Any, ...], list[int]] = {}
    shapes: dict[tuple[str, ...], tuple[str, ...]] = {}
    for at, params in enumerate(runs):
        names = tuple(params)
        kept = shapes.get(names)
        if kept is None:
            kept = shapes[names] = tuple(sorted(name for name in names if name not in left_out))
        values = [params[name] for name in kept]
        glance = (kept, *[value if type(value) in _PLAIN else _frozen(value) for value in values])
        found.setdefault(glance, []).append(at)
    return found.values()


def _frozen(value: Any) -> Any:
    """A hashable value that is equal for equal parameters alone."""
    if value is True:
        return _TRUE
    if value is False:
        return _FALSE
    if isinstance(value, float) and value != value:
        return _NAN
    if isinstance(value, (list, tuple)):
        return ("list", *map(_frozen, value))
    if isinstance(value, dict):
        return ("dict", *sorted((name, _frozen(inner)) for name, inner in value.items()))
    return value


def _differing(members: Mapping[frozenset[tuple[Path, Any]], Any]) -> list[Path]:
    """The parameters that not all groups have with one value, sorted."""
    if len(members) < 2:
        return []
    identities = iter(members)
    everywhere = set(next(identities))
    anywhere = set(everywhere)
    for identity in identities:
        everywhere &= identity
        anywhere |= identity
    return sorted({path for path, _ in anywhere - everywhere})


def _order(values: Mapping[Path, Any], differing: Sequence[Path]) -> list[tuple[int, float, str]]:
    return [_place(values.get(path, MISSING)) for path in differing]


def _place(value: Any) -> tuple[int, float, str]:
    if isinstance(value, (int, float)):
        try:
            return 0, float(value), repr(value) if isinstance(value, int) else ""
        except OverflowError:
            return (0, float("inf") if value > 0 else float("-inf"), "")
    if isinstance(value, str):
        return 1, 0.0, value
    return (3 if value is MISSING else 2), 0.0, repr(value)


def _group(runs: Sequence[Mapping[str, Any]], identity: frozenset[tuple[Path, Any]], positions: Sequence[int]) -> Group:
    ordered = tuple(sorted(((path, _canonical(value)) for path, value in identity), key=lambda item: item[0]))
    first = runs[min(positions)]
    parameters = {".".join(path): _value_at(first, path) for path, _ in ordered}
    return Group(parameters=parameters, members=tuple(sorted(positions)), identity=ordered)


def _canonical(value: Any) -> Any:
    """Equal numbers as one of them, so that their text is the same too."""
    if type(value) is float and value.is_integer():
        return int(value)
    if type(value) is tuple:
        return tuple(map(_canonical, value))
    return value


def _value_at(params: Mapping[str, Any], path: Path) -> Any:
    value: Any = params
    for name in path:
        value = value[name]
    return value
