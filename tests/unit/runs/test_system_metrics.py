from __future__ import annotations

import pytest

from flasklab.runs import system_metrics


@pytest.mark.parametrize(
    "key", [system_metrics.CPU, system_metrics.NET_OUT, system_metrics.gpu(0), system_metrics.gpu_memory(12)]
)
def test_system_metrics_are_known_and_have_a_title_and_a_unit(key: str) -> None:
    title, unit = system_metrics.titled(key)
    assert system_metrics.is_system(key)
    assert title != key
    assert unit


@pytest.mark.parametrize(
    "key", ["cpu", "system", "system/", "system/loss", "system/gpu", "system/gpu01", "a/system/cpu"]
)
def test_a_metric_that_an_experiment_logged_is_none(key: str) -> None:
    assert not system_metrics.is_system(key)
    assert system_metrics.titled(key) == (key, "")
