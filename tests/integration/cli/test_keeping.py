"""Deleting, pinning, pruning, backing up and restoring, as a person types it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from flasklab.runs.state import RunState
from flasklab.runs.times import now

if TYPE_CHECKING:
    from flasklab.runs.run import Run
    from tests.integration.cli.conftest import LabFolder


def ended(lab: LabFolder) -> Run:
    run = lab.queue(param=1.0)
    at = now() - timedelta(days=40)
    with lab.store.write() as unit:
        attempt = unit.runs.claim(run.id, at)
        assert attempt is not None
        unit.runs.settle(run.id, attempt, state=RunState.SUCCEEDED, output=1, error=None, at=at, seq=5)
    return run


def test_runs_are_deleted_and_come_back(lab: LabFolder) -> None:
    first, second = ended(lab), ended(lab)
    deleted = lab.call("delete", str(first.number), second.id)
    assert deleted.output.splitlines() == ["Run #1 of double is in the bin.", "Run #2 of double is in the bin."]
    assert json.loads(lab.call("runs", "--json").output)["runs"] == []
    assert [one["number"] for one in json.loads(lab.call("runs", "--deleted", "--json").output)["runs"]] == [2, 1]
    assert lab.call("undelete", "2").exit_code == 0
    assert [one["number"] for one in json.loads(lab.call("runs", "--json").output)["runs"]] == [2]


def test_prune_asks_and_leaves_pinned_runs(lab: LabFolder) -> None:
    ended(lab), ended(lab)
    assert lab.call("pin", "1").exit_code == 0
    assert lab.call("prune", "--dry-run").output == "There is nothing to remove.\n"
    assert "\n1 run, " in lab.call("prune", "--older-than", "30d", "--dry-run").output
    dry = json.loads(lab.call("prune", "--older-than", "30d", "--dry-run", "--json").output)
    assert (dry["runs"], dry["dry_run"]) == (1, True)
    assert lab.call("prune", "--older-than", "30d").exit_code == 1  # nobody answers
    assert len(json.loads(lab.call("runs", "--json").output)["runs"]) == 2

    assert lab.call("prune", "--older-than", "30d", "--yes").exit_code == 0

    assert [one["number"] for one in json.loads(lab.call("runs", "--json").output)["runs"]] == [1]
    assert lab.call("prune", "--older-than", "soon").exit_code == 2
    assert lab.call("prune", "--json").exit_code == 2


def test_a_lab_goes_into_a_file_and_comes_back(lab: LabFolder) -> None:
    run = ended(lab)
    target = lab.folder / "lab.backup"
    assert "1 run" in lab.call("backup", str(target)).output
    assert "--force" in lab.call("backup", str(target)).output
    assert "Name a place that can be written." in lab.call("backup", str(lab.folder / "nowhere" / "lab.backup")).output
    assert json.loads(lab.call("backup", "--verify", str(target), "--json").output)["runs"] == 1
    ended(lab)
    lab.store.close()

    assert "--force" in lab.call("restore", str(target)).output
    restored = lab.call("restore", str(target), "--force")

    assert restored.exit_code == 0, restored.output
    assert [one["id"] for one in json.loads(lab.call("runs", "--json").output)["runs"]] == [run.id]
    assert len(list(lab.folder.glob("results.before-*/lab.db"))) == 1


def test_room_is_listed_by_experiment(lab: LabFolder) -> None:
    ended(lab)
    found = json.loads(lab.call("du", "--json").output)
    assert [one["experiment"] for one in found["experiments"]] == ["double"]
    assert "double" in lab.call("du").output
