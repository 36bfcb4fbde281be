"""Metric series: columns of steps, values and times, whole or in buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Over: TypeAlias = Literal["steps", "times"]  # what a chart's x axis counts


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A closed range of a chart's x axis."""

    low: float
    high: float
    over: Over = "steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A metric as a chart draws it: its points, or as many buckets as the chart has pixels."""

    key: str
    count: int  # points stored, however many are here
    first: float  # least x of all of them, whatever part is here; NaN without points
    last: float  # greatest x of them
    steps: NDArray[Any]  # of the points, or of each bucket's first one
    times: NDArray[Any]  # Unix seconds, likewise
    values: NDArray[Any]  # of the points, or the mean of each bucket's numbers; NaN where there is none
    low: NDArray[Any] | None = None  # least number of each bucket; None where the points themselves are here
    high: NDArray[Any] | None = None  # greatest one
