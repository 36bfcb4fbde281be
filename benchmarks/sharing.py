"""What eight runs at once of a scikit-learn experiment take together, and what the supervisor takes beside them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure
from benchmarks.serving import family, free_port, lab_server, peak_megabytes, role, seconds_to_first_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

_RUNS = 8
_PATIENCE = 60.0
_EXPERIMENT = '''
import time
from pathlib import Path

import matplotlib.pyplot, numpy, pandas
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

from flasklab import experiment


@experiment
def fits(note: str, until: str) -> float:
    """Fit a forest, note it down, and wait until a file is there."""
    x, y = load_digits(return_X_y=True)
    score = RandomForestClassifier(n_estimators=20, random_state=0).fit(x, y).score(x, y)
    Path(note).touch()
    end = time.monotonic() + 120
    while not Path(until).exists() and time.monotonic() < end:
        time.sleep(0.05)
    return score
'''
_ALONE = """
from experiments.fits import fits
fits("alone", ".")
print(open("/proc/self/smaps_rollup").read())
"""


def measure() -> Iterator[Figure]:
    """Proportional set sizes while all eight have fitted and none has ended, so each page counts once in the sum."""
    with tempfile.TemporaryDirectory() as folder:
        lab, port = Path(folder), free_port()
        (lab / "experiments").mkdir()
        (lab / "experiments" / "fits.py").write_text(_EXPERIMENT, encoding="utf-8")
        alone = subprocess.run([sys.executable, "-c", _ALONE], cwd=lab, capture_output=True, text=True, check=True)
        one = _megabytes(alone.stdout, "Rss")
        with lab_server(lab, port, FLASKLAB_WORKERS=str(_RUNS)) as server:
            seconds_to_first_page(port, time.perf_counter())
            until = lab / "all"
            runs = [_post(port, note=str(lab / f"fitted-{number}"), until=str(until)) for number in range(_RUNS)]
            _wait_for(lab)
            processes = family(server.pid)
            shared = [_rollup(process) for process in processes if role(process) == "zygote"]
            supervisor = max(peak_megabytes(process.pid) for process in processes if role(process) == "supervisor")
            until.touch()
            for run in runs:
                _check(port, run)
    assert len(shared) > _RUNS, shared
    together = sum(_megabytes(text, "Pss") for text in shared)
    yield Figure(
        what=f"{_RUNS} scikit-learn runs and their zygote, shared pages once",
        value=together,
        unit="MB",
        against=(_RUNS + 1) * one,  # a spare process that waits for its run is not counted there
        name=f"{_RUNS + 1} processes of their own",
    )
    yield Figure(
        what=f"peak resident memory, supervisor of {_RUNS} runs",
        value=supervisor,
        unit="MB",
        against=60,
        name="limit",
        is_limit=True,
    )


def _post(port: int, **parameters: str) -> str:
    """Start a run, once the lab knows the experiment; the address that tells of it."""
    body, headers = json.dumps(parameters).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/run/fits", body, headers)
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return str(json.load(answer)["links"]["self"])
        except urllib.error.HTTPError as error:
            if error.code != 503 or time.monotonic() > end:
                raise
            time.sleep(0.2)


def _check(port: int, address: str) -> None:
    end = time.monotonic() + _PATIENCE
    run: dict[str, Any] = {"state": "queued"}
    while run["state"] in {"queued", "running"} and time.monotonic() < end:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{address}?wait=10", timeout=30) as answer:
            run = json.load(answer)
    assert run["state"] == "succeeded", run


def _wait_for(lab: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while len(list(lab.glob("fitted-*"))) < _RUNS:
        if time.monotonic() > end:
            raise TimeoutError(f"{_RUNS} runs did not all fit within {_PATIENCE:.0f} s")
        time.sleep(0.1)


def _rollup(process: psutil.Process) -> str:
    return Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")


def _megabytes(rollup: str, name: str) -> float:
    """A line of smaps_rollup, in MB of 2**20 bytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", rollup, re.M)
    assert found is not None, rollup
    return int(found[1]) / 1024
