"""Histograms: how often values fall into each of neighbouring bins, counted where the values are."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab.recording.media.bundle import Bundle, Rendering
from flasklab.runs.artifacts import HISTOGRAM

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MAX_BINS = 4_096
_LEAST_WIDTH = 1e-12  # of all bins together, as a share of the values' size; below, doubles have no room for bins


@dataclass(frozen=True, slots=True, init=False)
class Histogram:
    """How `values` are distributed, for `run.show`; what is not finite is counted beside the bins.

    Args:
        values: numbers of Python, NumPy or torch, of any shape
        bins: how many bins of one width lie between the smallest and the largest finite value

    Raises:
        ValueError: `bins` is not 1 to 4,096.
    """

    counts: tuple[float, ...]  # values in each bin
    edges: tuple[float, ...]  # rising; one more than counts
    nan: int  # values that are no number
    inf: int  # infinite values of either sign

    def __init__(self, values: Any, bins: int = 64) -> None:
        if not 1 <= bins <= _MAX_BINS:
            raise ValueError(f"bins={bins} is not between 1 and {_MAX_BINS:,}")
        counts, edges, nan, inf = _counted(values, bins)
        _fill(self, counts, edges, nan, inf)

    @classmethod
    def of_counts(cls, counts: Iterable[Any], edges: Iterable[Any]) -> Histogram:
        """A histogram that was counted already, as `numpy.histogram` returns it.

        Args:
            counts: values in each bin, or their density
            edges: where the bins begin and the last one ends, rising; one more than counts

        Raises:
            ValueError: the two do not go together.
        """
        heights = tuple(float(count) for count in counts)
        borders = tuple(float(edge) for edge in edges)
        if len(borders) != len(heights) + 1 or not heights:
            raise ValueError(f"{len(heights)} counts need {len(heights) + 1} edges, not {len(borders)}")
        if not all(map(math.isfinite, (*heights, *borders))) or min(heights) < 0:
            raise ValueError("counts and edges have to be finite, and counts not negative")
        if any(right <= left for left, right in pairwise(borders)):
            raise ValueError("edges have to rise from one to the next")
        made = cls.__new__(cls)
        _fill(made, heights, borders, 0, 0)
        return made


def _fill(made: Histogram, counts: tuple[float, ...], edges: tuple[float, ...], nan: int, inf: int) -> None:
    for name, value in (("counts", counts), ("edges", edges), ("nan", nan), ("inf", inf)):
        object.__setattr__(made, name, value)  # it is frozen


def histogram(obj: Any) -> Bundle | None:
    """A `Histogram`, or the pair that `numpy.histogram` returns, as bins for the page and as CSV."""
    found = obj if isinstance(obj, Histogram) else _numpy_pair(obj)
    if found is None:
        return None
    meta = {
        "min": found.edges[0],
        "max": found.edges[-1],
        "top": max(found.counts),
        "bins": len(found.counts),
        "values": _plain(sum(found.counts)) + found.nan + found.inf,
    }
    drawn = {
        "edges": found.edges,
        "counts": [_plain(count) for count in found.counts],
        "nan": found.nan,
        "inf": found.inf,
    }
    return Bundle(
        name="histogram",
        renderings=(
            Rendering(ending=".histogram.json", media_type=HISTOGRAM, content=msgspec.json.encode(drawn), meta=meta),
            Rendering(ending=".csv", media_type="text/csv", content=lambda path: _write_csv(path, found)),
        ),
    )


def is_histogram(obj: Any) -> bool:
    """Whether `histogram` would draw it."""
    return isinstance(obj, Histogram) or _numpy_pair(obj) is not None


def _write_csv(path: Path, found: Histogram) -> None:
    bins = ((*edges, count) for edges, count in zip(pairwise(found.edges), found.counts, strict=True))
    lines = ["from,to,count", *(f"{low!r},{high!r},{_plain(count)!r}" for low, high, count in bins)]
    if found.nan or found.inf:
        lines += [f"NaN,NaN,{found.nan}", f"-Infinity,Infinity,{found.inf}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _numpy_pair(obj: Any) -> Histogram | None:
    """Counts and edges as `numpy.histogram` returns them: two flat arrays, the second longer by one and rising."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(obj) is not tuple or len(obj) != 2:
        return None
    counts, edges = obj
    flat = all(isinstance(part, numpy.ndarray) and part.ndim == 1 and part.dtype.kind in "iuf" for part in obj)
    if not flat or len(edges) != len(counts) + 1 or edges.dtype.kind != "f":
        return None
    try:
        return Histogram.of_counts(counts, edges)
    except ValueError:
        return None


def _plain(count: float) -> float | int:
    return int(count) if count.is_integer() else count


def _counted(values: Any, bins: int) -> tuple[tuple[float, ...], tuple[float, ...], int, int]:
    """Counts and edges of equal bins, how many values are NaN, and how many infinite."""
    import numpy as np  # counting is NumPy's; a dependency, imported by what asks for it

    torch = sys.modules.get("torch")
    if torch is not None and isinstance(values, torch.Tensor):
        values = values.detach().cpu().double().numpy()
    numbers = np.asarray(values if hasattr(values, "__array__") else _listed(values), dtype=np.float64).ravel()
    known = numbers[np.isfinite(numbers)]
    nan = int(np.isnan(numbers).sum())
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if not high - low > _LEAST_WIDTH * max(abs(low), abs(high)):  # one value, or no room for edges between
        room = max(abs(low), 1.0) / 2
        low, high = low - room, high + room
    elif not math.isfinite(high - low):  # beyond what a width can say
        low, high = max(low, -sys.float_info.max / 4), min(high, sys.float_info.max / 4)
        known = known.clip(low, high)
    counts, edges = np.histogram(known, bins=bins, range=(low, high))
    return tuple(map(float, counts.tolist())), tuple(edges.tolist()), nan, numbers.size - known.size - nan


def _listed(values: Any) -> Any:
    """Numbers as `numpy.asarray` takes them: generators and sets have to be gone through first."""
    return values if isinstance(values, (list, tuple, int, float)) else list(values)
