"""Backups of a lab at work: each is one moment of it, whole. FLASKLAB_TEST_BACKUPS=50 takes as many as that."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from flasklab.config import load_settings
from flasklab.runs.state import RunState
from flasklab.services.restore import restore
from flasklab.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flasklab.runs.run import Run
    from tests.acceptance.conftest import ServedLab

BACKUPS = int(os.environ.get("FLASKLAB_TEST_BACKUPS", "3"))


@dataclass
class Client:
    """Starts runs without a pause; knows which were accepted."""

    lab: ServedLab
    accepted: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        while not self.stop.is_set():
            answer = self.lab.post("/run/speaks?wait=0.2", lines=100)
            if answer.status in {200, 202}:
                self.accepted.append(answer.json["id"])


def lacking(store: Store, run: Run) -> str:
    """What is not there of a run that has succeeded; "" where all of it is."""
    with store.read() as unit:
        points = len(unit.points.series(run.number, "loss").values)
    with store.logs.copy(run.id) as log:
        said = b"".join(iter(lambda: log.read(1 << 20), b"")).count(b"line ")
    contents = [store.files.path(one.sha256).read_bytes() for one in run.artifacts]
    found = (run.output, points, said, contents)
    wanted = ({"lines": 100}, 100, 100, [f"100 of {run.id}".encode()])
    return "" if found == wanted else f"run {run.number}: {found}"


@pytest.mark.timeout(60 + 20 * BACKUPS)
def test_every_backup_of_a_busy_lab_is_one_moment_of_it(make_lab: Callable[..., ServedLab], tmp_path: Path) -> None:
    lab = make_lab("kept", FLASKLAB_WORKERS="2")
    lab.start()
    lab.run("speaks", lines=100)
    client = Client(lab)
    threads = [threading.Thread(target=client.work) for _ in range(2)]
    for thread in threads:
        thread.start()
    seen = under_way = 0
    try:
        for number in range(BACKUPS):
            accepted = list(client.accepted)
            target = tmp_path / f"{number}.backup"
            command = [sys.executable, "-m", "flasklab.cli", "-C", str(lab.folder), "backup", str(target)]
            subprocess.run(command, check=True, timeout=120)
            folder = tmp_path / f"restored{number}"
            (folder / "experiments").mkdir(parents=True)
            settings = load_settings(folder, environ={})
            restore(settings, target)
            store = Store(settings).open()
            with store.read() as unit:
                runs = unit.runs.page(limit=100_000)
                assert {run.id for run in runs} >= set(accepted)
            assert [lack for run in runs if run.state is RunState.SUCCEEDED and (lack := lacking(store, run))] == []
            seen += len(runs)
            under_way += sum(run.state is RunState.RUNNING for run in runs)
            store.close()
    finally:
        client.stop.set()
        for thread in threads:
            thread.join()
    assert under_way  # else nothing was asked of it
    print(f"{BACKUPS} backups, {seen} runs in them, {under_way} of them under way, 0 torn")


def test_a_restored_lab_takes_up_what_was_under_way(make_lab: Callable[..., ServedLab], tmp_path: Path) -> None:
    lab = make_lab("kept", FLASKLAB_WORKERS="1")
    lab.start()
    running = lab.begun(lab.post("/run/speaks", lines=100, seconds=30).json["id"])["id"]
    queued = lab.post("/run/speaks", lines=100).json["id"]
    subprocess.run(
        [sys.executable, "-m", "flasklab.cli", "-C", str(lab.folder), "backup", str(tmp_path / "lab.backup")],
        check=True,
        timeout=60,
    )
    lab.stop()

    command = [sys.executable, "-m", "flasklab.cli", "-C", str(lab.folder), "restore", "--force"]
    subprocess.run([*command, str(tmp_path / "lab.backup")], check=True, timeout=60)
    lab.start()

    assert lab.finished(running)["state"] == "lost"
    assert lab.finished(queued)["output"] == {"lines": 100}
