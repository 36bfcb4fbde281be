"""What an idle lab costs: memory of the web process, CPU of everything together."""

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
    seconds_to_first_page,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

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
            time.sleep(_WATCH_SECONDS)
            share = 100 * (cpu_seconds(processes) - before) / (time.perf_counter() - began)
            web = peak_megabytes(_web(processes).pid)
            parts = {_role(one): peak_megabytes(one.pid) for one in processes}
    yield Figure(
        what="peak resident memory, web process", value=web, unit="MB", against=90, name="limit", is_limit=True
    )
    yield Figure(what="peak resident memory, web process", value=web, unit="MB", against=bare, name="bare Flask")
    yield Figure(
        what="peak resident memory, supervisor", value=parts["supervisor"], unit="MB", against=bare, name="bare Flask"
    )
    yield Figure(
        what="idle, all processes, share of one core", value=share, unit="%", against=1, name="limit", is_limit=True
    )


def _web(processes: list[psutil.Process]) -> psutil.Process:
    return next(one for one in processes if _role(one) == "web")


def _role(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    for module, role in (("execution.supervise", "supervisor"), ("execution.zygote", "zygote")):
        if module in words:
            return role
    parent = process.parent()
    return "web" if parent is not None and "serve" in " ".join(parent.cmdline()) else "parent"
