"""What 200 viewers of one live run cost the server, and how soon they see a new point."""

from __future__ import annotations

import http.client
import json
import random
import statistics
import tempfile
import time
import urllib.request
from heapq import heappop, heappush
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.serving import cpu_seconds, family, free_port, lab_server, seconds_to_first_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_VIEWERS = 200
_WARM_SECONDS = 12.0  # a fresh run is watched more closely
_SECONDS = 20.0
_JITTER = 0.1  # of the pause that the server asks for, as the page has it
_EXPERIMENT = """
import time
from flasklab import experiment, run

@experiment
def ticks(seconds: float = 60.0, pause: float = 1.0):
    until = time.time() + seconds
    step = 0
    while time.time() < until:
        run.log(step=step, clock=time.time())
        step += 1
        time.sleep(pause)
"""


class _Viewer:
    """One page that follows the run as `web/src/run/live.ts` does."""

    def __init__(self, port: int, run_id: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._address = f"/api/v1/runs/{run_id}/live"
        self._cursor, self._etag = "", ""
        self.pause = 0.7

    def ask(self) -> list[float]:
        """The points that are new, which are the times when they were logged."""
        headers = {"Accept": "application/json", **({"If-None-Match": self._etag} if self._etag else {})}
        self._connection.request("GET", f"{self._address}?cursor={self._cursor}&key=clock", headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status == 304:
            return []
        live = json.loads(body)
        self._cursor, self._etag = live["cursor"], answer.headers["ETag"]
        self.pause = live["poll_ms"] / 1000
        return list(live["points"].get("clock", {}).get("values", []))


def measure() -> Iterator[Figure]:
    """The run logs once a second; the viewers' first answers, which bring all there is, are not counted."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder)
        (lab / "experiments").mkdir()
        (lab / "experiments" / "ticks.py").write_text(_EXPERIMENT, encoding="utf-8")
        port = free_port()
        with lab_server(lab, port) as server:
            seconds_to_first_page(port, time.perf_counter())
            request = urllib.request.Request(f"http://127.0.0.1:{port}/run/ticks", data=b"", method="POST")
            with urllib.request.urlopen(request, timeout=30) as answer:
                run_id = json.load(answer)["id"]
            time.sleep(_WARM_SECONDS)
            web = [one for one in family(server.pid) if "execution" not in " ".join(one.cmdline())]
            asked, delays, used = _watch(port, run_id, lambda: cpu_seconds(web))
    share = 100 * used / _SECONDS
    what = f"{_VIEWERS} viewers of a live run, of a core"
    yield Figure(what=what, value=share, unit="%", against=15, name="limit", is_limit=True)
    median = 1000 * statistics.median(delays)
    yield Figure(what="a new point is seen after", value=median, unit="ms", against=500, name="limit", is_limit=True)
    yield Figure(what="questions a second, of all viewers", value=asked / _SECONDS, unit="/s", against=200, name="aim")


def _watch(port: int, run_id: str, used: Callable[[], float]) -> tuple[int, list[float], float]:
    viewers = [_Viewer(port, run_id) for _ in range(_VIEWERS)]
    began = time.time()
    due: list[tuple[float, int]] = []
    for number, viewer in enumerate(viewers):
        viewer.ask()
        heappush(due, (time.time() + random.random() * viewer.pause, number))
    start, before = time.time(), used()
    asked = 0
    delays: list[float] = []
    while time.time() - start < _SECONDS:
        at, number = due[0]
        if (wait := at - time.time()) > 0:
            time.sleep(wait)
        heappop(due)
        new = viewers[number].ask()
        now = time.time()
        asked += 1
        delays += [now - logged for logged in new if logged > began]
        heappush(due, (now + viewers[number].pause * random.uniform(1 - _JITTER, 1 + _JITTER), number))
    return asked, delays, used() - before
