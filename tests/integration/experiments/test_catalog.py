"""The fingerprint follows the sources, and finding them runs none of their code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from flasklab.experiments.catalog import fingerprint, locate, sources

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    folder = tmp_path / "experiments"
    for name in ("a.py", "_shared.py", "vision/__init__.py", "vision/b.py", "__pycache__/c.py", ".trash/d.py"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("raise SystemExit('nobody may run this')\n")
    (folder / "notes.txt").write_text("no source")
    return tmp_path


def names(lab: Path, target: str) -> list[str]:
    return [path.relative_to(lab).as_posix() for path in sources(target, lab)]


def test_the_sources_of_a_folder_leave_hidden_and_compiled_ones_out(lab: Path) -> None:
    assert names(lab, "experiments") == [
        "experiments/_shared.py",
        "experiments/a.py",
        "experiments/vision/__init__.py",
        "experiments/vision/b.py",
    ]


def test_a_single_file_is_its_own_source(lab: Path) -> None:
    assert names(lab, str(lab / "experiments" / "a.py")) == ["experiments/a.py"]


def test_a_package_is_found_by_its_name_without_running_it(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(lab, "experiments.vision") == ["experiments/vision/__init__.py", "experiments/vision/b.py"]
    monkeypatch.setattr(sys, "path", [str(lab / "experiments"), *sys.path])
    assert names(lab, "vision.b") == ["experiments/vision/b.py"]


@pytest.mark.parametrize("target", ["nowhere", "nowhere.at_all", "missing.py", "/nowhere/at/all", "no-name"])
def test_a_target_that_is_not_there_has_no_sources(lab: Path, target: str) -> None:
    assert locate(target, lab) is None
    assert sources(target, lab) == []


def test_the_fingerprint_tells_one_target_from_another_with_the_same_files(lab: Path) -> None:
    file = lab / "experiments" / "a.py"
    assert fingerprint(str(file), lab) != fingerprint("nothing_here", lab, [str(file)])


def test_the_fingerprint_changes_with_every_change_and_only_then(lab: Path) -> None:
    folder = lab / "experiments"
    seen = [fingerprint("experiments", lab)]
    assert fingerprint("experiments", lab) == seen[0]

    (folder / "a.py").write_text("x = 1\n")
    seen.append(fingerprint("experiments", lab))
    (folder / "new.py").write_text("")
    seen.append(fingerprint("experiments", lab))
    (folder / "new.py").rename(folder / "newer.py")
    seen.append(fingerprint("experiments", lab))
    (folder / "newer.py").unlink()
    seen.append(fingerprint("experiments", lab))

    assert len(set(seen)) == 4
    assert seen[4] == seen[1]


def test_an_edit_that_keeps_the_size_is_seen_by_its_time(lab: Path) -> None:
    file = lab / "experiments" / "a.py"
    before = fingerprint("experiments", lab)

    os.utime(file, ns=(1, 1))

    assert fingerprint("experiments", lab) != before


def test_watched_files_count_and_may_come_and_go(lab: Path) -> None:
    extra = lab / "model.py"
    absent = fingerprint("experiments", lab, [str(extra)])
    extra.write_text("x = 1\n")
    present = fingerprint("experiments", lab, [str(extra)])

    assert len({absent, present, fingerprint("experiments", lab)}) == 3


def test_a_folder_that_contains_itself_ends(lab: Path) -> None:
    (lab / "experiments" / "loop").symlink_to(lab / "experiments")

    assert len(sources("experiments", lab)) == 4
