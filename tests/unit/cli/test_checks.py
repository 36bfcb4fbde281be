from __future__ import annotations

from pathlib import Path

import pytest

from flasklab.cli.checks import check_results, check_space, check_sqlite, has_wal_reset_bug


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
    ],
)
def test_versions_of_sqlite_with_the_wal_reset_bug_are_known(version: tuple[int, ...], affected: bool) -> None:
    assert has_wal_reset_bug(version) is affected
    assert check_sqlite("sqlite:////lab.db", version).state == ("note" if affected else "ok")
    assert check_sqlite("postgresql://host/lab", version).state == "ok"


def test_a_results_folder_that_can_be_written_is_ok(tmp_path: Path) -> None:
    assert check_results(tmp_path).state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_results_folder_that_is_not_there_yet_is_a_note(tmp_path: Path) -> None:
    assert check_results(tmp_path / "a" / "results").state == "note"
    assert check_space(tmp_path / "a" / "results").name == "disk"
    assert list(tmp_path.iterdir()) == []


def test_a_results_folder_that_cannot_be_made_is_wrong() -> None:
    finding = check_results(Path("/proc/nope/results"))
    assert finding.state == "wrong"
    assert "/proc/nope/results cannot be made: No such file or directory in /proc." in finding.message
    assert "FLASKLAB_RESULTS" in finding.mend


def test_a_file_in_place_of_the_results_folder_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    finding = check_results(tmp_path / "results")
    assert finding.state == "wrong"
    assert "is not a folder" in finding.message
    assert "FLASKLAB_RESULTS" in finding.mend
