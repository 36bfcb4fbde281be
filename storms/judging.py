"""What a storm has done: judged from the clients' acknowledgements and the experiments' own notes.

The database is read as a stranger would, with sqlite3 and nothing of the lab's code.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storms.experiments import POINTS
from storms.lab import FINAL

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from pathlib import Path

    from storms.lab import StormLab

STUCK_SECONDS = 35.0  # the lease and one scan
MAY_BEGIN = {"once": 1, "thrice": 3, "warm": 2, "escapes": 1, "eats": 1, "prints": 1}


@dataclass(slots=True)
class Verdict:
    """What one storm found."""

    name: str
    what: str  # that must not happen
    n: int = 0  # tries
    seed: int = 0
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)  # figures beside

    def __str__(self) -> str:
        bound = f"< {300 / self.n:.2g} %" if self.n and not self.violations else "-"
        tail = f"; {'; '.join(self.notes)}" if self.notes else ""
        return (
            f"{self.name:<4} {self.what:<58} n {self.n:>6,}  violations {len(self.violations):>3}  "
            f"95 % bound {bound:<9} seed {self.seed:<10} {self.seconds:4.0f} s{tail}"
        )


@contextmanager
def storming(lab: StormLab, violations: list[str], over: threading.Event | None = None) -> Iterator[None]:
    """A storm over a lab: one that gets stuck is a violation, and nothing of it is left behind.

    Args:
        lab: which
        violations: takes the new one
        over: what ends the threads beside the storm
    """
    try:
        yield
    except TimeoutError as error:
        lab.tell_what_it_does()
        violations.append(f"stuck: {error}, see {lab.folder}")
    finally:
        if over is not None:
            over.set()
        lab.end_everything()


def ended(lab: StormLab, patience: float = STUCK_SECONDS, *, may_drop: bool = False) -> list[str]:
    """Wait until every run is final, end the lab, and judge it."""
    violations = final_or_stuck(lab, patience)
    lab.stop()
    return violations + judge(lab, may_drop=may_drop)


def whole(database: Path) -> tuple[str, set[str]]:
    """What SQLite says of the file's integrity, "ok" if all is well; the ids of its runs."""
    with closing(sqlite3.connect(database)) as connection:
        told: str = connection.execute("PRAGMA integrity_check").fetchone()[0]
        return told, {row[0] for row in connection.execute("SELECT id FROM runs")}


def final_or_stuck(lab: StormLab, patience: float = STUCK_SECONDS) -> list[str]:
    """Wait until every run is final; those that are not when none has become so for `patience` seconds."""
    fewest, since = -1, time.monotonic()
    while open_runs := _open_runs(lab.results):
        if fewest < 0 or len(open_runs) < fewest:  # a long queue is no standstill
            fewest, since = len(open_runs), time.monotonic()
        if time.monotonic() - since > patience:
            lab.tell_what_it_does()
            break
        time.sleep(0.1)
    return [f"stuck: run {one['id']} is {one['state']}, attempt {one['attempt']}" for one in open_runs]


def judge(lab: StormLab, *, may_drop: bool = False) -> list[str]:
    """Every violation that the lab's database and ledger show; all runs should be final by now.

    Args:
        lab: which
        may_drop: whether a file may be missing where the run says that something could not be kept
    """
    found: list[str] = []
    with _reading(lab.results) as database:
        if (told := database.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            found.append(f"corrupt: {told}")
        runs = {row["id"]: row for row in database.execute("SELECT * FROM runs")}
        finals = _finals(database)
        points = dict(database.execute("SELECT run_number, total FROM metric_summaries WHERE key = 'value'"))
        files: dict[int, list[sqlite3.Row]] = {}
        for row in database.execute("SELECT * FROM artifacts"):
            files.setdefault(row["run_number"], []).append(row)
        left_open = {
            row[0] for row in database.execute("SELECT run_number FROM attempts WHERE ended_at IS NULL").fetchall()
        }
    keys = Counter((row["experiment"], row["idempotency_key"]) for row in runs.values() if row["idempotency_key"])
    found += [f"duplicated: {count} runs of one start" for count in keys.values() if count > 1]
    for ack in lab.acks:
        if ack.id not in runs:
            found.append(f"lost: {ack.id} was acknowledged and is not there")
    for row in runs.values():
        found += _of_row(row, finals[row["number"]], row["number"] in left_open)
        found += _of_ledger(lab.ledger / row["id"], row)
        if row["state"] == "succeeded" and row["experiment"] in {"once", "thrice", "warm"}:
            told = may_drop and row["dropped"] > 0
            found += _of_results(lab, row, points.get(row["number"], 0), files.get(row["number"], []), told)
    found += [f"ran unrecorded: {one.name}" for one in lab.ledger.iterdir() if one.name not in runs]
    return found


def _of_row(row: sqlite3.Row, finals: int, left_open: bool) -> Iterator[str]:
    if row["state"] not in FINAL:
        yield f"stuck: {row['id']} is {row['state']}"
    elif finals != 1:
        yield f"settled {finals} times: {row['id']}"
    elif left_open:
        yield f"an attempt of {row['id']} was left open"


def _of_ledger(ledger: Path, row: sqlite3.Row) -> Iterator[str]:
    lines = [line.split() for line in ledger.read_text(encoding="ascii").splitlines()] if ledger.exists() else []
    begun = [line[1] for line in lines if line[0] == "begin"]
    if len(begun) > MAY_BEGIN[row["experiment"]]:
        yield f"duplicated: the code of {row['id']} began {len(begun)} times"
    if len(set(begun)) < len(begun):
        yield f"duplicated: an attempt of {row['id']} began twice"
    if any(line[0] == "overlap" for line in lines):
        yield f"duplicated: two attempts of {row['id']} at once"


def _of_results(lab: StormLab, row: sqlite3.Row, points: int, files: list[sqlite3.Row], told: bool) -> Iterator[str]:
    """The results of a run that succeeded: exactly those of the attempt that ended."""
    run_id, attempt = row["id"], row["attempt"]
    ledger = lab.ledger / run_id
    lines = ledger.read_text(encoding="ascii").splitlines() if ledger.exists() else []
    if f"end {attempt}" not in lines:
        yield f"untrue: {run_id} succeeded in an attempt that did not end"
    if json.loads(row["output"]) != {"attempt": attempt}:
        yield f"mixed: {run_id} has the output {row['output']} in attempt {attempt}"
    if points != POINTS:
        yield f"mixed: {run_id} has {points} points"
    if not json.loads(row["params"])["files"]:
        return
    want = {"saved.txt": f"{run_id} {attempt}", "left.txt": f"left {run_id} {attempt}"}
    for name, content in want.items():
        mine = [one for one in files if one["name"] == name]
        digest = hashlib.sha256(content.encode()).hexdigest()
        stored = lab.results / "files" / digest[:2] / digest[2:]
        if told and not mine:
            continue
        if [one["sha256"] for one in mine] != [digest]:
            yield f"mixed: {run_id} has {len(mine)} of {name}, dropped {row['dropped']}"
        elif not stored.exists() or stored.read_text(encoding="ascii") != content:
            yield f"lost: the content of {name} of {run_id}"


def _finals(database: sqlite3.Connection) -> Counter[int]:
    marks = ",".join("?" * len(FINAL))
    rows = database.execute(f"SELECT run_number FROM events WHERE kind IN ({marks})", tuple(FINAL))
    return Counter(row[0] for row in rows)


def _open_runs(results: Path) -> list[dict[str, Any]]:
    with _reading(results) as database:
        rows = database.execute("SELECT id, state, attempt FROM runs WHERE state IN ('queued', 'running')")
        return [dict(row) for row in rows]


class _reading:  # noqa: N801 - reads as a function does
    """The lab's database, read only."""

    def __init__(self, results: Path) -> None:
        self._database = sqlite3.connect(f"file:{results / 'lab.db'}?mode=ro", uri=True, timeout=30)
        self._database.row_factory = sqlite3.Row

    def __enter__(self) -> sqlite3.Connection:
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()


def states(results: Path) -> Counter[str]:
    """How many runs there are of each state."""
    with _reading(results) as database:
        return Counter(row[0] for row in database.execute("SELECT state FROM runs"))
