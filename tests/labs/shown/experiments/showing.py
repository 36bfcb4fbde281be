"""Runs that show things of every kind, as authors show them."""

from __future__ import annotations

import io
import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from PIL import Image, ImageDraw

from flasklab import Audio, Histogram, Markdown, experiment, run

mpl.use("Agg")
from matplotlib.figure import Figure

HOSTILE = """\
# Report

Loss fell by **half**; the rate is $a_1 * b_2 * c$, as [the paper](https://example.org/paper) says.

| model | accuracy |
| --- | ---: |
| small | 0.91 |
| large | 0.95 |

- first
- second

> A quotation with `code`.

<script>document.title = "pwned"</script><img src=x onerror="document.title = 'pwned'">
[a link](javascript:document.title='pwned') [another](JaVaScRiPt:alert(1)) [data](data:text/html,<script>1</script>)
![picture](http://127.0.0.1:9/beacon.png) <a href="javascript:alert(1)" onclick="alert(1)">html</a>
"""


def picture(number: int, size: int = 96) -> Image.Image:
    """A square whose colour and digit tell its number."""
    image = Image.new("RGB", (size, size), ((number * 67) % 256, (number * 131) % 256, 160))
    ImageDraw.Draw(image).text((size // 3, size // 3), str(number), fill="white")
    return image


def curve(title: str, values: np.ndarray) -> Figure:
    """A small figure."""
    figure = Figure(figsize=(4, 2.6))
    axes = figure.subplots()
    axes.plot(values)
    axes.set_title(title)
    return figure


class Diagram:
    """Draws itself as HTML with a table, as scikit-learn's and pandas' objects do."""

    def _repr_html_(self) -> str:
        return "<h3 id='head'>Diagram</h3><table border=1><tr><td>a</td><td>b</td></tr></table>"


@experiment
def everything(rows: int = 20_000) -> None:
    """Show one thing of each kind."""
    noise = np.random.default_rng(0)
    run.show(curve("a figure", noise.normal(size=40).cumsum()), name="figure")
    run.show(go.Figure(go.Scatter(y=[1, 3, 2])), name="plotly")
    frame = pd.DataFrame(
        {
            "number": np.arange(rows)[::-1],
            "share": noise.random(rows).round(3),
            "word": [f"word {at % 977}" for at in range(rows)],
            "gap": [None if at % 3 else at / 2 for at in range(rows)],
        }
    )
    run.show(frame, name="large table")
    run.show(frame.head(30), name="small table")
    run.show(noise.random((40, 60)), name="heatmap")
    run.show(noise.normal(size=500).cumsum(), name="curve")
    run.show([picture(number) for number in range(30)], name="gallery")
    run.show(noise.integers(0, 255, (6, 12, 12), dtype=np.uint8).reshape(6, 12, 12, 1), name="digits")
    run.show(Audio(np.sin(np.linspace(0, 2_764, 16_000)), rate=16_000), name="tone")
    run.show(Markdown(HOSTILE), name="report")
    run.show({"deep": {"list": list(range(1000)), "text": "x" * 3000, "none": None}, "ok": True}, name="data")
    run.show("one line\n" + "a long line " * 200, name="text")
    run.show(Diagram(), name="diagram")
    run.show(Histogram([*noise.normal(size=1000), float("nan")]), name="histogram")
    buffer = io.BytesIO()
    frames = [picture(number) for number in range(4)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0)
    run.show(buffer.getvalue(), name="animation")
    Path("big.json").write_text("[" + ",".join(["9" * 6_000] * 800) + "]")
    run.show(Path("big.json"), name="big JSON")
    Path("broken.plotly.json").write_text('{"data": [')
    run.show(Path("broken.plotly.json"), name="broken plotly")
    run.show(b"\x00\x01", name="bytes")


@experiment
def stepped(steps: int = 20) -> None:
    """Show things at several steps."""
    noise = np.random.default_rng(1)
    for step in range(steps):
        at = step * 10
        run.show(Histogram(noise.normal(step / 4, 1 + step / 10, 2000)), name="weights", step=at)
        run.show(picture(step), name="sample", step=at)
        run.show([picture(step + 100 * part, 48) for part in range(3)], name="samples", step=at)
        run.show(pd.DataFrame({"step": [step], "square": [step**2]}), name="summary", step=at)


@experiment
def many(metrics: int = 200, figures: int = 300) -> None:
    """Show very many figures and log very many metrics."""
    for step in range(20):
        run.log({f"group{key % 10}/metric{key}": np.sin(step / 5 + key) for key in range(metrics)}, step=step)
    for number in range(figures):
        run.show(curve(f"figure {number}", np.sin(np.arange(20) + number)), name=f"figure {number:03}")


@experiment
def both(steps: int = 13) -> None:
    """Show many things at two steps each."""
    for number in range(steps):
        for step in (0, 5):
            run.show(picture(number + step), name=f"thing {number}", step=step)


@experiment
def growing(gate: str) -> None:
    """Show three steps, and three more when the gate is open."""
    for step in range(6):
        while step == 3 and not Path(gate).read_text():
            time.sleep(0.05)
        for name in ("kept", "following"):
            run.show(picture(step), name=name, step=step)
    time.sleep(6)  # longer than a page waits between two looks at what is shown


@experiment
def pictures(count: int = 120) -> None:
    """Show very many pictures together."""
    run.show([picture(number) for number in range(count)], name="pictures")


@experiment
def keeps_showing(steps: int = 8) -> None:
    """Show a page of its own and a table once, and something else again and again."""
    run.show(Diagram(), name="frame")
    run.show(pd.DataFrame({"number": range(30)}), name="table")
    for step in range(steps):
        run.show(np.eye(4) * (step + 1), name="growing", step=step)
        time.sleep(1)
