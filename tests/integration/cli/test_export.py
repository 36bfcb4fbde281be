"""`flasklab export`, as a person calls it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

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
    assert "several states" in lab.call("export", "queued failed").output
