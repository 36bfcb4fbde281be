from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from flasklab.recording.media.histograms import Histogram, histogram


def drawn(obj: Any) -> Any:
    bundle = histogram(obj)
    assert bundle is not None
    content = bundle.renderings[0].content
    assert isinstance(content, bytes)
    return msgspec.json.decode(content)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 2, 5],
        (1.0, 2.0, 2.0, 5.0),
        np.array([[1, 2], [2, 5]]),
        iter([1, 2, 2, 5]),
        np.array([1, 2, 2, 5], dtype=np.float32),
    ],
)
def test_values_of_any_kind_and_shape_are_counted_as_numpy_does(values: Any) -> None:
    counts, edges = np.histogram([1, 2, 2, 5], bins=4)
    found = Histogram(values, bins=4)
    assert found.counts == tuple(counts)
    assert found.edges == tuple(edges)


def test_what_is_not_finite_is_counted_beside() -> None:
    found = drawn(Histogram([1, np.nan, np.inf, -np.inf, 2], bins=2))
    assert (found["counts"], found["nan"], found["inf"]) == ([1, 1], 1, 2)
    bundle = histogram(Histogram([1, np.nan]))
    assert bundle is not None
    assert bundle.renderings[0].meta["values"] == 2


@pytest.mark.parametrize("values", [[], [3.0], [1e300, 1e300], [np.nan], [-1.7e308, 1.7e308], [1e16, 1e16 + 2], [0.0]])
def test_any_values_have_rising_edges_and_lose_none(values: list[float]) -> None:
    found = Histogram(values, bins=8)
    assert sum(found.counts) + found.nan + found.inf == len(values)
    assert all(np.diff(found.edges) > 0)
    assert np.isfinite(found.edges).all()


def test_a_pair_that_numpy_returned_is_recognised_and_other_pairs_are_not() -> None:
    counts, edges = np.histogram(np.arange(100), bins=5)
    assert drawn((counts, edges))["counts"] == [20] * 5
    for pair in (
        (edges, counts),
        (counts, edges[::-1]),
        (counts, edges[1:]),
        [counts, edges],
        (counts - 50, edges),
        (1, 2),
    ):
        assert histogram(pair) is None
    assert histogram((np.zeros(3), np.array([0, 1, 2, 3]))) is None  # whole edges: two arrays, perhaps


@pytest.mark.parametrize(
    ("counts", "edges"),
    [([1, 2], [0, 1]), ([], [0]), ([1], [1, 1]), ([-1], [0, 1]), ([1], [0, np.inf]), ([np.nan], [0, 1])],
)
def test_counts_and_edges_that_do_not_go_together_are_refused(counts: Any, edges: Any) -> None:
    with pytest.raises(ValueError, match="edges"):
        Histogram.of_counts(counts, edges)


def test_bins_are_limited() -> None:
    for bins in (0, 5000):
        with pytest.raises(ValueError, match="bins="):
            Histogram([1], bins=bins)
