from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from flasklab.cli.checks import check_results, check_space, check_sqlite, has_wal_reset_bug
from flasklab.cli.running_checks import check_clock, check_lock, most_handles
from flasklab.config import load_settings
from flasklab.runs.times import now


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
    assert check_space(load_settings(tmp_path / "a", environ={})).name == "disk"
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


def test_too_little_space_for_another_run_is_wrong_and_little_is_a_note(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, environ={})
    wrong = check_space(settings.replaced(min_free=2**62))
    assert wrong.state == "wrong"
    assert "FLASKLAB_MIN_FREE" in wrong.mend
    assert check_space(settings.replaced(min_free=0)).state in ("ok", "note")


def test_a_clock_that_was_put_back_is_a_note() -> None:
    (behind,) = check_clock(now() + timedelta(hours=1))
    assert (behind.state, "in the future" in behind.message) == ("note", True)
    assert [one.state for one in check_clock(now())] == ["ok"]
    assert list(check_clock(None)) == []


def test_the_limit_of_open_files_is_read() -> None:
    text = "Limit    Soft Limit   Hard Limit  Units\nMax open files            1024                 524288      files\n"
    assert most_handles(text) == 1024
    assert most_handles("Max open files  unlimited unlimited files\n") is None


def test_who_keeps_the_database_locked_is_named(tmp_path: Path) -> None:
    database = tmp_path / "lab.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE runs (number)")
        assert list(check_lock(database)) == []
        connection.execute("BEGIN IMMEDIATE")
        shared = Path(f"{database}-shm").stat()
        device = f"{shared.st_dev >> 8:02x}:{shared.st_dev & 255:02x}"
        line = f"7: POSIX  ADVISORY  WRITE 1 {device}:{shared.st_ino} 120 120"
        (lock,) = check_lock(database, f"{line}\n7: -> POSIX  ADVISORY  WRITE 99 {device}:{shared.st_ino} 120 120\n")
        assert lock.state == "wrong"
        assert "(pid 1) has kept" in lock.message
        (unknown,) = check_lock(database, "")
        assert unknown.message.startswith("Another process has kept")
