from __future__ import annotations

from flasklab.execution.recorded import LeftFile, beside_shown
from flasklab.runs.artifacts import Artifact, StoredFile

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
