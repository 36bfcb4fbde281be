from __future__ import annotations

import random
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from flasklab.recording.seeding import seed_everything


@pytest.mark.parametrize("seed", [0, 7, -1, 2**40])
def test_the_same_seed_draws_the_same_numbers(seed: int) -> None:
    drawn = []
    for _ in range(2):
        seed_everything(seed)
        drawn.append((random.random(), float(np.random.rand())))
    assert drawn[0] == drawn[1]
    seed_everything(seed + 1)
    assert (random.random(), float(np.random.rand())) != drawn[0]


def test_torch_is_seeded_where_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(manual_seed=seeds.append))
    seed_everything(5)
    assert seeds == [5]


def test_a_library_half_imported_does_not_keep_the_run_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "numpy", SimpleNamespace())
    seed_everything(5)
