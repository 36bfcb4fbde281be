from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from flasklab import record_locally

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("start", ["hill", "ripples", "checkers"])
@pytest.mark.parametrize("scheme", ["ADI", "explicit"])
def test_the_field_agrees_with_the_analytic_solution(example: Callable[[str], Any], start: str, scheme: str) -> None:
    heat = example("heat")
    with record_locally() as recorded:
        output = heat.heat(start=start, scheme=scheme, size=40, duration=1.0, steps=200, frames=1)
    field = np.load(recorded.saved["field.npy"])
    x = np.arange(1, 41) / 41
    expected = np.zeros((40, 40))
    for m, n, height in heat.STARTS[start]:
        fading = np.exp(-(m**2 + n**2) * np.pi**2 * 0.01 * 1.0)
        expected += height * fading * np.outer(np.sin(n * np.pi * x), np.sin(m * np.pi * x))
    assert np.abs(field - expected).max() < 0.003
    assert output["max_error"] == pytest.approx(np.abs(field - expected).max())


@pytest.mark.parametrize(("scheme", "order"), [("ADI", 2), ("explicit", 1)])
def test_the_error_falls_with_the_order_of_the_scheme(example: Callable[[str], Any], scheme: str, order: int) -> None:
    heat = example("heat")

    def error_in_time(steps: int) -> float:
        # Against a solution in far smaller steps on the same grid, so that the error in space cancels.
        one, fine = (self_field(heat, scheme, count) for count in (steps, 1600))
        return float(np.abs(one - fine).max())

    assert error_in_time(100) / error_in_time(200) == pytest.approx(2**order, rel=0.2)


def self_field(heat: Any, scheme: str, steps: int) -> Any:
    """A small field after 0.2 m² of diffusivity times time, coarse enough to keep the explicit step whole."""
    x = np.linspace(0, 1, 10)[1:-1]
    advance = heat.SCHEMES[scheme](8, 0.2 / steps * 9**2)
    field = heat.exact("ripples", x, 0)
    for _ in range(steps):
        field = advance(field)
    return field


def test_an_explicit_step_beyond_the_limit_stays_stable(
    example: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with record_locally():
        output = example("heat").heat(scheme="explicit", size=32, duration=2.0, steps=4, frames=1)
    assert output["max_error"] < 0.01
    assert "parts to stay stable" in capsys.readouterr().out


def test_error_residual_and_frames_are_recorded_while_it_runs(example: Callable[[str], Any]) -> None:
    with record_locally() as recorded:
        example("heat").heat(size=16, steps=20, frames=4)
    series = recorded.metrics_by_key
    assert len(series["max_error"]) == len(series["residual"]) == 20
    assert series["residual"][-1] < series["residual"][0]
    steps = {file.step for file in recorded.shown["temperature"]}
    assert steps == {0, 5, 10, 15, 20}
