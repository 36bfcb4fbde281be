"""What experiments return and yield."""

from __future__ import annotations

import dataclasses
import enum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pydantic
import pytest
from matplotlib.figure import Figure
from PIL import Image

from flasklab.recording.memory import MemoryRecorder
from flasklab.recording.output import present_output, present_yield


class Kind(enum.Enum):
    GOOD = "good"


@dataclasses.dataclass
class Score:
    accuracy: float
    figure: Any = None


class Fitted(pydantic.BaseModel):
    depth: int = 3


class Pair(NamedTuple):
    left: int
    right: Any


@pytest.fixture
def recorder() -> MemoryRecorder:
    return MemoryRecorder()


@pytest.mark.parametrize(
    ("value", "output"),
    [
        (None, None),
        (3, 3),
        ("text", "text"),
        (np.float64("nan"), "NaN"),
        (np.array(2), 2),
        ({"accuracy": np.float32(0.5), "kind": Kind.GOOD}, {"accuracy": 0.5, "kind": "good"}),
        ([1, (2, {3})], [1, [2, [3]]]),
        (Score(0.5), {"accuracy": 0.5, "figure": None}),
        (Fitted(), {"depth": 3}),
        (Pair(1, 2), {"left": 1, "right": 2}),
        ({"path": Path("/nowhere/file")}, {"path": "/nowhere/file"}),
        ({"folder": Path()}, {"folder": "."}),
    ],
)
def test_plain_values_stay_and_nothing_is_shown(value: Any, output: Any, recorder: MemoryRecorder) -> None:
    assert present_output(value, recorder) == output
    assert recorder.files == []


def test_pictures_and_tables_are_shown_under_their_keys(recorder: MemoryRecorder, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("a\n1\n")
    value = {
        "figure": Figure(),
        "table": pd.DataFrame({"a": [1]}),
        "field": np.zeros((2, 2)),
        "image": Image.new("L", (2, 2)),
        "file": tmp_path / "log.csv",
        "score": Score(0.5, Figure()),
        "several": [Image.new("L", (2, 2)), Image.new("L", (2, 2))],
        "accuracy": 0.5,
    }
    assert present_output(value, recorder) == {
        "figure": {"$shown": "figure"},
        "table": {"$shown": "table"},
        "field": {"$shown": "field"},
        "image": {"$shown": "image"},
        "file": {"$shown": "file"},
        "score": {"accuracy": 0.5, "figure": {"$shown": "score.figure"}},
        "several": {"$shown": "several"},
        "accuracy": 0.5,
    }
    assert set(recorder.shown) == {
        "figure",
        "table",
        "field",
        "image",
        "file",
        "score.figure",
        "several",
    }


def test_a_single_picture_is_shown_as_output(recorder: MemoryRecorder) -> None:
    assert present_output(Figure(), recorder) == {"$shown": "output"}
    assert [file.name for file in recorder.files] == ["output.png", "output.svg"]


def test_long_text_is_shown_whole_instead(recorder: MemoryRecorder) -> None:
    assert present_output({"short": "x" * 10_000, "long": "y" * 10_001}, recorder) == {
        "short": "x" * 10_000,
        "long": {"$shown": "long"},
    }
    assert recorder.shown["long"][0].path.read_text() == "y" * 10_001


def test_a_value_too_long_for_a_row_is_shown_as_a_json_file_instead(recorder: MemoryRecorder) -> None:
    assert present_output({"a": 1, "many": list(range(100_000))}, recorder) == {"a": 1, "many": {"$shown": "many"}}
    assert recorder.shown["many"][0].name == "many.json"
    assert present_output(list(range(100_000)), recorder) == {"$shown": "output"}


def test_what_nobody_knows_is_told_by_its_repr(recorder: MemoryRecorder) -> None:
    class Odd:
        def __repr__(self) -> str:
            return "<odd>"

    assert present_output({"odd": Odd()}, recorder) == {"odd": "<odd>"}


def test_circles_and_hostile_objects_end_somewhere(recorder: MemoryRecorder) -> None:
    class Hostile(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError("no")

    circle: dict[str, Any] = {}
    circle["again"] = circle
    assert isinstance(present_output(circle, recorder), dict)
    assert present_output(Hostile(a=1), recorder) == "{'a': 1}"
    assert recorder.dropped == 1


def test_a_picture_that_cannot_be_shown_leaves_its_repr(recorder: MemoryRecorder, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.write_text("")

    class Nowhere(MemoryRecorder):
        @property
        def staging(self) -> Path:
            return gone / "below a file"

    output = present_output({"figure": Figure(), "accuracy": 0.5}, Nowhere())
    assert isinstance(output, dict)
    assert output["accuracy"] == 0.5
    assert str(output["figure"]).startswith("<Figure size")


def test_yielded_numbers_are_logged_and_other_things_shown_at_their_step(recorder: MemoryRecorder) -> None:
    present_yield({"loss": 0.5, "field": np.zeros((2, 2)), "nothing": None}, 0, recorder)
    present_yield({"loss": 0.25, "field": np.zeros((2, 2))}, 1, recorder)
    present_yield(7, 2, recorder)
    present_yield(None, 3, recorder)
    present_yield(Figure(), 4, recorder)
    assert [(point.step, point.values) for point in recorder.points] == [
        (0, {"loss": 0.5}),
        (1, {"loss": 0.25}),
        (2, {"output": 7.0}),
    ]
    assert [(file.name, file.step) for file in recorder.files if not file.name.endswith((".npy", ".svg"))] == [
        ("field (step 0).array.json", 0),
        ("field (step 1).array.json", 1),
        ("output (step 4).png", 4),
    ]
