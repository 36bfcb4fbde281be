"""What logging costs with others: 100,000 points of four keys, each rival in a virtual environment of its own.

`python -m benchmarks.rivals [name ...]` makes the environments in `.venv-rivals/`, those of `benchmarks.queues` too;
`make bench-rivals` does that, then measures. One that is not there is named with the figures that were recorded on this
project's 2-core machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.environments import QUIET, RECORDED, Environment
from benchmarks.figures import Figure
from benchmarks.queues import QUEUES

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMES = 3  # the best counts, as for us


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another way to log, and how it is done."""

    name: str
    requires: str  # what pip installs
    code: str  # defines log(step, values) and close() for the folder `folder`
    call_us: float  # recorded: microseconds of one call of four values
    points: float  # recorded: points a second, from the first call until all is flushed

    @property
    def environment(self) -> Environment:
        """What it runs in."""
        return Environment(self.requires, (self.requires,))


RIVALS = (
    Rival(
        name="Trackio",
        requires="trackio",
        code="""
os.environ["TRACKIO_DIR"] = folder
import trackio
run = trackio.init(project="p", name="r", embed=False, auto_log_gpu=False, auto_log_cpu=False)
log = lambda step, values: run.log(values, step=step)
close = trackio.finish
""",
        call_us=16,
        points=75_000,
    ),
    Rival(
        name="wandb offline",
        requires="wandb",
        code="""
import wandb
still = wandb.Settings(console="off", x_disable_stats=True, x_disable_meta=True, disable_git=True, silent=True)
run = wandb.init(project="p", dir=folder, mode="offline", settings=still)
log = lambda step, values: run.log(values, step=step)
close = run.finish
""",
        call_us=170,
        points=14_500,
    ),
    Rival(
        name="tensorboardX",
        requires="tensorboardX",
        code="""
from tensorboardX import SummaryWriter
writer = SummaryWriter(folder)
def log(step, values):
    for key, value in values.items():
        writer.add_scalar(key, value, step)
close = writer.close
""",
        call_us=379,
        points=7_300,
    ),
    Rival(
        name="Aim",
        requires="aim",
        code="""
import aim
run = aim.Run(repo=folder, system_tracking_interval=None, capture_terminal_logs=False, log_system_params=False)
log = lambda step, values: run.track(values, step=step)
close = run.close
""",
        call_us=502,
        points=6_500,
    ),
    Rival(
        name="MLflow batches",
        requires="mlflow",
        code="""
import mlflow
from mlflow.entities import Metric
mlflow.set_tracking_uri("sqlite:///" + folder + "/m.db")
run, client, waiting = mlflow.start_run().info.run_id, mlflow.MlflowClient(), []
def log(step, values):
    waiting.extend(Metric(key, value, int(1000 * time.time()), step) for key, value in values.items())
    if len(waiting) >= 1000:
        close()
def close():
    client.log_batch(run, metrics=waiting[:1000])
    del waiting[:1000]
""",
        call_us=1_180,
        points=3_200,
    ),
)

_DRIVER = """
import json, math, os, sys, time
folder, calls = sys.argv[1], int(sys.argv[2])
{code}
clock, inside, began = time.perf_counter, 0.0, time.perf_counter()
for i in range(calls):
    values = {{"loss": 1 / (1 + i), "acc": 1 - 1 / (2 + i), "lr": 1e-3, "grad": math.sin(i)}}
    t = clock(); log(i, values); inside += clock() - t
close()
print("FIGURES " + json.dumps({{"call_us": 1e6 * inside / calls, "points": 4 * calls / (clock() - began)}}), flush=True)
"""


def measure() -> Iterator[Figure]:
    """Each rival beside the figures that were recorded of it."""
    for rival in RIVALS:
        found = measured(rival)
        if found is None:
            print(f"{rival.name} is not there: make bench-rivals", file=sys.stderr)
            continue
        call, points = found
        yield Figure(what=f"{rival.name}, four values", value=call, unit="us", against=rival.call_us, name=RECORDED)
        yield Figure(
            what=f"{rival.name}, points kept in a second",
            value=points / 1000,
            unit="k/s",
            against=rival.points / 1000,
            name=RECORDED,
        )


def beside(call_us: float, points: float) -> Iterator[Figure]:
    """Our own figures beside each rival's: measured now where it is there, otherwise those that were recorded.

    Args:
        call_us: microseconds of one call of four values
        points: points made durable in a second
    """
    for rival in RIVALS:
        found = measured(rival)
        their_call, their_points = found or (rival.call_us, rival.points)
        name = rival.name if found else f"{rival.name}, {RECORDED}"
        yield Figure(what="run.log, four values", value=call_us, unit="us", against=their_call, name=name)
        yield Figure(
            what="points made durable in a second",
            value=points / 1000,
            unit="k/s",
            against=their_points / 1000,
            name=name,
        )


def measured(rival: Rival, calls: int = 25_000) -> tuple[float, float] | None:
    """Microseconds of a call and points a second, the best of three; None where the rival is not installed."""
    if not rival.environment.is_ready:
        return None
    runs = []
    for _ in range(_TIMES):
        with tempfile.TemporaryDirectory() as folder:
            command = [rival.environment.python, "-c", _DRIVER.format(code=rival.code), folder, str(calls)]
            done = subprocess.run(
                command, cwd=folder, env=os.environ | QUIET, capture_output=True, text=True, check=False, timeout=300
            )
        lines = [line for line in done.stdout.splitlines() if line.startswith("FIGURES ")]
        if not lines:
            print(f"{rival.name} did not run: {done.stderr[-500:]}", file=sys.stderr)
            return None
        runs.append(json.loads(lines[-1].removeprefix("FIGURES ")))
        if runs[0]["points"] < 10_000:  # a slow one is measured once
            break
    return min(one["call_us"] for one in runs), max(one["points"] for one in runs)


def main() -> int:
    """Install the rivals that are named, or all; exit 1 when one could not be."""
    names = {name.lower() for name in sys.argv[1:]}
    failed = 0
    for environment in (*(rival.environment for rival in RIVALS), *(queue.environment for queue in QUEUES)):
        if not names or environment.name.lower() in names:
            try:
                environment.install()
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"{environment.name} could not be installed: {error}", file=sys.stderr)
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
