from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from flasklab.errors import StoreBusyError, StoreError
from flasklab.runs.run import NewRun, new_run_id
from flasklab.runs.times import now
from flasklab.store.store import Store
from flasklab.store.tables import metadata

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.config import Settings


def add(store: Store) -> None:
    with store.write() as unit:
        unit.runs.add(NewRun(id=new_run_id(), experiment="e", params={}), now())


def count(store: Store) -> int:
    with store.read() as unit:
        return unit.runs.count()


def test_what_a_raising_block_wrote_is_undone(store: Store) -> None:
    def write_and_fail() -> None:
        with store.write() as unit:
            unit.runs.add(NewRun(id="x", experiment="e", params={}), now())
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert count(store) == 0
    add(store)
    assert count(store) == 1


def test_a_read_sees_one_moment_whatever_is_committed_meanwhile(store: Store) -> None:
    add(store)
    with store.read() as unit:
        assert unit.runs.count() == 1
        add(store)
        assert unit.runs.count() == 1
    assert count(store) == 2


def test_threads_write_and_read_at_once(store: Store) -> None:
    together = threading.Barrier(6)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            together.wait()
            for _ in range(10):
                add(store)
                count(store)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert count(store) == 60


def test_a_store_can_be_used_again_after_it_was_closed(store: Store) -> None:
    add(store)
    store.close()
    assert count(store) == 1


def test_another_process_sees_what_was_committed(store: Store, settings: Settings) -> None:
    add(store)
    second = Store(settings).open()
    add(second)
    second.close()
    assert count(store) == 2


def test_a_lock_held_too_long_is_an_error_that_says_so(
    sqlite_store: Store, sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flasklab.store.engine.BUSY_SECONDS", 0.05)
    hurried = Store(sqlite_settings).open()
    with sqlite_store.write():
        assert count(hurried) == 0  # readers are not held up
        with pytest.raises(StoreBusyError, match="locked"), hurried.write():
            pass
    add(hurried)
    hurried.close()


def test_sqlite_is_set_up_to_stay_whole(sqlite_settings: Settings) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "mmap_size", "busy_timeout")
    for checkpointing, pages in ((True, 1000), (False, 0)):
        store = Store(sqlite_settings, checkpointing=checkpointing).open()
        with store.read() as unit:
            connection = unit.runs._connection
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas}
            assert found == {
                "journal_mode": "wal",
                "synchronous": 2,  # FULL
                "foreign_keys": 1,
                "trusted_schema": 0,
                "mmap_size": 0,
                "busy_timeout": 10_000,
            }
            assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar() == pages
            assert connection.exec_driver_sql("PRAGMA application_id").scalar() == 0x464C4142
            tables = connection.exec_driver_sql("PRAGMA table_list").all()
            assert {row.name for row in tables if row.strict} == set(metadata.tables)
        store.close()


def test_a_write_takes_its_lock_at_once(sqlite_store: Store) -> None:
    taken: list[bool] = []
    with sqlite_store.write():
        other = sqlite_store._engine.connect()
        other.exec_driver_sql("PRAGMA busy_timeout=0")
        other.rollback()
        raw: Any = other.connection.driver_connection
        try:
            raw.execute("BEGIN IMMEDIATE")
        except Exception as error:
            taken.append("locked" in str(error))
        other.invalidate()
        other.close()
    assert taken == [True]


def test_a_metric_cannot_belong_to_a_run_that_is_not_there(store: Store) -> None:
    with pytest.raises(StoreError), store.write() as unit:
        unit.events.add(4711, 1, "note", {}, now())


def test_what_a_run_left_goes_with_it(store: Store, queue: Any) -> None:
    run = queue()
    with store.write() as unit:
        unit.events.add(run.number, 1, "note", {}, now())
        unit.runs._connection.execute(text("DELETE FROM runs"))
        assert unit.events.of(run.number) == []


def test_only_the_owner_can_read_the_results(sqlite_store: Store, sqlite_settings: Settings) -> None:
    add(sqlite_store)
    results = sqlite_settings.results
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (results, *results.iterdir())}
    assert {mode & 0o077 for mode in modes.values()} == {0}
    assert {"results", "lab.db", "lab.db-wal", "files", "logs"} <= modes.keys()


def test_a_results_path_that_is_a_file_is_refused_with_the_mend(tmp_path: Path, sqlite_settings: Settings) -> None:
    (tmp_path / "file").write_text("")
    settings = sqlite_settings.replaced(results=tmp_path / "file" / "results")
    with pytest.raises(StoreError, match="FLASKLAB_RESULTS"):
        Store(settings).open()


def test_a_missing_database_folder_is_made(tmp_path: Path, sqlite_settings: Settings) -> None:
    settings = sqlite_settings.replaced(database_url=f"sqlite:///{tmp_path / 'elsewhere' / 'deep' / 'lab.db'}")
    store = Store(settings).open()
    add(store)
    store.close()
    assert (tmp_path / "elsewhere" / "deep" / "lab.db").exists()


def test_opening_a_lab_loads_neither_orm_nor_alembic_nor_numpy(sqlite_settings: Settings) -> None:
    code = f"""
import sys
from pathlib import Path
from flasklab.config import Settings
import flasklab.store.doorbell, flasklab.store.presence, flasklab.execution
assert "sqlalchemy" not in sys.modules, "the doorbell needs no database"
from flasklab.store import Store
Store(Settings.from_json({sqlite_settings.to_json()!r})).open().close()
heavy = ("sqlalchemy.orm", "alembic", "numpy", "pydantic", "flask", "psycopg")
loaded = [name for name in heavy if name in sys.modules]
print(loaded)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_nothing_is_accepted_into_a_database_that_was_removed_or_replaced(
    sqlite_store: Store, sqlite_settings: Settings
) -> None:
    (sqlite_settings.results / "lab.db").rename(sqlite_settings.results / "moved.db")
    with pytest.raises(StoreError, match="removed or replaced"), sqlite_store.write():
        pass
    (sqlite_settings.results / "lab.db").write_bytes(b"")
    with pytest.raises(StoreError, match="removed or replaced"), sqlite_store.write():
        pass
    (sqlite_settings.results / "moved.db").replace(sqlite_settings.results / "lab.db")
    with sqlite_store.write() as unit:
        assert unit.runs.count() == 0


def test_a_durable_transaction_flushes_what_came_before_it_even_if_it_changes_nothing(sqlite_store: Store) -> None:
    with closing(sqlite3.connect(sqlite_store.results / "lab.db")) as other:

        def version() -> Any:
            return other.execute("PRAGMA data_version").fetchall()

        with sqlite_store.write():
            before = version()
        assert version() == before
        with sqlite_store.write(durable=False) as unit:
            unit.runs.add(NewRun(id="a", experiment="e", params={}), now())
        before = version()
        with sqlite_store.write():
            pass
        assert version() != before  # SQLite flushes no commit that changes nothing
        before = version()
        with sqlite_store.write():
            pass
        assert version() == before
