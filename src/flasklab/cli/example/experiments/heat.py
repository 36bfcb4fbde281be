"""Heat spreading through a square plate: a simulation whose error is known while it runs."""

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from flasklab import Unit, experiment, run

Step = Callable[[np.ndarray], np.ndarray]  # one time step takes a field to the next

# A start is a sum of sine waves (waves along x, waves along y, height). The square's edges are kept at zero,
# so each wave keeps its shape and only fades: u(x, y, t) = sum of a sin(mπx) sin(nπy) exp(-(m² + n²) π² D t).
STARTS = {
    "hill": [(1, 1, 1.0)],
    "ripples": [(1, 1, 1.0), (3, 2, 0.6), (2, 5, 0.4)],
    "checkers": [(4, 4, 1.0)],
}


@experiment(tags=["simulation"])
def heat(
    start: Literal["hill", "ripples", "checkers"] = "ripples",
    scheme: Literal["ADI", "explicit"] = "ADI",
    size: Annotated[int, Field(ge=8, le=256)] = 64,
    diffusivity: Annotated[float, Field(gt=0, le=1), Unit("m²/s")] = 0.01,
    duration: Annotated[float, Field(gt=0, le=1000), Unit("s")] = 2.0,
    steps: Annotated[int, Field(ge=1, le=100_000)] = 200,
    frames: Annotated[int, Field(ge=1, le=100)] = 10,
):
    """Solve the heat equation on a square and compare it with the exact solution.

    Args:
        start: the plate's temperature at the beginning
        scheme: ADI takes time steps of any length; explicit ones are cut until they are stable
        size: inner grid points along an edge of one metre
        diffusivity: how fast the material conducts heat
        duration: simulated time
        steps: time steps
        frames: pictures taken on the way
    """
    x = np.linspace(0, 1, size + 2)[1:-1]  # the edges stay at zero and are left out
    time_step = duration / steps
    advance = SCHEMES[scheme](size, diffusivity * time_step * (size + 1) ** 2)
    field = exact(start, x, 0)
    run.show(field, name="temperature", step=0)

    for step in run.track(range(1, steps + 1)):
        before, field = field, advance(field)
        error = np.abs(field - exact(start, x, diffusivity * step * time_step)).max()
        run.log(step=step, max_error=error, residual=np.abs(field - before).max() / time_step)
        if step * frames // steps > (step - 1) * frames // steps:
            run.show(field, name="temperature", step=step)

    run.save("field.npy", field)
    return {"max_error": error, "max_temperature": field.max()}


def exact(start: str, x: np.ndarray, elapsed: float) -> np.ndarray:
    """The analytic solution on the grid `x` by `x` after `elapsed` (diffusivity times time, m²)."""
    return sum(
        height * np.exp(-(m**2 + n**2) * np.pi**2 * elapsed) * np.outer(np.sin(n * np.pi * x), np.sin(m * np.pi * x))
        for m, n, height in STARTS[start]
    )


def second_difference(size: int) -> np.ndarray:
    """The matrix that takes u to u[i-1] - 2 u[i] + u[i+1], zero beyond both ends."""
    return np.eye(size, k=-1) - 2 * np.eye(size) + np.eye(size, k=1)


def adi(size: int, ratio: float) -> Step:
    """One step of alternating directions: half of it implicit along y, half along x.

    Second order in time and space, and stable for every `ratio` (diffusivity times time step over the grid
    spacing squared). Peaceman and Rachford, J. SIAM 3 (1955) 28-41.
    """
    curvature = second_difference(size)
    forward = np.eye(size) + ratio / 2 * curvature
    backward = np.linalg.inv(np.eye(size) - ratio / 2 * curvature)  # dense is fast enough for a few hundred points

    def advance(field: np.ndarray) -> np.ndarray:
        halfway = backward @ (field @ forward)
        return (forward @ halfway) @ backward

    return advance


def explicit(size: int, ratio: float) -> Step:
    """One explicit step, in as many parts as it takes to keep each ratio below the 1/4 of stability."""
    curvature = second_difference(size)
    parts = int(np.ceil(4 * ratio))
    if parts > 1:
        print(f"each explicit step is taken in {parts} parts to stay stable")

    def advance(field: np.ndarray) -> np.ndarray:
        for _ in range(parts):
            field = field + ratio / parts * (curvature @ field + field @ curvature)
        return field

    return advance


SCHEMES = {"ADI": adi, "explicit": explicit}
