"""`flasklab export`, as a person calls it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pandas as pd

from flasklab.runs.artifacts import Artifact
from flasklab.runs.state import RunState
from flasklab.runs.times import now

if TYPE_CHECKING:
    from tests.integration.cli.conftest import LabFolder


def test_runs_go_to_standard_output(lab: LabFolder) -> None:
    run = lab.queue(param=4.0)
    lab.queue("other", param=5.0)

    lines = lab.call("export", "--experiment", "double")
    table = lab.call("export", "--format", "csv", "--columns", "number,params.param", "--limit", "1")

    assert lines.exit_code == 0
    assert json.loads(lines.output)["id"] == run.id
    assert table.output == "number,params.param\n2,5.0\n"


def test_the_ending_says_what_is_written_and_no_file_is_replaced_unasked(lab: LabFolder) -> None:
    lab.queue(param=4.0)
    file = lab.folder / "runs.parquet"

    assert lab.call("export", "-o", str(file)).exit_code == 0
    assert list(pd.read_parquet(file)["params.param"]) == [4.0]
    again = lab.call("export", "-o", str(file))
    assert again.exit_code == 1
    assert "--force" in again.output
    assert lab.call("export", "queued", "-o", str(file), "--force").exit_code == 0
    assert sorted(path.name for path in lab.folder.glob("*runs.parquet*")) == ["runs.parquet"]


def test_what_makes_no_sense_is_told(lab: LabFolder) -> None:
    assert "-o FILE" in lab.call("export", "--format", "parquet").output
    assert "one state only" in lab.call("export", "queued failed").output


def test_files_are_copied_beside_the_table(lab: LabFolder) -> None:
    run = lab.queue(param=4.0)
    kept = lab.store.files.add_stream(io.BytesIO(b"abc"))
    with lab.store.write() as unit:
        assert unit.runs.claim(run.id, now()) == 1
        for name, sha256 in (("a/b.txt", kept.sha256), ("gone.txt", "0" * 64)):
            unit.artifacts.add(run.number, Artifact(name=name, media_type="text/plain", size=3, sha256=sha256))
        unit.runs.settle(run.id, 1, state=RunState.SUCCEEDED, at=now(), seq=3)

    told = lab.call("export", "-o", str(lab.folder / "runs.csv"), "--with-files")

    assert "1 file copied" in told.output
    assert "1 is gone" in told.output
    assert (lab.folder / "runs.csv.files" / run.id / "a" / "b.txt").read_bytes() == b"abc"
    assert "-o FILE" in lab.call("export", "--with-files").output
