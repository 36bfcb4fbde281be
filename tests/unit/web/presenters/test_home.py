from __future__ import annotations

from datetime import timedelta
from typing import Any

from flasklab.experiments.description import BrokenModule, Catalog
from flasklab.runs.run import Progress, RunError
from flasklab.runs.state import RunState
from flasklab.web.presenters.home import HomePage, present_home


def page(make: Any, catalog: Catalog, **given: Any) -> HomePage:
    values = {"latest": {}, "counts": {}, "running": [], "recent": [], "status": None} | given
    return present_home(catalog, at=make.now, **values)


def test_a_lab_without_experiments_is_empty_only_once_all_is_imported(make: Any) -> None:
    assert page(make, Catalog(fingerprint="x", ready=True)).is_empty
    assert not page(make, Catalog(fingerprint="x", ready=False)).is_empty


def test_the_example_is_a_module_that_compiles(make: Any) -> None:
    example = page(make, Catalog(fingerprint="x", ready=True)).example
    compile(example, "double.py", "exec")
    assert len(example.strip().splitlines()) <= 8


def test_an_experiment_shows_its_last_run(make: Any) -> None:
    last = make.run(state=RunState.SUCCEEDED, finished_at=make.now - timedelta(minutes=2))
    found = page(make, Catalog(fingerprint="x", ready=True, experiments=(make.description(),)), latest={"train": last})
    (row,) = found.experiments
    assert row.last is not None
    assert (row.name, row.last.word, row.last.when.ago, row.last.took) == ("train", "Succeeded", "2 min ago", "8m 00s")


def test_a_module_that_misses_a_package_says_which(make: Any) -> None:
    broken = BrokenModule(
        module="experiments.v", file="/lab/v.py", line=3, error="x", traceback="", needs="scikit-learn"
    )
    (row,) = page(make, Catalog(fingerprint="x", ready=True, broken=(broken,))).broken
    assert (row.where, row.needs) == ("v.py:3", "scikit-learn")


def test_failures_show_the_type_and_the_first_line_of_what_went_wrong(make: Any) -> None:
    error = RunError(type="ValueError", message="no such column\nsecond line")
    failed = make.run(state=RunState.FAILED, error=error, finished_at=make.now)
    killed = make.run(state=RunState.FAILED, error=RunError(type="Signal", message="It was killed."))
    ended = make.run(state=RunState.CANCELED, finished_at=make.now)
    found = page(make, Catalog(fingerprint="x", ready=True), recent=[ended, failed, killed])
    assert [line.error for line in found.failures] == ["ValueError: no such column", "It was killed."]


def test_a_running_run_shows_how_far_it_is(make: Any) -> None:
    run = make.run(progress=Progress(done=5, total=20, message="epoch 5"))
    (line,) = page(make, Catalog(fingerprint="x", ready=True), running=[run]).running
    assert (line.percent, line.position, line.changed) == (25, "5 of 20 · epoch 5", "lr=0.1")


def test_the_chip_raises_alarm_when_nobody_gets_runs_done(make: Any) -> None:
    counts = {RunState.QUEUED: 5, RunState.RUNNING: 2}
    now = make.lab(counts=counts, supervised=False, reason="No supervisor.", trouble="The disk is full.")
    queue = page(make, Catalog(fingerprint="x", ready=True), status=now).queue
    assert queue is not None
    assert (queue.text, queue.alarm, queue.reason) == ("2 running · 5 queued", True, "No supervisor.")
    assert queue.trouble == "The disk is full."
