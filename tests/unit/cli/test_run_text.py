from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from flasklab.cli.run_text import print_run, progress_text, runs_table, value_text
from flasklab.runs.artifacts import Artifact
from flasklab.runs.run import MetricSummary, Progress, Run, RunError
from flasklab.runs.state import RunState

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_run(**changes: Any) -> Run:
    facts: dict[str, Any] = {
        "id": "abcdef012345",
        "number": 12,
        "experiment": "classify",
        "state": RunState.SUCCEEDED,
        "params": {"model": "svm", "data": {"file": "x.csv", "sha256": "0" * 64, "size": 3}},
        "given": ("data",),
        "output": {"accuracy": 0.5},
        "metrics": {"loss": MetricSummary(last=0.3, min=0.3, max=2.1, mean=1.0, count=60, step=59)},
        "artifacts": (Artifact(name="model.joblib", media_type="application/x", size=2048, sha256="1" * 64),),
        "created_at": CREATED,
        "started_at": CREATED,
        "finished_at": CREATED + timedelta(seconds=3),
    }
    return Run(**facts | changes)


def printed(thing: Any, width: int = 200) -> str:
    out = Console(file=StringIO(), width=width, markup=False)
    if isinstance(thing, Run):
        print_run(out, thing)
    else:
        out.print(thing)
    stream = out.file
    assert isinstance(stream, StringIO)
    return stream.getvalue()


def test_a_run_is_shown_with_all_it_has() -> None:
    text = printed(a_run(created_by="ada", note="a note", tags=("best",)))
    for part in (
        "#12 classify succeeded",
        "abcdef012345",
        "by ada",
        "took 3.0 s",
        "x.csv",
        "svm",
        "accuracy   0.5",
    ):
        assert part in text
    for part in ("loss", "0.3", "2.1", "60", "model.joblib", "2.0 kB", "[best] a note"):
        assert part in text


def test_a_failed_run_is_shown_with_its_traceback() -> None:
    error = RunError(type="ValueError", message="no [target]", traceback="Traceback ...\n  line 3\n")
    text = printed(a_run(state=RunState.FAILED, error=error, output=None, metrics={}, artifacts=()))
    assert "ValueError: no [target]" in text
    assert "  line 3" in text
    assert "metric" not in text


def test_a_list_shows_the_parameters_that_were_changed() -> None:
    text = printed(runs_table([a_run(), a_run(number=11, given=("model",), params={"model": "x" * 200})], 200))
    assert "data=x.csv" in text
    assert "model=" + "x" * 53 + "…" in text


@pytest.mark.parametrize(
    ("width", "left_out"),
    [
        (140, set()),
        (100, {"progress"}),
        (80, {"progress", "took"}),
        (70, {"progress", "took", "created"}),
    ],
)
def test_a_list_keeps_to_one_line_per_run_and_leaves_columns_out_of_a_narrow_terminal(
    width: int, left_out: set[str]
) -> None:
    many = [a_run(number=1234, state=state, given=("model",), params={"model": "x" * 200}) for state in RunState]
    heading, _, *lines = printed(runs_table(many, width), width).splitlines()
    headings = ["#", "experiment", "state", "parameters", "progress", "created", "took", "id"]
    assert heading.split() == [name for name in headings if name not in left_out]
    assert len(lines) == len(RunState)
    for line, state in zip(lines, RunState, strict=True):
        assert line.split()[:2] == ["1234", "classify"]
        assert f" {state.value.replace('_', ' ')} " in line
        assert "model=x" in line
        assert "…" in line
        assert line.rstrip().endswith("abcdef012345")


def test_a_run_that_has_not_begun_is_said_to_be_queued() -> None:
    waiting = a_run(state=RunState.QUEUED, started_at=None, finished_at=None, queue_position=1)
    assert "abcdef012345, queued 2026-01-0" in printed(waiting)
    assert "abcdef012345, started 2026-01-0" in printed(a_run())


def test_an_error_s_type_is_told_where_the_state_does_not_say_it() -> None:
    by_ada = RunError(type="Canceled", message="Canceled by ada.")
    assert "\nCanceled by ada.\n" in printed(a_run(state=RunState.CANCELED, error=by_ada))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"state": RunState.QUEUED, "queue_position": 3}, "number 3 in the queue"),
        (
            {"state": RunState.RUNNING, "progress": Progress(done=3, total=20, message="epoch 3")},
            "3 of 20 · epoch 3",
        ),
        ({"state": RunState.RUNNING, "progress": Progress(done=3)}, "3"),
        ({"progress": Progress(done=3)}, ""),
    ],
)
def test_progress_says_how_far_a_run_is(changes: dict[str, Any], expected: str) -> None:
    assert progress_text(a_run(**changes)) == expected


def test_values_are_written_on_one_line() -> None:
    assert value_text({"a": [1, None]}) == '{"a":[1,null]}'
    assert value_text({"file": "x.csv", "sha256": "0", "size": 1}) == "x.csv"
    assert value_text("plain") == "plain"
