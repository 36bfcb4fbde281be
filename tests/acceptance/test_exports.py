"""Runs out of one lab that is served and into another one: while it works, killed on the way, and with their pages."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import ServedLab

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "flasklab.cli", "-C", str(folder), *arguments]


def stored(folder: Path) -> int:
    """How many runs the lab's database has; 0 while there is none."""
    try:
        with closing(sqlite3.connect(f"file:{folder}/results/lab.db?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM runs").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def call(folder: Path, *arguments: str) -> str:
    done = subprocess.run(command(folder, *arguments), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def other(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """A second lab that is served, with another experiment of its own."""
    lab = make_lab("quick", FLASKLAB_WORKERS="1")
    lab.start()
    return lab


def test_a_served_lab_takes_over_the_runs_of_another_while_it_works(
    ends: ServedLab, other: ServedLab, tmp_path: Path
) -> None:
    succeeded = ends.run("double", param=4)
    failed = ends.run("raises", message="no luck")
    own = other.run("counts", param=1, leaves="saved")
    under_way = ends.post("/run/sleeps", seconds=60).json

    told = call(ends.folder, "export", "-o", str(tmp_path / "out.zip"))
    started = other.post("/run/counts", param=2).json
    first = call(other.folder, "import", str(tmp_path / "out.zip"))
    second = call(other.folder, "import", str(tmp_path / "out.zip"))

    assert "is made" in told
    assert first.startswith(f"{first.split(maxsplit=1)[0]} imported, 0 were here already")
    assert second.startswith(f"0 imported, {first.split(maxsplit=1)[0]} were here already")
    for run in (succeeded, failed):
        there = other.status(run["id"])
        for field in ("experiment", "state", "params", "output", "error", "created_at", "finished_at", "metrics"):
            assert there[field] == run[field]
        assert there["number"] > own["number"]
        assert there["tags"] == ["imported"]
        assert other.log(run["id"]) == ends.log(run["id"])
        assert other.get(f"/results/{run['id']}", Accept="text/html").status == 200
    events = other.get(f"/api/v1/runs/{failed['id']}/events").json["events"]
    assert events[-1]["kind"] == "imported"
    assert events[-1]["data"]["from"] == ends.folder.name
    assert other.get(f"/status/{under_way['id']}").status == 404
    assert other.finished(started["id"])["state"] == "succeeded"
    assert other.get("/runs", Accept="text/html").status == 200
    ends.post(f"/cancel/{under_way['id']}")


def test_a_killed_import_goes_on_where_it_was(tmp_path: Path) -> None:
    rows = "".join(f"{number},{number / 7}\n" for number in range(2000))
    (tmp_path / "grid.csv").write_text(f"x,metrics.y\n{rows}")
    (tmp_path / "lab").mkdir()
    for least in (1, 500):
        child = subprocess.Popen(
            command(tmp_path / "lab", "import", str(tmp_path / "grid.csv")), stdout=subprocess.DEVNULL
        )
        ServedLab.until(lambda: stored(tmp_path / "lab") >= least, 30, "nothing was imported")  # noqa: B023 - at once
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        assert least <= stored(tmp_path / "lab") < 2000

    told = json.loads(call(tmp_path / "lab", "import", str(tmp_path / "grid.csv"), "--json"))

    assert told["imported"] + told["there"] == 2000
    assert told["there"] >= 500
    found = list(csv.DictReader(io.StringIO(call(tmp_path / "lab", "export", "--format", "csv"))))
    assert sorted(float(row["params.x"]) for row in found) == list(range(2000))
    assert all(row["metrics.y"] for row in found)


def test_what_the_table_exports_is_what_the_command_exports(ends: ServedLab) -> None:
    ends.run("double", param=5)

    with urllib.request.urlopen(f"{ends.url}/runs?format=csv&experiment=double") as answer:
        sent = answer.read().decode()
        assert answer.headers["Content-Disposition"] == 'attachment; filename="runs.csv"'

    assert sent.splitlines() == call(ends.folder, "export", "--format", "csv", "--experiment", "double").splitlines()
