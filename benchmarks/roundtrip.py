"""From asking for a run to its durable result, beside bare Flask and what people queue jobs with.

Ours is `POST /run/double?wait=10`: a run that is in the database, flushed to the disk, before it begins and when it has
ended, done in a process forked for it ("fresh", from one that has imported NumPy, pandas, matplotlib and scikit-learn)
or in one that serves run after run ("warm"). Each rival takes turns with ours, twice; the quieter turn counts.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.clients import Answer, Connection, pace, request
from benchmarks.environments import RECORDED
from benchmarks.figures import Figure
from benchmarks.queues import CELERY, GRADIO, HUEY, IMPORTS, RQ, Queue, ask_flask, wait_until_answered
from benchmarks.serving import bare_server, free_port, lab_server, seconds_to_first_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.clients import Ask, Pace

_TRIPS = 300
_SECONDS = 4.0
_TURNS = 2
_DELAYED = 40.0  # milliseconds that a write waits for an acknowledgement without TCP_NODELAY
_EXPERIMENTS = f'''
{IMPORTS}
from flasklab import experiment

@experiment(name="double")
def fresh(param: float):
    """In a process forked for it."""
    return 2 * param

@experiment(name="double-warm", isolation="warm")
def warm(param: float):
    """In a process that serves run after run."""
    return 2 * param
'''


@dataclass(slots=True)
class _Ours:
    """Trips to one of our experiments, and how many needed to ask again because nobody had waited for them."""

    name: str
    trips: int = 0
    again: int = 0

    def ask(self, answer: Answer | None) -> bytes | None:
        """Start a run and wait; where the server would not wait, ask again until the run has ended."""
        if answer is None:
            self.trips += 1
            return request("POST", f"/run/{self.name}?wait=10", b'{"param": 21}')
        assert answer.status in {200, 202}, answer
        run = json.loads(answer.body)
        if run["state"] in {"queued", "running"}:
            self.again += 1
            return request("GET", f"{run['links']['self']}?wait=10")
        assert run["state"] == "succeeded", run
        assert run["output"] == 42, run
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    """What ours must reach beside a rival, as multiples of the rival's; None is no mark."""

    median_at_most: float | None = None
    pace_at_least: float | None = None


_NO_MARKS = _Marks()


def measure() -> Iterator[Figure]:
    """Each rival beside the way of ours that does the same, `warm` where a rival's process serves job after job."""
    with tempfile.TemporaryDirectory() as folder:
        lab, port = Path(folder), free_port()
        (lab / "experiments").mkdir()
        (lab / "experiments" / "doubles.py").write_text(_EXPERIMENTS, encoding="utf-8")
        with lab_server(lab, port, FLASKLAB_WORKERS="2"):
            fresh, warm = _Ours("double"), _Ours("double-warm")
            for ours in (fresh, warm):
                wait_until_answered(port, ours.ask)
            yield from _beside_bare_flask(port, warm, _Marks(median_at_most=3, pace_at_least=0.3))
            yield from _beside(RQ, port, fresh, _Marks(median_at_most=1 / 3, pace_at_least=2.5))
            yield from _beside(CELERY, port, warm, _Marks(pace_at_least=8))
            yield from _beside(HUEY, port, warm, _NO_MARKS)
            yield from _beside(GRADIO, port, warm, _NO_MARKS)
            for ours in (fresh, warm):
                yield _limit(f"{ours.name}, asked for again, of its trips", 100 * ours.again / ours.trips, "%", 0.5)
            yield from _small_writes(port)


def _beside_bare_flask(port: int, ours: _Ours, marks: _Marks) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        bare = free_port()
        with bare_server(Path(folder), bare):
            seconds_to_first_page(bare, time.perf_counter())
            here, there = _in_turn(lambda: _pace(port, ours.ask), lambda: _pace(bare, ask_flask))
    assert there is not None
    yield from _figures(ours, "bare Flask", here, there, marks)


def _beside(queue: Queue, port: int, ours: _Ours, marks: _Marks) -> Iterator[Figure]:
    """Ours beside a queue; where that is not there, beside what was recorded of it, and without marks."""
    if queue.lacks:
        print(queue.lacks, file=sys.stderr)
        found = _pace(port, ours.ask), queue.recorded
        yield from _figures(ours, f"{queue.name}, {RECORDED}", *found, _NO_MARKS)
        return
    with queue.running() as theirs:
        here, there = _in_turn(lambda: _pace(port, ours.ask), lambda: _held(queue, theirs))
    name, marks = (queue.name, marks) if there else (f"{queue.name}, {RECORDED}", _NO_MARKS)
    yield from _figures(ours, name, here, there or queue.recorded, marks)


def _pace(port: int, ask: Ask) -> Pace:
    return pace(port, ask, _TRIPS, _SECONDS)


def _held(queue: Queue, port: int) -> Pace | None:
    """A rival's pace; None where it closes a connection, or answers wrongly, which is told and ends nothing of ours."""
    try:
        return _pace(port, queue.ask)
    except (OSError, AssertionError) as error:
        print(f"{queue.name} did not hold: {error!r}", file=sys.stderr)
        return None


def _in_turn(ours: Callable[[], Pace], theirs: Callable[[], Pace | None]) -> tuple[Pace, Pace | None]:
    """The best of each, taken in turn."""
    here, there = ours(), theirs()
    for _ in range(_TURNS - 1):
        here, found = here.best(ours()), theirs()
        there = there.best(found) if there and found else there or found
    return here, there


def _figures(ours: _Ours, name: str, here: Pace, there: Pace, marks: _Marks) -> Iterator[Figure]:
    median = Figure(
        what=f"{ours.name}, round trip, median",
        value=here.median_ms,
        unit="ms",
        against=there.median_ms,
        name=name,
        at_most=marks.median_at_most,
    )
    yield median
    p95 = f"{ours.name}, round trip, 95th percentile"
    yield replace(median, what=p95, value=here.p95_ms, against=there.p95_ms, at_most=None)
    yield Figure(
        what=f"{ours.name}, round trips a second, 16 clients",
        value=here.per_second,
        unit="/s",
        against=there.per_second,
        name=name,
        at_least=marks.pace_at_least,
    )


def _small_writes(port: int) -> Iterator[Figure]:
    """Neither side's small writes may wait for the other's delayed acknowledgement: TCP_NODELAY is set."""
    connection = Connection(port)
    health = request("GET", "/api/v1/health")
    yield _limit("GET /api/v1/health, keep-alive, median", _median_ms(connection, health), "ms", 5)
    body = b'{"param": 21}'
    head = request("POST", "/run/double?wait=10", body).removesuffix(body)
    # The key makes it one run, however often it is asked for: what is timed is the connection.
    head = head.replace(b"\r\n\r\n", b"\r\nIdempotency-Key: small-writes\r\n\r\n")
    run = json.loads(connection.exchange(head, body).body)
    yield _limit("POST, head and body apart, keep-alive, median", _median_ms(connection, head, body), "ms", _DELAYED)
    download = request("GET", run["links"]["download"])
    yield _limit("GET of a zip, piece by piece, keep-alive, median", _median_ms(connection, download), "ms", _DELAYED)


def _median_ms(connection: Connection, *pieces: bytes) -> float:
    took = []
    for _ in range(_TRIPS):
        began = time.perf_counter()
        assert connection.exchange(*pieces).status == 200
        took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)


def _limit(what: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(what=what, value=value, unit=unit, against=limit, name="limit", is_limit=True)
