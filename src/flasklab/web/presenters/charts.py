"""Which metrics share a chart, and under which heading: the islands' `families.ts` follows the same rule.

`train/loss` and `val/loss` are two curves of one chart; any other prefix is a section of its own. What the lab
measures of a run's processes has charts named with their units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPLITS = ("train", "training", "val", "valid", "validation", "test", "eval")
_SPLIT_PREFIX = re.compile(rf"^(?:{'|'.join(_SPLITS)})_(?=.)")

_SYSTEM = "system/"
_SYSTEM_CHARTS = (
    (re.compile(r"cpu"), "CPU, % of one core"),
    (re.compile(r"memory"), "Memory, MiB"),
    (re.compile(r"disk_.*"), "Disk, MiB/s"),
    (re.compile(r"net_.*"), "Network of the machine, MiB/s"),
    (re.compile(r"gpu[0-9]+"), "GPU, %"),
    (re.compile(r"gpu[0-9]+_memory"), "GPU memory, MiB"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart and the metrics drawn in it."""

    title: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Charts under one heading."""

    name: str  # "" for metrics without a prefix of their own
    charts: tuple[Chart, ...]


def family(key: str) -> tuple[str, str]:
    """The section and the chart of a metric: `("", "loss")` for "val/loss" and for "val_loss"."""
    if key.startswith(_SYSTEM):
        name = key.removeprefix(_SYSTEM)
        return "", next((title for names, title in _SYSTEM_CHARTS if names.fullmatch(name)), name)
    parts = key.split("/")
    if len(parts) > 1 and parts[0].lower() in _SPLITS:
        parts = parts[1:]
    section = "/".join(parts[:-1])
    return section, _SPLIT_PREFIX.sub("", parts[-1])


def sections(keys: Iterable[str]) -> tuple[Section, ...]:
    """The metrics arranged in charts, charts in sections, in the order they came up."""
    found: dict[str, dict[str, list[str]]] = {}
    for key in keys:
        section, title = family(key)
        found.setdefault(section, {}).setdefault(title, []).append(key)
    return tuple(
        Section(
            name=name,
            charts=tuple(Chart(title=title, keys=tuple(members)) for title, members in charts.items()),
        )
        for name, charts in found.items()
    )


def leading(found: tuple[Section, ...], most: int) -> tuple[Section, ...]:
    """The first `most` charts, in their sections."""
    kept = []
    for section in found:
        charts = section.charts[:most]
        most -= len(charts)
        if charts:
            kept.append(Section(name=section.name, charts=charts))
    return tuple(kept)


def count(found: tuple[Section, ...]) -> int:
    """How many charts there are."""
    return sum(len(section.charts) for section in found)
