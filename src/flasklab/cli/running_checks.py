"""What `flasklab check` looks at while a lab may be running: its supervisor, its lease, locks, handles and clock.

Nothing is changed and nothing is made. A database that somebody keeps locked can still be read.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flasklab.cli.findings import Finding, runs_in_words
from flasklab.runs import amounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from flasklab.config import Settings
    from flasklab.runs.state import RunState
    from flasklab.store.lease_rows import LeaseRow

_HANDLES_PER_RUN = 8  # pipes and log files of one run in the supervisor
_HANDLES_ELSE = 64
_AHEAD_SECONDS = 60.0  # clocks of two machines differ by less


def check_running(settings: Settings) -> Iterator[Finding]:
    """Look at everything that a running lab needs, in turn."""
    kind, _, file = settings.database_url.partition(":///")
    if kind == "sqlite":
        if not Path(file).exists():
            yield Finding(name="supervisor", state="ok", message="No supervisor runs; the first start brings one.")
            return
        yield from check_lock(Path(file))
    lab = _look(settings)
    yield check_supervisor(settings, lab.counts)
    yield from check_lease(settings, lab.lease, lab.lease_age)
    yield from check_handles(settings)
    yield from check_clock(lab.last_run_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lab:
    """What the database says of the lab at one moment."""

    counts: Mapping[RunState, int]  # runs per state
    lease: LeaseRow | None  # who may act for the lab
    lease_age: float  # seconds since it was renewed
    last_run_at: datetime | None  # when the newest run was queued


def _look(settings: Settings) -> _Lab:
    from flasklab.execution.lease import NAME
    from flasklab.store import Store

    store = Store(settings)
    with contextlib.closing(store), store.read() as unit:
        lease = unit.leases.find(NAME)
        boot, moment = unit.leases.clock()
        newest = unit.runs.page(limit=1)
        return _Lab(
            counts=unit.runs.counts(),
            lease=lease,
            lease_age=moment - lease.renewed if lease is not None and lease.boot == boot else float("inf"),
            last_run_at=newest[0].created_at if newest else None,
        )


def check_lock(database: Path, locks: str | None = None) -> Iterator[Finding]:
    """Whether somebody keeps a SQLite database locked for writing; nothing is said where nobody does.

    Args:
        database: its file
        locks: what `/proc/locks` says; read when not given
    """
    import sqlite3

    from flasklab.store.lock_holders import sqlite_writer

    connection = sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=1.0, isolation_level=None)
    try:
        with contextlib.closing(connection):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            return  # the other checks name it
        pid = sqlite_writer(database, locks)
        who = f"{_program(pid)} (pid {pid})" if pid else "Another process"
        yield Finding(
            name="lock",
            state="wrong",
            message=f"{who} has kept {database} locked for a second or more, so nothing can be written.",
            mend="Let it finish or end it. Runs wait meanwhile, and nothing of them is lost.",
        )


def check_supervisor(settings: Settings, counts: Mapping[RunState, int]) -> Finding:
    """Whether a supervisor sees to the runs and still moves, or is needed."""
    from flasklab.execution.stuck import STUCK_SECONDS, silent_seconds
    from flasklab.runs.state import RunState
    from flasklab.store.presence import is_supervised, supervisor_sign

    sign = supervisor_sign(settings.results)
    if sign is not None:
        silent = silent_seconds(settings.results, sign)
        if silent is None or silent < STUCK_SECONDS:
            return Finding(name="supervisor", state="ok", message=f"A supervisor, pid {sign.pid}, sees to the runs.")
        return Finding(
            name="supervisor",
            state="wrong",
            message=f"The supervisor, pid {sign.pid}, has given no sign of life for {amounts.duration(silent)}.",
            mend=f"`flasklab serve` replaces it by itself; where nothing does: kill -9 {sign.pid}.",
        )
    if is_supervised(settings.results):
        return Finding(name="supervisor", state="ok", message="A supervisor begins to see to the runs.")
    waiting = counts.get(RunState.QUEUED, 0) + counts.get(RunState.RUNNING, 0)
    if waiting:
        return Finding(
            name="supervisor",
            state="wrong",
            message=f"{runs_in_words(waiting)} cannot go on: no supervisor sees to the lab.",
            mend="Start the lab with `flasklab serve`: it takes up what waits.",
        )
    return Finding(name="supervisor", state="ok", message="No supervisor runs; the next start brings one.")


def check_lease(settings: Settings, lease: LeaseRow | None, age: float) -> Iterator[Finding]:
    """Who may act for the lab; nothing is said where nobody has it.

    Args:
        settings: the lab's settings
        lease: as the database has it
        age: seconds since it was renewed
    """
    from flasklab.execution.lease import LEASE_SECONDS
    from flasklab.store.machine import host_name
    from flasklab.store.presence import supervisor_sign

    if lease is None or not lease.holder:
        return
    who = f"pid {lease.pid} on {lease.host}"
    sign = supervisor_sign(settings.results)
    ours = sign is not None and (lease.pid, lease.host) == (sign.pid, host_name())
    if age >= LEASE_SECONDS:
        since = "" if age == float("inf") else f" for {amounts.duration(age)}"
        yield Finding(
            name="lease",
            state="note",
            message=f"The lease of the supervisor {who} has not been renewed{since}.",
            mend="The next supervisor takes it. If one runs, the database is locked or away.",
        )
    elif ours:
        message = f"The lease is held by {who}, renewed {amounts.duration(max(age, 0.0))} ago."
        yield Finding(name="lease", state="ok", message=message)
    else:
        yield Finding(
            name="lease",
            state="note",
            message=f"The lease is held by {who}, the supervisor of another results folder with the same database.",
            mend="Runs are done there. Give this lab a FLASKLAB_DATABASE_URL of its own if it is another one.",
        )


def check_handles(settings: Settings) -> Iterator[Finding]:
    """Whether the supervisor may open as many files as its workers need; nothing is said where that is unknown."""
    from flasklab.store.presence import supervisor_pid

    pid = supervisor_pid(settings.results)
    limit = most_handles(_text(f"/proc/{pid or 'self'}/limits"))
    if limit is None:
        return
    needed = _HANDLES_ELSE + _HANDLES_PER_RUN * settings.workers
    whose = "The supervisor" if pid else "A process here"
    if limit < needed:
        yield Finding(
            name="handles",
            state="wrong",
            message=f"{whose} may open {limit:,} files; {settings.workers} runs at once may need {needed:,}.",
            mend=f"Start the lab after `ulimit -n {max(needed, 1024)}`, or with LimitNOFILE= in its systemd unit.",
        )
    else:
        yield Finding(name="handles", state="ok", message=f"{whose} may open {limit:,} files; {needed:,} are enough.")


def most_handles(limits: str) -> int | None:
    """The number of files that may be open, of what `/proc/<pid>/limits` says; None where it says none."""
    found = re.search(r"^Max open files\s+(\d+)", limits, re.MULTILINE)
    return int(found[1]) if found else None


def check_clock(last_run_at: datetime | None) -> Iterator[Finding]:
    """Whether the machine's clock is behind the newest run; nothing is said where there is none.

    Args:
        last_run_at: when the newest run was queued
    """
    from flasklab.runs.times import now

    if last_run_at is None:
        return
    ahead = (last_run_at - now()).total_seconds()
    if ahead > _AHEAD_SECONDS:
        yield Finding(
            name="clock",
            state="note",
            message=f"The newest run was started {amounts.duration(ahead)} in the future: the clock was wrong then, or "
            "was put back since.",
            mend="Set the clock (NTP). Runs are kept in their order all the same; only the times shown are off.",
        )
    else:
        yield Finding(name="clock", state="ok", message="The clock is not behind the newest run.")


def _program(pid: int) -> str:
    words = _text(f"/proc/{pid}/cmdline").split("\0")
    return " ".join(words).strip()[:100] or "A process"


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
