"""A lab of a million runs: how soon the best of them are found, the table is there, and how large the database is.

The runs are copies of one that the store wrote, made within SQLite, each with five parameters and five metrics of its
own. Asked over HTTP, from `flasklab serve` as anybody has it. `python -m benchmarks searching 100000` takes so many.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks.clients import Connection, request
from benchmarks.figures import Figure
from benchmarks.labs import finished_run, store_of
from benchmarks.serving import free_port, lab_server, seconds_to_first_page
from flasklab.runs.metrics import Points
from flasklab.runs.run import NewRun, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.store.hot_writes import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flasklab.runs.json import Json
    from flasklab.store.store import Store

_RUNS = 1_000_000
_METRICS = ("acc", "loss", "val/acc", "val/loss", "f1")
_ROUNDS = 20
_INSERT_SECONDS = 5.0
_AT_ONCE = 50  # runs in one transaction, as a busy supervisor's
_MLFLOW_MS = 430.0  # search of 10,000 runs, as recorded
# Numbers below 1,000,003 that look drawn make the parameters and the metrics.
_NUMBERS = """INSERT INTO numbers
WITH RECURSIVE c(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM c WHERE n < :count),
d(n, a, b) AS (SELECT n, (n * 2654435761 + 40503) % 1000003, (n * 2246822519 + 9973) % 1000003 FROM c)
SELECT n, CASE a % 3 WHEN 0 THEN 'svm' WHEN 1 THEN 'forest' ELSE 'logistic' END, 1.0 / (1 + b % 1000), 1 + a % 500,
(a + 7 * b) % :values, n % 10, a, b FROM d"""
_COPIES = (
    """INSERT INTO runs (number, id, experiment, state, params, given, output, tags, note, attempt, begun, retries,
    created_at, started_at, finished_at, created_by, seq, dropped)
    SELECT n, printf('%012x', n), 'long', 'succeeded', printf(
        '{"model":"%s","lr":%.6f,"epochs":%d,"batch":%d,"seed":%d}', model, lr, epochs, batch, m.seed),
    '["model","lr","epochs","batch","seed"]', r.output, '[]', '', 1, 1, 0, r.created_at + n, r.created_at + n,
    r.created_at + n + 60, '', r.seq, 0 FROM numbers m, (SELECT * FROM runs WHERE number = 1) r""",
    "INSERT INTO run_values SELECT 0, 'model', 1, 0, model, n FROM numbers",
    "INSERT INTO run_values SELECT 0, 'lr', 0, CAST(printf('%.6f', lr) AS REAL), '', n FROM numbers",
    "INSERT INTO run_values SELECT 0, 'epochs', 0, epochs, '', n FROM numbers",
    "INSERT INTO run_values SELECT 0, 'batch', 0, batch, '', n FROM numbers",
    "INSERT INTO run_values SELECT 0, 'seed', 0, seed, '', n FROM numbers",
    """INSERT INTO attempts SELECT n, attempt, claimed_at, begun_at, ended_at, pid, exit_code, signal, reason, state,
    supervisor, tags_before, note_before FROM numbers, attempts WHERE run_number = 1""",
    """INSERT INTO events (run_number, seq, kind, at, data)
    SELECT n, seq, kind, at, data FROM numbers, events WHERE run_number = 1""",
    """INSERT INTO metric_summaries SELECT n, key, v, v, v, v, total, numbers, step, closed, open_chunks FROM (
    SELECT n, s.*, ((a + s.rowid * b) % 1000003) / 1000003.0 AS v FROM numbers, metric_summaries s
    WHERE run_number = 1)""",
    """INSERT INTO metric_chunks SELECT n, key, level, start, length, first_seq, last_seq, low_step, high_step,
    low_time, high_time, coding, data FROM numbers, metric_chunks WHERE run_number = 1""",
)
_SEARCHES = (
    ("best 50 of acc > 0.9 and model == svm", 'metrics.acc > 0.9 and params.model == "svm"', "-metrics.acc", 50.0),
    ("newest 50 of one rare value", "batch == 77", "", 50.0),
    ("newest 50, two rare comparisons of three", "batch < 40 and lr < 0.01 and model != svm", "", 50.0),
    ("best 50 by a parameter", 'model in ("svm", "forest") and acc > 0.5', "lr", 50.0),
)


def measure() -> Iterator[Figure]:
    """Searches, the page, the file, and inserts while somebody searches."""
    count = next((int(word) for word in sys.argv[1:] if word.isdecimal()), _RUNS)
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder)
        (lab / "experiments").mkdir()
        (lab / "experiments" / "long.py").write_text("from flasklab import experiment\n", encoding="utf-8")
        finished_run(lab / "results", _fill)
        took = _copy(lab / "results" / "lab.db", count)
        print(f"{count:,} runs copied in {took:.0f} s", file=sys.stderr)
        size = sum(one.stat().st_size for one in (lab / "results").glob("lab.db*")) / 2**30
        port = free_port()
        with lab_server(lab, port):
            seconds_to_first_page(port, time.perf_counter())
            connection = Connection(port)
            for what, query, sort, limit in _SEARCHES:
                address = f"/api/v1/runs?{urlencode({'q': query, 'sort': sort, 'limit': 50})}"
                yield _limit(f"{count:,} runs: {what}", _median_ms(connection, request("GET", address)), "ms", limit)
            best = f"/api/v1/runs?{urlencode({'q': _SEARCHES[0][1], 'sort': _SEARCHES[0][2], 'limit': 50})}"
            yield Figure(
                what="the same beside MLflow on 10,000",
                value=_median_ms(connection, request("GET", best)),
                unit="ms",
                against=_MLFLOW_MS,
                name="MLflow, recorded",
            )
            page = request("GET", "/runs").replace(b"\r\n\r\n", b"\r\nAccept: text/html\r\n\r\n")
            yield _limit("the runs page", _median_ms(connection, page), "ms", 300.0)
            yield _limit("the database", size, "GiB", 2.5 * 1e9 / 2**30 * count / _RUNS)
            yield from _inserts(lab, connection, request("GET", best))


def _fill(store: Store, number: int) -> int:
    with store.write() as unit:
        points = Points(steps=[0], values=[0.5], times=[time.time()], seqs=[3])
        unit.metrics.append(number, dict.fromkeys(_METRICS, points))
    return 3


def _copy(database: Path, count: int) -> float:
    """Make so many copies of the first run; seconds that it took."""
    began = time.perf_counter()
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        connection.execute("BEGIN")
        columns = "n INTEGER PRIMARY KEY, model, lr, epochs, batch, seed, a, b"
        connection.execute(f"CREATE TEMP TABLE numbers ({columns})")
        connection.execute(_NUMBERS, {"count": count, "values": max(80, count // 10)})
        for statement in _COPIES:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return time.perf_counter() - began


def _inserts(lab: Path, connection: Connection, search: bytes) -> Iterator[Figure]:
    """How many runs a second are stored, from their start to their end, while somebody searches."""
    over = threading.Event()
    asked: list[float] = []

    def ask() -> None:
        while not over.is_set():
            began = time.perf_counter()
            assert connection.exchange(search).status == 200
            asked.append(1000 * (time.perf_counter() - began))

    store = store_of(lab / "results").open()
    client = threading.Thread(target=ask)
    client.start()
    began, stored = time.perf_counter(), 0
    while time.perf_counter() - began < _INSERT_SECONDS:
        _store_some(store, stored)
        stored += _AT_ONCE
    pace = stored / (time.perf_counter() - began)
    over.set()
    client.join()
    store.close()
    least = Figure(what="runs stored a second meanwhile", value=pace, unit="/s", against=1000, name="mark", at_least=1)
    yield least
    yield _limit("the search meanwhile, median", statistics.median(asked), "ms", 200.0)


def _store_some(store: Store, salt: int) -> None:
    at = now()
    with store.write() as unit:
        numbers = unit.hot.next_numbers(_AT_ONCE)
        for number in numbers:
            params: dict[str, Json] = {
                "model": "svm",
                "lr": number / 7,
                "epochs": number % 500,
                "batch": salt,
                "seed": number % 10,
            }
            new = NewRun(id=new_run_id(), experiment="long", params=params)
            unit.hot.add(new, number, at, claimed=True)
            unit.hot.open_attempt(number, 1, at, "benchmark")
        unit.hot.flush()
        for number in numbers:
            points = Points(steps=[0], values=[number % 1000 / 1000], times=[at.timestamp()], seqs=[3])
            unit.metrics.append(number, dict.fromkeys(_METRICS, points))
    with store.write() as unit:
        for run in unit.runs.running():
            unit.hot.change(
                Change(
                    id=run.id,
                    number=run.number,
                    attempt=1,
                    seq=4,
                    started_at=at,
                    state=RunState.SUCCEEDED,
                    output={"score": 0.5},
                    finished_at=at,
                )
            )
        assert unit.hot.flush() == set()


def _median_ms(connection: Connection, asked: bytes) -> float:
    took = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        answer = connection.exchange(asked)
        took.append(1000 * (time.perf_counter() - began))
        assert answer.status == 200, answer
    if b"application/json" in answer.head:
        assert json.loads(answer.body)["runs"], asked
    return statistics.median(took)


def _limit(what: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(what=what, value=value, unit=unit, against=limit, name="limit", is_limit=True)
