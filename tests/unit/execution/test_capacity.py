"""Which GPUs a lab hands out."""

from __future__ import annotations

import pytest

from flasklab.execution import capacity


@pytest.mark.parametrize(
    ("visible", "count", "devices"),
    [
        (None, 2, ("0", "1")),
        ("", 2, ("0", "1")),
        ("4,6", 2, ("4", "6")),
        ("GPU-a, GPU-b,GPU-c", 2, ("GPU-a", "GPU-b")),
        ("4", 2, ()),  # fewer than the pool says: nobody knows which are meant
        (None, 0, ()),
    ],
)
def test_the_gpus_of_a_pool_are_those_that_the_lab_may_see(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, count: int, devices: tuple[str, ...]
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert capacity._devices(count) == devices
