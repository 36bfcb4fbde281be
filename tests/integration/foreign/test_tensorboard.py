"""Event files that tensorboardX 2.6 wrote, whole, cut short and damaged."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from flasklab.foreign.event_file import events_of
from flasklab.foreign.guessing import kind_of, runs_of
from flasklab.foreign.options import Options
from flasklab.runs.arriving import Arriving, Passed

DATA = Path(__file__).parent / "data" / "tensorboard"
FIRST = next((DATA / "first").glob("*tfevents*"))


def test_every_folder_with_event_files_is_a_run() -> None:
    assert kind_of(DATA) == "tensorboard"

    found = {one.run.note: one for one in runs_of("tensorboard", DATA, Options()) if isinstance(one, Arriving)}

    assert found.keys() == {"first", "hp/one"}
    (loss,) = found["first"].points()
    assert (loss.key, loss.steps) == ("train/loss", [0, 1, 2, 3])
    assert loss.values == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    assert loss.times == [1700000000.0, 1700000001.0, 1700000002.0, 1700000003.0]
    assert found["hp/one"].run.params == {"lr": 0.1, "bs": 32, "opt": "sgd", "amp": True}
    assert [(piece.key, piece.steps) for piece in found["hp/one"].points()] == [("acc", [5])]
    assert {one.run.experiment for one in found.values()} == {"tensorboard"}


def test_a_folder_without_scalars_is_left_out() -> None:
    passed = [one for one in runs_of("tensorboard", DATA, Options()) if isinstance(one, Passed)]

    assert [(one.name, one.why) for one in passed] == [("hp", "it has neither scalars nor hyperparameters")]


def test_the_experiment_is_the_folder_unless_one_is_named() -> None:
    found = [one for one in runs_of("tensorboard", DATA, Options(experiment="mine")) if isinstance(one, Arriving)]

    assert {one.run.experiment for one in found} == {"mine"}


def test_ids_stay_when_the_folder_moves(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "moved")

    def ids(path: Path) -> list[str]:
        return [one.run.id for one in runs_of("tensorboard", path, Options()) if isinstance(one, Arriving)]

    assert ids(DATA) == ids(tmp_path / "moved")


def test_a_file_that_is_being_written_ends_at_its_last_whole_record() -> None:
    whole = FIRST.read_bytes()
    events = list(events_of(io.BytesIO(whole)))

    for length in range(len(whole)):
        cut = list(events_of(io.BytesIO(whole[:length])))
        assert cut == events[: len(cut)]


def test_every_damaged_byte_is_noticed_or_ends_the_file() -> None:
    whole = FIRST.read_bytes()
    events = list(events_of(io.BytesIO(whole)))

    for position in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        try:
            found = list(events_of(io.BytesIO(damaged)))
        except ValueError:
            continue
        assert found == events[: len(found)]
