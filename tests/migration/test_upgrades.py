"""Labs of every older schema, opened by this version: all that was in them is read by the services of today.

FLASKLAB_TEST_MIGRATION_KILLS=50 kills so many upgrades.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from array import array
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from flasklab.config import Settings
from flasklab.runs.run import NewRun
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services.metric_read import MetricRead
from flasklab.services.run_cancel import RunCancel
from flasklab.services.run_files import RunFiles
from flasklab.services.run_keep import RunKeep
from flasklab.services.run_read import RunRead
from flasklab.store.engine import open_engine
from flasklab.store.schema import HISTORY
from flasklab.store.store import Store
from tests.migration.test_migrations import POSTGRES, _run_or_skip, described, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

OLDER = HISTORY.revisions[:-1]
KILLS = int(os.environ.get("FLASKLAB_TEST_MIGRATION_KILLS", "4"))
STATES = ("queued", "running", "succeeded", "failed", "canceled", "timed_out", "lost")
ENVIRONMENT = "e" * 64
CONTENT = b"kept"


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    results = tmp_path / "results"
    results.mkdir()
    settings = Settings(root=tmp_path, results=results, experiments="", database_url=f"sqlite:///{results / 'lab.db'}")
    if request.param == "sqlite":
        yield settings
        return
    schema, admin = f"flasklab_{secrets.token_hex(6)}", open_engine(POSTGRES, checkpointing=False)
    _run_or_skip(admin, [f"CREATE SCHEMA {schema}"])
    yield settings.replaced(database_url=f"{POSTGRES}?options=-csearch_path%3D{schema}")
    _run_or_skip(admin, [f"DROP SCHEMA {schema} CASCADE"])
    admin.dispose()


def old_lab(settings: Settings, revision: str, runs: int = len(STATES)) -> None:
    """A database of this revision with runs in every state."""
    engine = open_engine(settings.database_url, checkpointing=True)
    with engine.connect().execution_options(flasklab_writes=True) as connection, connection.begin():
        upgrade(connection, revision)
        connection.execute(text("INSERT INTO environments VALUES (:id, '{\"files\":{}}')"), {"id": ENVIRONMENT})
        for number in range(1, runs + 1):
            _fill(connection, number, STATES[(number - 1) % len(STATES)], revision)
    engine.dispose()


def _fill(connection: Connection, number: int, state: str, revision: str) -> None:
    began, final = state != "queued", state not in ("queued", "running")
    row = {
        "id": f"run{number:05d}",
        "experiment": "train",
        "state": state,
        "params": '{"lr":0.1,"name":"\u00e9 \U0001f642"}',
        "given": '["lr"]',
        "output": '{"loss":"NaN"}' if state == "succeeded" else None,
        "error": '{"type":"ValueError","message":"no","traceback":"t"}' if state == "failed" else None,
        "progress": '{"done":3,"total":20,"message":"epoch 3"}' if began else None,
        "tags": '["a"]',
        "note": "n",
        "attempt": int(began),
        "begun": int(began),
        "retries": 1,
        "timeout_seconds": 60.5,
        "memory_bytes": 2**33,
        "created_at": 1.7e9 + number,
        "started_at": 1.7e9 + number + 1 if began else None,
        "finished_at": 1.7e9 + number + 2 if final else None,
        "created_by": "ada",
        "idempotency_key": f"key{number}",
        "seed": str(2**70),
        "environment_id": ENVIRONMENT if began else None,
        "seq": 9,
        "dropped": 2,
    }
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    statement = f"INSERT INTO runs ({names}) VALUES ({values}) RETURNING number"  # noqa: S608 - words of ours
    assert connection.execute(text(statement), row).scalar_one() == number
    if not began:
        return
    insert = {
        "attempts (run_number, attempt, claimed_at, begun_at, ended_at, pid, exit_code, signal, reason)": (
            (number, 1, 1.7e9, 1.7e9 + 1, 1.7e9 + 2 if final else None, 77, 0, None, "ended" if final else ""),
        ),
        "events (run_number, seq, kind, at, data)": (
            (number, 1, "queued", 1.7e9, "{}"),
            (number, 2, state, 1.8e9, "{}"),
        ),
        "artifacts (run_number, name, media_type, size, sha256, shown, step, position, seq, meta)": (
            (number, "a.txt", "text/plain", 4, _stored(), "a", None, 0, 4, "{}"),
        ),
    }
    for head, rows in insert.items():
        for values_of_row in rows:
            given = {f"v{place}": value for place, value in enumerate(values_of_row)}
            placed = ", ".join(f":{key}" for key in given)
            connection.execute(text(f"INSERT INTO {head} VALUES ({placed})"), given)  # noqa: S608 - words of ours
    _fill_metrics(connection, number, revision)


def _stored() -> str:
    return hashlib.sha256(CONTENT).hexdigest()


def _fill_metrics(connection: Connection, number: int, revision: str) -> None:
    if revision == "0001":
        columns = (array("q", (0, 1)), array("d", (0.5, 0.25)), array("d", (1e9, 2e9)), array("q", (3, 4)))
        data = [zlib.compress(one.tobytes(), 1) for one in columns]
        connection.execute(
            text("INSERT INTO metric_summaries VALUES (:n, 'loss', 0.25, 0.25, 0.5, 0.375, 2, 2, 1)"), {"n": number}
        )
        connection.execute(
            text("INSERT INTO metric_chunks VALUES (:n, 'loss', 0, 2, 3, 4, 1, :a, :b, :c, :d)"),
            {"n": number} | dict(zip("abcd", data, strict=True)),
        )
        return
    from flasklab.runs.metrics import Points
    from flasklab.store.metric_chunks import MetricChunks

    points = Points(steps=[0, 1], values=[0.5, 0.25], times=[1e9, 2e9], seqs=[3, 4])
    MetricChunks(connection).append(number, {"loss": points})


@pytest.mark.parametrize("revision", OLDER)
def test_an_older_lab_is_read_whole(settings: Settings, revision: str) -> None:
    old_lab(settings, revision)
    store = Store(settings, checkpointing=True).open()
    try:
        store.files.add_stream(io.BytesIO(CONTENT))
        _reads_all(store)
        _works_on(store)
    finally:
        store.close()
    if settings.database_url.startswith("sqlite"):
        _holds(next((settings.results / "backups").glob(f"lab-{revision}-*.db")), revision)


def _reads_all(store: Store) -> None:
    read = RunRead(store)
    runs = {run.state.value: run for run in read.newest(100)}

    assert set(runs) == set(STATES)
    for state, run in runs.items():
        assert (run.params, run.given) == ({"lr": 0.1, "name": "\u00e9 \U0001f642"}, ("lr",))
        assert (run.tags, run.note, run.seed, run.dropped, run.created_by) == (("a",), "n", 2**70, 2, "ada")
        assert (run.priority, run.pinned, run.deleted_at, run.retries, dict(run.resources)) == (0, False, None, 1, {})
        if state == "queued":
            assert run.queue_position == 1
            continue
        assert list(MetricRead(store).series(run.id).series[0].values) == [0.5, 0.25]
        assert run.metrics["loss"].min == 0.25
        assert [one.reason for one in read.attempts(run.id)] == ["ended" if run.state.is_final else ""]
        assert [one.kind for one in read.events(run.id)] == ["queued", state]
        assert read.environment(run) == {"files": {}}
        assert RunFiles(store).find(run.id, "a.txt")[1].read_bytes() == CONTENT
    assert runs["succeeded"].output == {"loss": "NaN"}
    assert runs["failed"].error is not None


def _works_on(store: Store) -> None:
    """What this version does to runs is possible with rows of an older one."""
    runs = {run.state: run for run in RunRead(store).newest(100)}
    RunKeep(store).delete(runs[RunState.SUCCEEDED].id)
    RunKeep(store).pin(runs[RunState.FAILED].id, pinned=True)
    RunCancel(store, lambda: None)(runs[RunState.QUEUED].id, "ada")
    with store.write() as unit:
        running = runs[RunState.RUNNING]
        assert unit.runs.settle(
            running.id, running.attempt, state=RunState.LOST, output=None, error=None, at=now(), seq=10
        )
        repeated = NewRun(id="new", experiment="train", params={}, idempotency_key="key3")
        assert unit.runs.add(repeated, now()).number == 3
    assert RunRead(store).newest(100)[0].number == len(STATES)


def _holds(backup: Path, revision: str) -> None:
    with sqlite3.connect(backup) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,)
        assert old.execute("SELECT count(*) FROM runs").fetchone() == (len(STATES),)
        assert old.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    old.close()


OPEN = """
import json, sys
from flasklab.config import Settings
from flasklab.store.store import Store
settings = Settings.from_json(json.loads(sys.argv[1]))
store = Store(settings)
print("ready", flush=True)
store.open()
print("open", flush=True)
"""


def schema_of(settings: Settings) -> tuple[str, dict[str, Any], int]:
    """Revision, schema and runs of the database, whatever they are."""
    engine = open_engine(settings.database_url, checkpointing=True)
    with engine.connect() as connection:
        found = described(connection)
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        runs = connection.execute(text("SELECT count(*) FROM runs")).scalar_one()
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    engine.dispose()
    return revision, found, runs


def _empty(settings: Settings) -> None:
    """Remove everything from the database."""
    if settings.database_url.startswith("sqlite"):
        for file in settings.results.glob("lab.db*"):
            file.unlink()
        return
    engine = open_engine(settings.database_url, checkpointing=False)
    with engine.connect() as connection, connection.begin():
        schema = connection.execute(text("SELECT current_schema()")).scalar_one()
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    engine.dispose()


@pytest.mark.timeout(60 + 10 * KILLS)
def test_an_upgrade_that_is_killed_leaves_the_old_or_the_new_schema_whole(settings: Settings) -> None:
    runs, seed = 400, secrets.randbelow(10**6)
    draw = random.Random(seed)
    old_lab(settings, "0001", runs)
    wholes = {"0001": schema_of(settings)[1]}
    command = [sys.executable, "-c", OPEN, json.dumps(settings.to_json())]
    killed = 0
    longest = 1.0  # seconds from "ready" to "open"; known better once one was let through
    for _ in range(KILLS):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            began = time.monotonic()
            deadline = began + draw.uniform(0, longest)
            while time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
            opened = process.stdout.read() == b"open\n"
        found, schema, count = schema_of(settings)
        assert count == runs, seed
        assert found in ("0001", HISTORY.head), seed
        assert schema == wholes.setdefault(found, schema), seed
        killed += found == "0001"
        if opened:
            longest = min(longest, time.monotonic() - began)
        if found != "0001":
            _empty(settings)
            old_lab(settings, "0001", runs)
    store = Store(settings).open()
    assert RunRead(store).newest(1)[0].number == runs
    store.close()
    assert schema_of(settings)[0] == HISTORY.head
    print(f"{killed} upgrades killed, seed {seed}, 0 torn")
