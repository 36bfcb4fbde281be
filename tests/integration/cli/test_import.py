"""`flasklab import`, as a person calls it: from a lab, MLflow, TensorBoard and a CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services.run_import import IMPORTED
from flasklab.services.run_read import RunRead

if TYPE_CHECKING:
    from tests.integration.cli.conftest import LabFolder

DATA = Path(__file__).parents[1] / "foreign" / "data"


@pytest.mark.parametrize(
    ("path", "added", "left_out"), [("mlruns", 2, 2), ("tensorboard", 2, 1)], ids=["mlflow", "tensorboard"]
)
def test_runs_of_other_tools_are_brought_in_once(lab: LabFolder, path: str, added: int, left_out: int) -> None:
    first = lab.call("import", str(DATA / path))
    second = lab.call("import", str(DATA / path), "--json")

    assert first.exit_code == 0, first.output
    assert f"{added} imported, 0 were here already, {left_out} left out." in first.output
    told = json.loads(second.output)
    assert (told["imported"], told["there"], len(told["left_out"])) == (0, added, left_out)
    found = RunRead(lab.store).newest(100)
    assert all(run.state.is_final and IMPORTED in run.tags for run in found)
    assert [event.kind for event in RunRead(lab.store).events(found[0].id)] == [IMPORTED]


def test_a_csv_goes_out_and_in(lab: LabFolder, tmp_path: Path) -> None:
    (tmp_path / "grid.csv").write_text("rate,acc\n0.1,0.9\n0.2,0.8\n")

    told = lab.call("import", str(tmp_path / "grid.csv"), "--metric", "acc", "--experiment", "grid", "--param", "rate")
    table = lab.call("export", "--format", "csv", "--columns", "experiment,params.rate,metrics.acc")

    assert "2 imported" in told.output
    assert table.output == "experiment,params.rate,metrics.acc\ngrid,0.2,0.8\ngrid,0.1,0.9\n"


def test_a_lab_is_exported_and_its_runs_are_there_already(lab: LabFolder) -> None:
    run = lab.queue(param=4.0)
    with lab.store.write() as unit:
        assert unit.runs.claim(run.id, now()) == 1
        unit.runs.settle(run.id, 1, state=RunState.SUCCEEDED, at=now(), seq=3)
    lab.queue(param=5.0)
    file = lab.folder / "out.zip"

    made = lab.call("export", "-o", str(file))

    assert "1 run," in made.output
    assert "1 that have not ended" in made.output
    assert "0 imported, 1 were here already" in lab.call("import", str(file)).output


def test_what_cannot_be_read_is_told_in_a_sentence(lab: LabFolder, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")
    answer = lab.call("import", "--from", "lab", str(tmp_path / "x.zip"))

    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
