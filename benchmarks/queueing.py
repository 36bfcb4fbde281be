"""What a long queue costs: the same questions with 100 and with 100,000 runs in it, answered by the same server."""

from __future__ import annotations

import contextlib
import json
import statistics
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure
from benchmarks.serving import free_port, lab_server
from flasklab.config import Settings
from flasklab.execution.choosing import choose
from flasklab.execution.recovery import recover
from flasklab.runs.admission import Admission, Limits, Wanted
from flasklab.runs.run import NewRun, new_run_id
from flasklab.runs.times import now
from flasklab.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flasklab.store.unit import Unit

FEW, MANY = 100, 100_000
_BEFORE, _TIMES = 20, 101  # not measured, measured
_AT_MOST = (
    1.5  # times the few's: what else the machine does varies it by more than an index that is deeper by two pages
)
_EXPERIMENTS = '''
import time
from flasklab import experiment

@experiment(priority=10)
def hold():
    """Keep the one worker busy."""
    time.sleep(3600)

@experiment
def queued(number: int = 0):
    """Wait."""
    return number
'''


class UndoneError(Exception):
    """Raised to take back a transaction."""


def measure() -> Iterator[Figure]:
    """Medians with few and with many runs queued, asked in turns, and their ratio, which is to stay near one."""
    with tempfile.TemporaryDirectory() as folder:
        labs = [_Lab(Path(folder) / str(count), count) for count in (FEW, MANY)]
        measured = _compared([lab.in_the_store() for lab in labs])
        for lab in labs:
            lab.store.close()
        with labs[0].served() as few, labs[1].served() as many:
            measured |= _compared([few, many])
    for what, (with_few, with_many) in measured.items():
        yield Figure(
            what=f"{what}, {MANY:,} queued",
            value=with_many * 1000,
            unit="ms",
            against=with_few * 1000,
            name=f"{FEW} queued",
        )
        yield Figure(
            what=f"{what}, ratio", value=with_many / with_few, unit="x", against=_AT_MOST, name="limit", is_limit=True
        )


class _Lab:
    """A lab whose queue has so many runs.

    Args:
        folder: where it is made
        count: of the runs
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        (folder / "experiments").mkdir(parents=True)
        (folder / "experiments" / "waiting.py").write_text(_EXPERIMENTS, encoding="utf-8")
        (folder / "config.py").write_text("FLASKLAB_WORKERS = 1\nFLASKLAB_MAX_QUEUED = 1_000_000\n", encoding="utf-8")
        results = folder / "results"
        database = f"sqlite:///{results}/lab.db"
        settings = Settings(root=folder, results=results, experiments="", database_url=database)
        self.store = Store(settings, checkpointing=True).open()
        self.last = _fill(self.store, count)

    def in_the_store(self) -> dict[str, Callable[[], Any]]:
        """What the supervisor asks itself."""
        store, free = self.store, Limits(workers=2)
        blocked = Limits(workers=4, concurrency={"queued": 1, "hold": 1})
        busy = [Wanted(0, "queued", {}), Wanted(0, "hold", {})]
        return {
            "a claim": lambda: _undone(store, lambda unit: _claim(unit, Admission(free))),
            "a claim past a head that waits": lambda: _undone(
                store, lambda unit: _claim(unit, Admission(blocked, busy))
            ),
            "a supervisor takes over": lambda: recover(store),
        }

    @contextlib.contextmanager
    def served(self) -> Iterator[dict[str, Callable[[], Any]]]:
        """What people ask, while one run keeps the only worker busy."""
        port = free_port()
        with lab_server(self.folder, port):
            url = f"http://127.0.0.1:{port}"
            _await_begin(url)
            html = {"Accept": "text/html"}
            yield {
                "POST /run": lambda: _ask(f"{url}/run/queued", data=b"number=1"),
                "GET /status of the last": lambda: _ask(f"{url}/status/{self.last}"),
                "page of the last": lambda: _ask(f"{url}/status/{self.last}", html),
                "page of the queue": lambda: _ask(f"{url}/runs?state=queued", html),
            }


def _fill(store: Store, count: int) -> str:
    """Queue so many runs, and one before them that keeps the worker busy; the id of the last."""
    at, last = now(), ""
    with store.write() as unit:
        unit.runs.add(NewRun(id=new_run_id(), experiment="hold", params={}, priority=10), at)
    for start in range(0, count, 5000):
        with store.write() as unit:
            for number in unit.hot.next_numbers(min(5000, count - start)):
                last = new_run_id()
                unit.hot.add(NewRun(id=last, experiment="queued", params={"number": number}), number, at)
            unit.hot.flush()
    with store.write() as unit:
        unit.runs.add(NewRun(id=new_run_id(), experiment="other", params={}, priority=-1), at)
    return last


def _claim(unit: Unit, admission: Admission) -> None:
    chosen, _ = choose(unit, admission)
    assert chosen
    unit.queue.next_release()
    for one in chosen:
        unit.hot.claim(one, None)
        unit.hot.open_attempt(one.number, 1, now(), "here")
    unit.hot.flush()


def _undone(store: Store, do: Callable[[Unit], None]) -> None:
    with contextlib.suppress(UndoneError), store.write() as unit:
        do(unit)
        raise UndoneError


def _await_begin(url: str, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            if json.loads(_ask(f"{url}/api/v1/health"))["running"]:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing has begun within {patience} s")


def _ask(url: str, headers: dict[str, str] | None = None, data: bytes | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers or {}), timeout=30) as answer:
        body: bytes = answer.read()
        return body


def _compared(labs: list[dict[str, Callable[[], Any]]]) -> dict[str, list[float]]:
    """Median seconds of each question for each lab; asked in turns, so that what else the machine does meets all."""
    found = {}
    for what in labs[0]:
        times: list[list[float]] = [[] for _ in labs]
        for turn in range(_BEFORE + _TIMES):
            for lab, taken in zip(labs, times, strict=True):
                began = time.perf_counter()
                lab[what]()
                if turn >= _BEFORE:
                    taken.append(time.perf_counter() - began)
        found[what] = [statistics.median(taken) for taken in times]
    return found
