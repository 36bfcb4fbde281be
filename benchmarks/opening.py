"""How soon the page of a run with 200 metrics and 300 figures is there, and how much it weighs before its figures."""

from __future__ import annotations

import hashlib
import math
import statistics
import struct
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure
from benchmarks.labs import chromium, finished_run
from benchmarks.serving import free_port, lab_server, seconds_to_first_page
from flasklab.runs.artifacts import Artifact
from flasklab.runs.metrics import Points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flasklab.store.store import Store

_METRICS, _POINTS, _FIGURES = 200, 1_000, 300
_SIDE = 64  # pixels of a figure
_ROUNDS = 5
_LOOK = """() => new Promise((done) => {
    let paint = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (paint = entry.startTime)))
        .observe({ type: 'largest-contentful-paint', buffered: true });
    setTimeout(() => {
        const loads = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
        const own = loads.filter((load) => !load.name.includes('/shown/'));
        done({ paint, bytes: own.reduce((sum, load) => sum + load.transferSize, 0) });
    }, 2500);
})"""


def measure() -> Iterator[Figure]:
    """The overview and the results, each opened anew without anything in the browser's cache."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder)
        (lab / "experiments").mkdir()
        (lab / "experiments" / "long.py").write_text("from flasklab import experiment\n", encoding="utf-8")
        run_id = finished_run(lab / "results", _fill)
        port = free_port()
        with lab_server(lab, port), chromium() as browser:
            seconds_to_first_page(port, time.perf_counter())
            for name, query in (("overview", ""), ("results", "?tab=results")):
                if browser is None:
                    return
                found: list[dict[str, Any]] = []
                for _ in range(_ROUNDS):
                    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
                    page = context.new_page()
                    page.goto(f"http://127.0.0.1:{port}/results/{run_id}{query}", wait_until="load")
                    found.append(page.evaluate(_LOOK))
                    context.close()
                paint = statistics.median(one["paint"] for one in found)
                what = f"{name} of {_METRICS} metrics, {_FIGURES} figures"
                yield Figure(
                    what=f"{what}: largest paint", value=paint, unit="ms", against=1500, name="limit", is_limit=True
                )
                weight = statistics.median(one["bytes"] for one in found) / 1000
                yield Figure(
                    what=f"{what}: before figures", value=weight, unit="kB", against=300, name="limit", is_limit=True
                )


def _fill(store: Store, number: int) -> int:
    steps = range(_POINTS)
    times = [1.76e9 + step for step in steps]
    seqs = range(1, _POINTS + 1)
    with store.write() as unit:
        unit.metrics.append(
            number,
            {
                f"layer {key // 10}/metric {key}": Points(
                    steps=steps, values=[math.sin(step / (20 + key)) for step in steps], times=times, seqs=seqs
                )
                for key in range(_METRICS)
            },
        )
    for figure in range(_FIGURES):
        content = _png(figure)
        path = store.files.folder / f"figure-{figure}"
        path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        store.files.adopt(path, sha256, len(content))
        with store.write() as unit:
            unit.artifacts.add(
                number,
                Artifact(
                    name=f"figure {figure}.png",
                    media_type="image/png",
                    size=len(content),
                    sha256=sha256,
                    shown=f"figure {figure}",
                    order=figure,
                    seq=_POINTS + figure,
                    meta={"width": 8 * _SIDE, "height": 6 * _SIDE},
                ),
            )
    return _POINTS + _FIGURES


def _png(figure: int) -> bytes:
    """A picture of one colour, another one for each figure (https://www.w3.org/TR/png/)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes((figure % 256, figure // 2 % 256, 128)) * 8 * _SIDE
    header = struct.pack(">IIBBBBB", 8 * _SIDE, 6 * _SIDE, 8, 2, 0, 0, 0)
    body = zlib.compress(row * 6 * _SIDE)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
