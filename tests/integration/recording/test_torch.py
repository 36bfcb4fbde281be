"""Tensors and modules of torch, shown as authors show them."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from flasklab import Audio, Histogram
from flasklab.recording.proxy import record_locally, run

if find_spec("torch") is None:
    if os.environ.get("FLASKLAB_TEST_REQUIRE") == "all":
        pytest.fail("these tests need the package torch: pip install torch", pytrace=False)
    pytest.skip("these tests need the package torch: pip install torch", allow_module_level=True)

import torch  # type: ignore[import-not-found, unused-ignore]  # not everybody who checks types has it


def types(obj: Any, **named: Any) -> list[str]:
    with record_locally() as recorded:
        run.show(obj, **named)
    assert recorded.complaints == []
    return [file.media_type for file in recorded.files]


DRAWN = ["application/vnd.flasklab.array+json", "application/x-npy"]


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(5),
        torch.ones(3, 4, requires_grad=True),
        torch.ones(3, 4, requires_grad=True) * 2,
        torch.ones(6, dtype=torch.bfloat16),
        torch.ones(6, dtype=torch.float16),
        torch.tensor([True, False]),
        torch.eye(4).to_sparse(),
        torch.eye(4).t(),
    ],
    ids=lambda tensor: f"{tensor.dtype} {tuple(tensor.shape)} {tensor.layout}",
)
def test_tensors_are_curves_and_heatmaps_beside_npy(tensor: Any) -> None:
    assert types(tensor) == DRAWN


def test_images_have_their_channels_first_and_batches_are_galleries() -> None:
    assert types(torch.rand(3, 8, 9))[0] == "image/png"
    assert types(torch.rand(5, 3, 8, 9)).count("image/png") == 5
    assert types(torch.rand(5, 1, 8, 9)).count("image/png") == 5


def test_complex_conjugate_empty_and_scalar_tensors_are_shown() -> None:
    assert types(torch.tensor([1 + 2j]).conj()) == ["text/plain", "application/x-npy"]
    assert types(torch.tensor(3.5)) == ["text/plain"]
    assert types(torch.empty(0)) == ["text/plain", "application/x-npy"]


def test_a_module_is_its_repr() -> None:
    with record_locally() as recorded:
        run.show(torch.nn.Linear(2, 3), name="layer")
    (file,) = recorded.files
    assert file.path.read_text() == "Linear(in_features=2, out_features=3, bias=True)"


def test_values_of_tensors_are_counted_and_played() -> None:
    weights = torch.tensor([1.0, float("nan"), 2.0], requires_grad=True)
    found = Histogram(weights, bins=2)
    assert (found.counts, found.nan) == ((1.0, 1.0), 1)
    assert sum(Histogram(torch.ones(4, dtype=torch.bfloat16)).counts) == 4
    assert types(Audio(torch.zeros(2, 800), rate=8000)) == ["audio/wav"]


def test_scalars_are_logged_and_seeds_are_those_of_the_run() -> None:
    with record_locally() as recorded:
        run.log(step=1, loss=torch.tensor(0.5, requires_grad=True))
    assert np.isclose(recorded.points[0].values["loss"], 0.5)
