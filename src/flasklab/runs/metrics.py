"""Metric series: columns of steps, values and times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """New points of one metric, column by column, all of one length."""

    steps: Sequence[int]
    values: Sequence[float]
    times: Sequence[float]  # Unix seconds
    seqs: Sequence[int]  # number of the event each came with


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A metric's points as read back, whole or reduced."""

    key: str
    steps: Sequence[int]
    values: Sequence[float]
    times: Sequence[float]  # Unix seconds
    count: int  # points stored, however many are here
