"""How soon fifty runs with curves of 100,000 points are compared: the page, its chart's data, and the chart drawn."""

from __future__ import annotations

import math
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.figures import Figure
from benchmarks.labs import chromium, finished_run
from benchmarks.serving import free_port, lab_server, seconds_to_first_page
from flasklab.runs.metrics import Points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flasklab.store.store import Store

_RUNS, _POINTS = 50, 100_000
_PER_COMMIT = 5_000
_PIXELS = 600  # of a chart, two in a row
_PER_REQUEST = 60  # curves, as the page asks for them
_ROUNDS = 9
_PAGE: Final = {"Accept": "text/html"}
_BINARY: Final = {"Accept": "application/vnd.flasklab.series"}
# When the chart's legend lists all runs, in milliseconds since the page was asked for: then it is drawn.
_DRAWN = """(runs) => new Promise((done) => {
    const look = () => {
        if (document.querySelectorAll('.legend li').length > runs) done(performance.now());
        else requestAnimationFrame(look);
    };
    look();
})"""


def measure() -> Iterator[Figure]:
    """The limit is the promise: a page and all that its chart shows within a second."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder)
        (lab / "experiments").mkdir()
        (lab / "experiments" / "long.py").write_text("from flasklab import experiment\n", encoding="utf-8")
        runs = [finished_run(lab / "results", partial(_points, shift=shift)) for shift in range(_RUNS)]
        port = free_port()
        with lab_server(lab, port):
            seconds_to_first_page(port, time.perf_counter())
            address = f"http://127.0.0.1:{port}"
            page = f"{address}/compare?{urllib.parse.urlencode([('run', run) for run in runs])}"
            pieces = [_curves(address, runs[at : at + _PER_REQUEST]) for at in range(0, _RUNS, _PER_REQUEST)]
            name = f"{_RUNS} runs compared, {_POINTS // 1000},000 points each"
            overview = _milliseconds([(page, _PAGE)])
            yield _held(f"{name}: overview", overview)
            curves = _milliseconds([(f"{page}&tab=curves", _PAGE), *((piece, _BINARY) for piece in pieces)])
            yield _held(f"{name}: page and curves", curves)
            drawn = _drawn(f"{page}&tab=curves")
            if drawn is not None:
                yield _held(f"{name}: drawn", drawn)


def _held(what: str, value: float) -> Figure:
    return Figure(what=what, value=value, unit="ms", against=1000, name="limit", is_limit=True)


def _curves(address: str, runs: Sequence[str]) -> str:
    wanted = [("points", str(_PIXELS)), *(("key", f"{run} loss") for run in runs)]
    return f"{address}/compare/curves?{urllib.parse.urlencode(wanted)}"


def _milliseconds(asked: Sequence[tuple[str, dict[str, str]]]) -> float:
    """The median of answering all of it, one after the other, after a first time."""
    found = []
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        for address, headers in asked:
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
                answer.read()
        found.append(1000 * (time.perf_counter() - began))
    return statistics.median(found[1:])


def _drawn(address: str) -> float | None:
    """Milliseconds from asking for the page until its chart shows all runs, median of five; None without Chromium."""
    with chromium() as browser:
        if browser is None:
            return None
        found = []
        for _ in range(5):
            context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
            page = context.new_page()
            page.goto(address, wait_until="commit")
            found.append(float(page.evaluate(_DRAWN, _RUNS)))
            context.close()
    return statistics.median(found)


def _points(store: Store, number: int, shift: int) -> int:
    for start in range(0, _POINTS, _PER_COMMIT):
        steps = range(start, start + _PER_COMMIT)
        points = Points(
            steps=steps,
            values=[math.sin(step / 5_000) + math.sin(step * 12.9898) / 5 + shift / _RUNS for step in steps],
            times=[1.76e9 + step / 10 for step in steps],
            seqs=range(start + 1, start + _PER_COMMIT + 1),
        )
        with store.write() as unit:
            unit.metrics.append(number, {"loss": points})
    return _POINTS
