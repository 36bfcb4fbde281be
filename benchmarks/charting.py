"""How soon a curve of ten million points is answered by the server, and drawn by a browser."""

from __future__ import annotations

import math
import statistics
import tempfile
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.figures import Figure
from benchmarks.labs import chromium, finished_run
from benchmarks.serving import free_port, lab_server, seconds_to_first_page
from flasklab.runs.metrics import Points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flasklab.store.store import Store

_MILLION = 1_000_000
_PER_COMMIT = 100_000
_PIXELS = 900
_ROUNDS = 15
_BINARY: Final = {"Accept": "application/vnd.flasklab.series"}
# When the chart's canvas had something on it, in milliseconds since the page was asked for.
_DRAWN = """() => new Promise((done) => {
    const look = () => {
        const canvas = document.querySelector('.chart canvas');
        const drawn = canvas && canvas.width && canvas.getContext('2d')
            .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value);
        if (drawn) done(performance.now()); else requestAnimationFrame(look);
    };
    look();
})"""


def measure() -> Iterator[Figure]:
    """Rivals as recorded: MLflow 5.9 s for a million points, without their peaks; TensorBoard 52 ms, 1,000 of them."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder)
        (lab / "experiments").mkdir()
        (lab / "experiments" / "long.py").write_text("from flasklab import experiment\n", encoding="utf-8")
        runs = {
            total: finished_run(lab / "results", partial(_points, total=total)) for total in (_MILLION, 10 * _MILLION)
        }
        port = free_port()
        with lab_server(lab, port):
            seconds_to_first_page(port, time.perf_counter())
            address = f"http://127.0.0.1:{port}"
            for total, limit in ((_MILLION, 20), (10 * _MILLION, 150)):
                metrics = f"{address}/api/v1/runs/{runs[total]}/metrics?key=loss&points={_PIXELS}"
                third = f"{metrics}&from={total // 3}&to={total // 3 + total // 100}"
                for what, asked in (("whole", metrics), ("a hundredth of it", third)):
                    name = f"curve of {total // _MILLION} M points, {what}"
                    yield Figure(
                        what=name, value=_milliseconds(asked), unit="ms", against=limit, name="limit", is_limit=True
                    )
            million = _milliseconds(f"{address}/api/v1/runs/{runs[_MILLION]}/metrics?key=loss&points={_PIXELS}")
            yield Figure(what="curve of 1 M points", value=million, unit="ms", against=5900, name="MLflow, recorded")
            drawn = _drawn(f"{address}/results/{runs[10 * _MILLION]}")
            if drawn is not None:
                what = "page with 10 M points, drawn"
                yield Figure(what=what, value=drawn, unit="ms", against=1000, name="limit", is_limit=True)


def _milliseconds(address: str) -> float:
    """The median of some answers, after a first one."""
    found = []
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(address, headers=_BINARY), timeout=60) as answer:
            answer.read()
        found.append(1000 * (time.perf_counter() - began))
    return statistics.median(found[1:])


def _drawn(address: str) -> float | None:
    """Milliseconds from asking for the page until its chart is drawn, the median of five; None without Chromium."""
    with chromium() as browser:
        if browser is None:
            return None
        found = []
        for _ in range(5):
            context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
            page = context.new_page()
            page.goto(address, wait_until="commit")
            found.append(float(page.evaluate(_DRAWN)))
            context.close()
    return statistics.median(found)


def _points(store: Store, number: int, total: int) -> int:
    for start in range(0, total, _PER_COMMIT):
        steps = range(start, start + _PER_COMMIT)
        points = Points(
            steps=steps,
            values=[math.sin(step / 50_000) + math.sin(step * 12.9898) / 5 for step in steps],
            times=[1.76e9 + step / 1000 for step in steps],
            seqs=range(start + 1, start + _PER_COMMIT + 1),
        )
        with store.write() as unit:
            unit.metrics.append(number, {"loss": points})
    return total
