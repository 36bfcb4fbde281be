from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from flasklab.execution.collecting import clear, collect, readable
from flasklab.store.files import FileStore

if TYPE_CHECKING:
    from pathlib import Path


def test_files_whose_names_are_no_text_are_all_kept_under_names_that_can_be_asked_for(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for name in (b"bad\xff.txt", b"bad\xfe.txt", b"two\nlines.txt", "naïve\u3000名.txt".encode()):
        (work / os.fsdecode(name)).write_bytes(name)
    found = collect(work, {}, FileStore(tmp_path / "files")).files
    assert {one.name for one in found} == {"bad%FF.txt", "bad%FE.txt", "two%0Alines.txt", "naïve\u3000名.txt"}


def test_a_name_too_long_for_an_index_is_cut_and_stays_one_of_a_kind() -> None:
    first, second = (readable(f"{letter}/{'deep/' * 400}file.csv") for letter in "ab")
    assert first != second
    assert first.endswith("deep/file.csv")
    assert len(first) < 1100


@pytest.mark.skipif(os.name != "posix", reason="makes folders relative to the current one")
def test_folders_nested_deeper_than_python_recurses_are_collected_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for _ in range(1200):
        os.mkdir("d")  # noqa: PTH102 - relative to where we are
        os.chdir("d")
    with open("last.txt", "w", encoding="utf-8") as out:  # noqa: PTH123 - its full path would be long
        out.write("deep down")
    monkeypatch.chdir(tmp_path)
    (one,) = collect(work, {}, FileStore(tmp_path / "files")).files
    assert one.name.endswith("d/last.txt")
    clear(work)
    assert not work.exists()


def test_a_left_file_is_not_copied_and_keeps_its_name_until_the_folder_goes(tmp_path: Path) -> None:
    files = FileStore(tmp_path / "store")
    workdir = tmp_path / "run" / "files"
    workdir.mkdir(parents=True)
    (workdir / "large.bin").write_bytes(b"x" * 100_000)
    (left,) = collect(workdir, {}, files).files
    assert left.file.size == 100_000
    assert files.path(left.file.sha256).stat().st_ino == (workdir / "large.bin").stat().st_ino
    again = collect(workdir, {}, files).files  # as after a supervisor that died before the run was settled
    assert [one.file for one in again] == [left.file]
    assert [one.name for one in (tmp_path / "run").iterdir()] == ["files"]


def test_a_file_that_cannot_be_kept_is_counted(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "kept.txt").write_text("kept")
    (tmp_path / "files").write_text("in the way of the store's folder")
    left = collect(work, {}, FileStore(tmp_path / "files"))
    assert (left.files, left.missed) == ([], 1)
