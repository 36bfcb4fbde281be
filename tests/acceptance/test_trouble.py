"""A full disk, no file handles, a locked database, no results folder: told truthfully, passed without a restart."""

from __future__ import annotations

import contextlib
import os
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.conftest import ServedLab


@pytest.fixture(scope="module")
def lab(make_lab: Callable[..., ServedLab]) -> ServedLab:
    """A running lab with room for four runs, its supervisor warm."""
    lab = make_lab("ends", FLASKLAB_WORKERS="4")
    lab.start()
    assert lab.run("double")["state"] == "succeeded"
    return lab


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = f"a small file system cannot be mounted here ({done.stderr.strip()}); that takes root on Linux"
        if os.environ.get("FLASKLAB_TEST_REQUIRE") == "all":
            pytest.fail(reason)
        pytest.skip(reason)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Use up what is free; removing the file that is returned gives it back."""
    path = folder / "fill"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(2**16))
    return path


def start(lab: ServedLab, experiment: str, **params: object) -> str:
    answer = lab.post(f"/run/{experiment}", **params)
    assert answer.status == 202, answer.text
    run_id: str = answer.json["id"]
    return run_id


def no_page_fails(lab: ServedLab, run_id: str) -> str:
    """The front page, after every page was seen to answer."""
    for path in ("/runs", "/run/double", f"/results/{run_id}", f"/status/{run_id}", "/api/v1/runs"):
        assert lab.get(path, Accept="text/html").status == 200, path
    return lab.get("/", Accept="text/html").text


def test_a_full_disk_refuses_starts_and_loses_nothing_that_runs(
    make_lab: Callable[..., ServedLab], small_disk: Path
) -> None:
    results = str(small_disk / "results")
    lab = make_lab("ends", FLASKLAB_RESULTS=results, FLASKLAB_MIN_FREE="2 MiB", FLASKLAB_WORKERS="2")
    lab.start()
    ends = lab.begun(start(lab, "sleeps", seconds=3.0))["id"]
    supervisor = lab.supervisor()
    filler = fill(small_disk)
    refused = lab.post("/run/double")
    assert (refused.status, refused.headers["content-type"]) == (507, "application/problem+json")
    assert "FLASKLAB_MIN_FREE" in refused.json["detail"]
    assert refused.headers["retry-after"]
    assert "No run can be started." in no_page_fails(lab, ends)
    assert lab.get("/api/v1/health").json["status"] == "trouble"
    lab.until(
        lambda: "could not be written and is tried again" in lab.said(), 30, "the end was not tried to be written"
    )
    assert lab.status(ends)["state"] == "running"
    filler.unlink()
    assert lab.finished(ends)["output"] == "slept"
    assert lab.run("double", param=2)["output"] == {"output": 4.0}
    assert lab.get("/api/v1/health").json["status"] == "ok"
    assert lab.supervisor() == supervisor


@pytest.mark.parametrize("spare", [0, 4, 7])
def test_a_supervisor_without_file_handles_goes_on_when_it_has_some(lab: ServedLab, spare: int) -> None:
    supervisor = lab.supervisor()
    before = resource.prlimit(supervisor, resource.RLIMIT_NOFILE)
    used = len(list(Path(f"/proc/{supervisor}/fd").iterdir()))
    resource.prlimit(supervisor, resource.RLIMIT_NOFILE, (used + spare, before[1]))
    try:
        runs = [start(lab, "sleeps", seconds=0.5) for _ in range(2)]
        no_page_fails(lab, runs[0])
        lab.until(lambda: any(lab.status(one)["attempt"] > 0 for one in runs), 20, "nothing was tried")
    finally:
        resource.prlimit(supervisor, resource.RLIMIT_NOFILE, before)
    assert [lab.finished(one, 60)["state"] for one in runs] == ["succeeded"] * 2
    assert lab.supervisor() == supervisor


def test_a_locked_database_is_waited_for_while_pages_go_on(lab: ServedLab) -> None:
    supervisor = lab.supervisor()
    ends = lab.begun(start(lab, "sleeps", seconds=0.5))["id"]
    database = sqlite3.connect(lab.folder / "results" / "lab.db", isolation_level=None)
    with contextlib.closing(database):
        database.execute("BEGIN IMMEDIATE")
        check = subprocess.run(
            [sys.executable, "-m", "flasklab.cli", "check"], cwd=lab.folder, capture_output=True, text=True, check=False
        )
        assert f"(pid {os.getpid()}) has kept" in check.stdout.replace("\n", " ")
        no_page_fails(lab, ends)
        assert lab.status(ends)["state"] == "running"
        database.execute("ROLLBACK")
    assert lab.finished(ends)["output"] == "slept"
    assert lab.supervisor() == supervisor


def test_a_results_folder_that_is_gone_is_told_and_taken_up_again(lab: ServedLab) -> None:
    ends = lab.begun(start(lab, "sleeps", seconds=1.0))["id"]
    results, away = lab.folder / "results", lab.folder / "away"
    results.rename(away)
    refused = lab.post("/run/double")
    assert refused.status == 503
    assert "Put the results folder back" in refused.json["detail"]
    assert "No run can be started." in lab.get("/", Accept="text/html").text
    away.rename(results)
    assert lab.finished(ends)["output"] == "slept"
    assert lab.run("double", param=2)["output"] == {"output": 4.0}
