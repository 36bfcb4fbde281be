"""What an idle lab costs: memory of the web process, CPU of everything together, how often each process wakes up."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.serving import (
    bare_server,
    cpu_seconds,
    family,
    free_port,
    lab_server,
    make_lab,
    peak_megabytes,
    role,
    seconds_to_first_page,
    wake_ups,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETTLE_SECONDS = 15.0
_WATCH_SECONDS = 20.0


def measure() -> Iterator[Figure]:
    """The example lab, its experiments imported, watched for 20 s while nobody asks for anything."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        with bare_server(Path(folder), port) as server:
            seconds_to_first_page(port, time.perf_counter())
            bare = max(peak_megabytes(one.pid) for one in family(server.pid))
        port = free_port()
        with lab_server(make_lab(Path(folder)), port) as server:
            seconds_to_first_page(port, time.perf_counter())
            time.sleep(_SETTLE_SECONDS)
            processes = family(server.pid)
            before, began = cpu_seconds(processes), time.perf_counter()
            woken = {one.pid: wake_ups(one) for one in processes}
            time.sleep(_WATCH_SECONDS)
            lasted = time.perf_counter() - began
            share = 100 * (cpu_seconds(processes) - before) / lasted
            pace = [(role(one), (wake_ups(one) - woken[one.pid]) / lasted) for one in processes]
            parts = {role(one): peak_megabytes(one.pid) for one in processes}
    web = parts["web"]
    yield Figure(
        what="peak resident memory, web process", value=web, unit="MB", against=90, name="limit", is_limit=True
    )
    yield Figure(what="peak resident memory, web process", value=web, unit="MB", against=bare, name="bare Flask")
    yield Figure(
        what="peak resident memory, supervisor", value=parts["supervisor"], unit="MB", against=bare, name="bare Flask"
    )
    yield Figure(
        what="idle, all processes, share of one core", value=share, unit="%", against=0.5, name="limit", is_limit=True
    )
    for name in sorted({name for name, _ in pace}):
        most = max(value for found, value in pace if found == name)
        yield Figure(
            what=f"idle, wake-ups of each {name}", value=most, unit="/s", against=1, name="limit", is_limit=True
        )
