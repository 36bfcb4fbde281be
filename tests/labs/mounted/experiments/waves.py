"""A small experiment that uses every part of a run's page."""

from typing import Annotated

import numpy as np
import plotly.graph_objects as go
from pydantic import Field

from flasklab import experiment, run


@experiment
def waves(periods: Annotated[float, Field(gt=0, le=10)] = 2.0, points: int = 50) -> dict[str, float]:
    """Draw a sine wave."""
    x = np.linspace(0, periods, points)
    y = np.sin(2 * np.pi * x)
    for step, value in enumerate(run.track(y)):
        run.log(step=step, height=value)
    print(f"{points} points drawn")
    run.show(go.Figure(go.Scatter(x=x, y=y, name="wave")), name="wave")
    run.show(np.outer(y, y), name="product")
    run.save("wave.npy", y)
    return {"highest": float(y.max())}
