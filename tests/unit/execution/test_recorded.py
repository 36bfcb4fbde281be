from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flasklab.execution.recorded import LeftFile, Recorded, beside_shown
from flasklab.recording.frames import Metrics
from flasklab.runs.artifacts import Artifact, StoredFile
from flasklab.store.files import FileStore

if TYPE_CHECKING:
    from pathlib import Path

PNG = "image/png"


def left(name: str, content: str) -> LeftFile:
    return LeftFile(name=name, file=StoredFile(sha256=content, size=1), media_type=PNG)


def shown(name: str, content: str) -> Artifact:
    return Artifact(name=name, media_type=PNG, size=1, sha256=content, shown="loss")


def names(found: list[LeftFile], *known: Artifact) -> list[str]:
    return [one.name for one in beside_shown(found, {artifact.name: artifact for artifact in known})]


def test_a_left_file_keeps_its_name_and_replaces_what_was_saved_under_it() -> None:
    saved = Artifact(name="out.csv", media_type="text/csv", size=1, sha256="old")

    assert names([left("out.csv", "new"), left("a/b.txt", "b")], saved) == ["out.csv", "a/b.txt"]


def test_a_left_file_never_takes_the_place_of_something_shown() -> None:
    known = (shown("plots/loss.png", "1"), shown("plots/loss 2.png", "2"))

    assert names([left("plots/loss.png", "mine")], *known) == ["plots/loss 3.png"]


def test_a_left_file_is_left_out_where_the_run_has_its_content_under_another_name() -> None:
    saved = Artifact(name="loss 2.png", media_type=PNG, size=1, sha256="mine")

    assert names([left("loss.png", "mine")], shown("loss.png", "1"), saved) == []


def test_a_file_with_another_name_takes_no_other_left_files_place() -> None:
    found = [left("loss 2.png", "two"), left("loss.png", "mine")]

    assert names(found, shown("loss.png", "1")) == ["loss 2.png", "loss 3.png"]


def recorded(folder: Path) -> Recorded:
    return Recorded(id="r", number=1, attempt=1, seq=0, files=FileStore(folder))


@pytest.mark.parametrize(
    "event",
    [
        {"type": "progress"},
        {"type": "progress", "done": "NaN"},
        {"type": "seed"},
        {"type": "seed", "seed": {"a": 1}},
        {"type": "tag", "tags": 3},
        {"type": "tag", "tags": [{"a": 1}]},
        {"type": "note", "text": ["a"]},
        {"type": "dropped", "count": "x"},
        {"type": "dropped", "count": -1},
        {"type": "artifact"},
        {"type": "artifact", "path": 3, "name": "n", "media_type": "t", "size": 1, "sha256": "0" * 64},
        {"type": "artifact", "path": "a\0b", "name": "n", "media_type": "t", "size": 1, "sha256": "0" * 64},
        {"type": "artifact", "path": "p", "name": "n", "media_type": "t", "size": 2**70, "sha256": "0" * 64},
        {"type": "outcome"},
        {"type": "outcome", "state": "lost"},
        {"type": "outcome", "state": "failed", "error": None},
        {"type": "outcome", "state": "failed", "error": {"type": "E"}},
        {"type": "no such thing"},
    ],
)
def test_an_event_of_another_shape_is_counted_and_changes_nothing(tmp_path: Path, event: dict[str, Any]) -> None:
    said = recorded(tmp_path)
    said.take(event)
    assert (said.outcome, said.saved, said.has_begun) == (None, {}, False)
    assert said._dropped == 1
    assert not said.forget()


def test_what_cannot_be_stored_is_left_out_and_counted_once(tmp_path: Path) -> None:
    said = recorded(tmp_path)
    said.take({"type": "note", "text": "kept nowhere"})
    assert (said.forget(), said._dropped) == (True, 1)
    assert (said.forget(), said._dropped) == (False, 1)


def test_names_that_are_one_once_they_are_cut_keep_their_points_in_the_order_of_the_calls(tmp_path: Path) -> None:
    said = recorded(tmp_path)
    said.take(Metrics(("a", "a"), (1.0, 2.0), (0, 1), ((1.0, 3.0), (2.0, 4.0))))
    column = said._columns["a"]
    assert (column.values, column.seqs) == ([1.0, 2.0, 3.0, 4.0], [1, 1, 2, 2])
    assert said.seq == 2
