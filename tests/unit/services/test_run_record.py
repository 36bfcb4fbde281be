from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from flasklab.runs.artifacts import Artifact
from flasklab.runs.json import decode, encode
from flasklab.runs.run import MetricSummary, Run, RunError
from flasklab.runs.state import RunState
from flasklab.services.run_record import run_record, run_values

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def run(**more: Any) -> Run:
    return Run(
        **{"id": "abc", "number": 1, "experiment": "e", "state": RunState.QUEUED, "params": {}, **more}, created_at=AT
    )


def test_a_record_says_everything_that_is_known_of_how_a_run_was_made() -> None:
    record = run_record(
        run(
            state=RunState.FAILED,
            params={"lr": 0.1},
            given=("lr",),
            error=RunError(type="ValueError", message="no", traceback="Traceback ..."),
            metrics={"loss": MetricSummary(last=math.nan, min=1, max=2, mean=1.5, count=3, step=2)},
            artifacts=(Artifact(name="a.png", media_type="image/png", size=1, sha256="0" * 64, shown="a"),),
            seed=7,
            finished_at=AT,
        ),
    )
    found = decode(encode(record))
    assert found["error"] == {"type": "ValueError", "message": "no", "traceback": "Traceback ...", "where": ""}
    assert found["metrics"]["loss"]["last"] == "NaN"
    assert found["metrics"]["loss"]["mean"] == 1.5
    assert found["artifacts"][0]["shown"] == "a"
    assert (found["given"], found["seed"]) == (["lr"], 7)
    assert (found["created_at"], found["finished_at"]) == ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")


def test_what_is_not_known_is_null() -> None:
    record = run_record(run())
    assert [record[name] for name in ("error", "progress", "started_at", "queue_position", "seed")] == [None] * 5


def test_a_record_has_every_field_of_the_public_contract() -> None:
    contract = (
        "id number experiment state params output error progress metrics artifacts tags note seed attempt "
        "priority not_before queue_position created_at started_at finished_at"
    )
    assert [name for name in run_values(run()) if name in contract.split()] == contract.split()
    assert run_record(run()).keys() >= run_values(run()).keys()
