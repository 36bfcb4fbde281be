"""Labs whose runs are written straight into their store, and a browser to look at them, for the benchmarks."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from flasklab.config import Settings
from flasklab.runs.run import NewRun, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

_FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")


def store_of(results: Path) -> Store:
    """A lab's store, to be opened."""
    database = f"sqlite:///{results}/lab.db"
    settings = Settings(root=results.parent, results=results, experiments="", database_url=database)
    return Store(settings, checkpointing=True)


def finished_run(results: Path, fill: Callable[[Store, int], int]) -> str:
    """A run that has succeeded; its id.

    Args:
        results: of the lab
        fill: given the store and the run's number, writes what the run left behind; returns its last event's number
    """
    store = store_of(results).open()
    run_id = new_run_id()
    with store.write() as unit:
        run = unit.runs.add(NewRun(id=run_id, experiment="long", params={}), now())
        attempt = unit.runs.claim(run_id, now())
        assert attempt is not None
        unit.runs.begin(run_id, attempt, now())
    seq = fill(store, run.number)
    with store.write() as unit:
        state = RunState.SUCCEEDED
        unit.runs.settle(run_id, attempt, state=state, output=None, error=None, at=now(), seq=seq + 1)
    store.close()
    return run_id


@contextlib.contextmanager
def chromium() -> Iterator[Browser | None]:
    """A headless browser; None, which is said, where there is none."""
    found = shutil.which("chromium")
    if found is None:
        print("no chromium: the browser's part is left out")
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_FLAGS))
        yield browser
        browser.close()
