from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from flasklab.errors import StoreError
from flasklab.runs.run import NewRun
from flasklab.runs.times import now
from flasklab.store.engine import open_engine
from flasklab.store.schema import HISTORY, History, prepare
from flasklab.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.config import Settings

NEXT = """
from alembic import op
import sqlalchemy as sa
revision = "9001"
down_revision = "HEAD"
def upgrade():
    op.add_column("runs", sa.Column("stars", sa.Integer()))
    op.execute("UPDATE runs SET stars = number * 10")
""".replace("HEAD", HISTORY.head)
FAILING = NEXT.replace("number * 10", "no_such_column")


def next_version(folder: Path, revision: str) -> History:
    """A later Flasklab's history: one revision more than today's."""
    migrations = folder / "migrations"
    shutil.copytree(HISTORY.migrations, migrations)
    (migrations / "versions" / "9001_next.py").write_text(revision.replace("HEAD", HISTORY.head))
    return History(revisions=(*HISTORY.revisions, "9001"), migrations=migrations)


def change(settings: Settings, statement: str) -> None:
    engine = open_engine(settings.database_url, checkpointing=True)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_opening_twice_changes_nothing(store: Store, settings: Settings) -> None:
    with store.write() as unit:
        unit.runs.add(NewRun(id="kept", experiment="e", params={}), now())
    again = Store(settings).open()
    with again.read() as unit:
        assert unit.runs.get("kept").number == 1
    again.close()


def test_processes_that_open_a_new_lab_at_once_make_one_schema(settings: Settings) -> None:
    code = f"""
from flasklab.config import Settings
from flasklab.store.store import Store
store = Store(Settings.from_json({settings.to_json()!r})).open()
with store.read() as unit:
    print(unit.runs.count())
store.close()
"""
    commands = [[sys.executable, "-c", code] for _ in range(3)]
    processes = [subprocess.Popen(one, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for one in commands]
    assert [process.communicate(timeout=30) for process in processes] == [("0\n", "")] * 3


def test_a_newer_schema_is_refused_with_what_to_do(store: Store, settings: Settings) -> None:
    change(settings, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"9999.*Install"):
        Store(settings).open()


def test_somebody_elses_tables_are_left_alone(settings: Settings) -> None:
    settings.results.mkdir()
    change(settings, "CREATE TABLE runs (distance INTEGER)")
    with pytest.raises(StoreError, match="not Flasklab's"):
        Store(settings).open()


def test_another_programs_sqlite_file_is_left_alone(sqlite_settings: Settings) -> None:
    sqlite_settings.results.mkdir()
    with sqlite3.connect(sqlite_settings.results / "lab.db") as connection:
        connection.execute("PRAGMA application_id = 12345")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        Store(sqlite_settings).open()


def test_a_file_that_is_no_database_is_refused(sqlite_settings: Settings) -> None:
    sqlite_settings.results.mkdir()
    (sqlite_settings.results / "lab.db").write_text("These are not the bytes of a database. " * 50)
    with pytest.raises(StoreError, match="not a database"):
        Store(sqlite_settings).open()


def test_an_older_schema_is_upgraded_and_its_runs_stay(store: Store, settings: Settings, tmp_path: Path) -> None:
    with store.write() as unit:
        unit.runs.add(NewRun(id="kept", experiment="e", params={"a": 1}), now())
    store.close()
    engine = open_engine(settings.database_url, checkpointing=True)
    prepare(engine, settings.results, next_version(tmp_path, NEXT))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id, stars FROM runs")).all() == [("kept", 10)]
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9001"
    engine.dispose()

    backups = list(settings.results.glob(f"backups/lab-{HISTORY.head}-*.db"))
    for backup in backups:
        with sqlite3.connect(backup) as copy:
            assert copy.execute("SELECT id FROM runs").fetchall() == [("kept",)]
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        copy.close()
        assert backup.stat().st_mode & 0o077 == 0
    assert len(backups) == (1 if settings.database_url.startswith("sqlite") else 0)


def test_an_upgrade_that_fails_leaves_everything_as_it_was(store: Store, settings: Settings, tmp_path: Path) -> None:
    store.close()
    engine = open_engine(settings.database_url, checkpointing=True)
    with pytest.raises(Exception, match="no_such_column"):
        prepare(engine, settings.results, next_version(tmp_path, FAILING))
    engine.dispose()
    again = Store(settings).open()
    with again.read() as unit:
        columns = list(unit.runs._connection.execute(text("SELECT * FROM runs")).keys())
        assert "stars" not in columns
    again.close()


def test_the_program_itself_refuses_what_a_later_version_upgraded(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    store.close()
    engine = open_engine(settings.database_url, checkpointing=True)
    prepare(engine, settings.results, next_version(tmp_path, NEXT))
    engine.dispose()
    with pytest.raises(StoreError, match=HISTORY.head):
        Store(settings).open()
