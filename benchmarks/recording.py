"""What `run.log` costs the experiment, and how fast points become durable, beside a packed append and rivals."""

from __future__ import annotations

import json
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.rivals import beside
from benchmarks.serving import free_port, lab_server, seconds_to_first_page

if TYPE_CHECKING:
    from collections.abc import Iterator

_POINTS = 100_000  # 25,000 calls of four values, as the rivals were measured
_EXPERIMENT = '''
import math, os, struct, time
from flasklab import experiment, run

@experiment
def logs(calls: int = 25_000):
    """Seconds inside run.log, and inside a packed append to a file."""
    clock = time.perf_counter
    inside = 0.0
    for i in range(calls):
        values = {"loss": 1 / (1 + i), "acc": 1 - 1 / (2 + i), "lr": 1e-3, "grad": math.sin(i)}
        t = clock(); run.log(values, step=i); inside += clock() - t
    pack = struct.Struct("<dqdddd").pack
    began = clock()
    fd = os.open("append", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    append = 0.0
    for i in range(calls):
        values = {"loss": 1 / (1 + i), "acc": 1 - 1 / (2 + i), "lr": 1e-3, "grad": math.sin(i)}
        t = clock(); os.write(fd, pack(time.time(), i, *values.values())); append += clock() - t
    os.fsync(fd)
    os.close(fd)
    lasted = clock() - began
    os.unlink("append")  # a file left behind would be kept with the run
    rival = clock() - began
    return {
        "log_us": 1e6 * inside / calls, "append_us": 1e6 * append / calls, "append": lasted, "rival": rival,
    }
'''


def measure() -> Iterator[Figure]:
    """Best of five runs: the machine is shared, and what disturbs a run only ever makes it slower.

    Both ways count from the first call until all is on the disk: the append is flushed and closed, the run settled.
    """
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder)
        (lab / "experiments").mkdir()
        (lab / "experiments" / "logs.py").write_text(_EXPERIMENT, encoding="utf-8")
        port = free_port()
        with lab_server(lab, port):
            seconds_to_first_page(port, time.perf_counter())
            runs = [_run(port) for _ in range(5)]
    call = min(runs, key=lambda one: one["log_us"])
    yield Figure(what="run.log, four values", value=call["log_us"], unit="us", against=4, name="limit", is_limit=True)
    yield Figure(
        what="run.log, four values", value=call["log_us"], unit="us", against=call["append_us"], name="packed append"
    )
    durable = max(_POINTS / one["seconds"] for one in runs)
    yield Figure(what="points made durable in a second", value=durable / 1000, unit="k/s", against=600, name="aim")
    append = max(_POINTS / one["append"] for one in runs)
    yield Figure(
        what="points made durable in a second", value=durable / 1000, unit="k/s", against=append / 1000, name="append"
    )
    yield from beside(call["log_us"], durable)


def _run(port: int) -> dict[str, float]:
    """One run; `seconds` is from its begin to its settled end, without the time of the rival's part."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/run/logs?wait=60", data=b"", method="POST")
    with urllib.request.urlopen(request, timeout=90) as answer:
        run = json.load(answer)
    assert run["state"] == "succeeded", run
    assert run["metrics"]["loss"]["count"] * 4 == _POINTS, run["metrics"]
    lasted = _seconds(run["finished_at"]) - _seconds(run["started_at"])
    return {**run["output"], "seconds": lasted - run["output"]["rival"]}


def _seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()
