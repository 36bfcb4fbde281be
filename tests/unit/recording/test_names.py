from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flasklab.recording.names import Names, safe_stem, saved_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("confusion matrix", "confusion matrix"),
        ("val/loss", "val/loss"),
        ("../../etc/passwd", "etc/passwd"),
        ("/absolute", "absolute"),
        ("a\\..\\b", "a/b"),
        ('a<b>:"|?*c', "a_b______c"),
        ("line\nbreak\0", "line_break_"),
        ("right\u202eleft", "right_left"),
        (" . hidden . ", "hidden"),
        ("", "shown"),
        ("..", "shown"),
        ("é", "é"),
        ("\ud800", "/ud800"[1:]),
    ],
)
def test_every_heading_makes_a_safe_stem(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


def test_a_long_heading_makes_a_short_stem() -> None:
    assert len(safe_stem("x" * 10_000)) == 150


@pytest.mark.parametrize(
    ("name", "kept"), [("a.png", "a.png"), ("./a//b.csv", "a/b.csv"), ("a\\b.csv", "a/b.csv"), ("é.txt", "é.txt")]
)
def test_names_to_save_under_are_relative_paths(name: str, kept: str) -> None:
    assert saved_name(name) == kept


@pytest.mark.parametrize(
    "name", ["", ".", "/etc/passwd", "../a", "a/../../b", "C:\\a", "c:a", "a\0b", "a\nb", "x" * 201, "\\\\host\\a"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="it "):
        saved_name(name)


def test_a_heading_shown_again_is_numbered(tmp_path: Path) -> None:
    names = Names(tmp_path)
    assert names.take_shown("fig", None, [".png", ".svg"]) == ("fig", ["fig.png", "fig.svg"])
    assert names.take_shown("fig", None, [".png"]) == ("fig 2", ["fig 2.png"])
    assert names.take_shown("fig", None, [".svg"]) == ("fig 3", ["fig 3.svg"])


def test_each_step_of_a_heading_has_the_heading_itself(tmp_path: Path) -> None:
    names = Names(tmp_path)
    assert names.take_shown("fig", 1, [".png"]) == ("fig", ["fig (step 1).png"])
    assert names.take_shown("fig", 2, [".png"]) == ("fig", ["fig (step 2).png"])
    assert names.take_shown("fig", 2, [".png"]) == ("fig 2", ["fig 2 (step 2).png"])


def test_headings_that_look_alike_in_files_are_kept_apart(tmp_path: Path) -> None:
    names = Names(tmp_path)
    assert names.take_shown("a:b", None, [".png"])[1] == ["a_b.png"]
    assert names.take_shown("a?b", None, [".png"])[1] == ["a_b 2.png"]


def test_a_saved_name_is_taken_again_but_never_over_what_is_shown(tmp_path: Path) -> None:
    names = Names(tmp_path)
    assert names.take_saved("model.joblib") == "model.joblib"
    assert names.take_saved("model.joblib") == "model.joblib"
    names.take_shown("fig", None, [".png"])
    assert names.take_saved("fig.png") == "fig 2.png"
    assert names.take_saved("fig.png") == "fig 2.png"
    assert names.take_shown("model", None, [".joblib"])[1] == ["model 2.joblib"]


def test_processes_that_share_the_folder_take_different_names(tmp_path: Path) -> None:
    one, other = Names(tmp_path), Names(tmp_path)
    taken = [names.take_shown("fig", None, [".png"])[1][0] for names in (one, other, one, other)]
    assert len(set(taken)) == 4


def test_a_folder_that_cannot_be_made_does_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert Names(file).take_shown("fig", None, [".png"]) == ("fig", ["fig.png"])
    assert Names(file).take_saved("a.txt") == "a.txt"
