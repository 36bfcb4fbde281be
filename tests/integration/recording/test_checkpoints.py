"""Checkpoints on the disk: whole, in order, the last two kept, damaged ones passed over."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from flasklab.recording.checkpoints import Checkpoints
from flasklab.recording.proxy import record_locally, run
from flasklab.runs.checkpoints import checkpoints_in, name_of

if TYPE_CHECKING:
    from pathlib import Path


def restored(checkpoints: Checkpoints, said: list[str] | None = None) -> Any:
    found, _ = checkpoints.load((said if said is not None else []).append)
    return None if found is None else found.state


def test_a_later_attempt_sees_the_last_state_of_those_before_it_and_its_own_never(tmp_path: Path) -> None:
    first = Checkpoints(tmp_path / "r", 1)
    assert restored(first) is None
    first.save({"step": 1, "weights": np.arange(3.0)})
    second = Checkpoints(tmp_path / "r", 2)
    second.save("its own")
    state = restored(second)
    assert (state["step"], state["weights"].tolist()) == (1, [0.0, 1.0, 2.0])
    assert restored(second) is state  # read once


def test_the_last_two_are_kept_and_nothing_else_lies_beside_them(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, 3)
    for number in range(5):
        checkpoints.save(number)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name_of(3, 4), name_of(3, 5)]


def test_a_stale_attempt_replaces_nothing_of_a_newer_one(tmp_path: Path) -> None:
    stale, newer = Checkpoints(tmp_path, 1), Checkpoints(tmp_path, 2)
    for _ in range(3):
        stale.save("stale")
    newer.save("newer")
    stale.save("too late")
    newer.save("newest")
    assert restored(Checkpoints(tmp_path, 3)) == "newest"
    assert [one.attempt for one in checkpoints_in(tmp_path)] == [2, 2]


@pytest.mark.parametrize("harm", ["cut", "changed", "emptied", "no pickle"])
def test_a_damaged_one_gives_way_to_the_one_before_it(tmp_path: Path, harm: str) -> None:
    checkpoints = Checkpoints(tmp_path, 1)
    for number in (1, 2):
        checkpoints.save([number] * 1000)
    path = tmp_path / name_of(1, 2)
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut": content[:-1],
            "changed": content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
            "emptied": b"",
            "no pickle": content[:48] + b"\0" * (len(content) - 48),
        }[harm]
    )
    said: list[str] = []
    assert restored(Checkpoints(tmp_path, 2), said) == [1] * 1000
    assert name_of(1, 2) in said[0]


def test_what_cannot_be_pickled_leaves_the_one_before_it_and_no_litter(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, 1)
    checkpoints.save("whole")
    with pytest.raises(Exception, match="pickle"):
        checkpoints.save([0] * 1000 + [threading.Lock()])
    assert [path.name for path in tmp_path.iterdir()] == [name_of(1, 1)]


def test_another_runs_last_one_is_where_a_run_without_its_own_begins(tmp_path: Path) -> None:
    Checkpoints(tmp_path / "first", 1).save("from the first")
    again = Checkpoints(tmp_path / "again", 1, (tmp_path / "first", "first"))
    found, fresh = again.load(lambda _: None)
    assert found is not None
    assert (found.state, found.of, fresh) == ("from the first", "first", True)
    again.save("its own")
    assert restored(Checkpoints(tmp_path / "again", 2, (tmp_path / "first", "first"))) == "its own"


def test_one_that_is_gone_is_said_and_the_run_begins_anew(tmp_path: Path) -> None:
    said: list[str] = []
    assert restored(Checkpoints(tmp_path / "again", 1, (tmp_path / "gone", "gone")), said) is None
    assert "begins anew" in said[0]


def test_in_notebooks_and_tests_states_are_kept_as_they_were() -> None:
    with record_locally(restored={"step": 3}) as recorded:
        state = run.restored
        state["step"] += 1
        run.checkpoint(state)
        state["step"] += 1
        run.checkpoint(threading.Lock())
        assert run.canceling is False
    assert recorded.checkpoints == [{"step": 4}]
    assert recorded.dropped == 1
    assert run.restored is None


def test_a_torch_model_and_its_optimizer_come_back(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    Checkpoints(tmp_path, 1).save({"model": model.state_dict(), "optimizer": optimizer.state_dict()})
    state = restored(Checkpoints(tmp_path, 2))
    again = torch.nn.Linear(2, 1)
    again.load_state_dict(state["model"])
    assert torch.equal(again.weight, model.weight)
    torch.optim.Adam(again.parameters()).load_state_dict(state["optimizer"])
