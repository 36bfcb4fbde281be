"""At the start of a supervisor: what the one before it left behind is ended, then settled or queued again."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from flasklab.errors import StoreRefusedError
from flasklab.execution import processes
from flasklab.execution.collecting import clear, collect
from flasklab.execution.endings import Verdict, given_up, lost
from flasklab.execution.recorded import beside_shown
from flasklab.execution.retrying import wait_after_loss
from flasklab.execution.spec import folder_where_begun, workdir_in
from flasklab.failpoints import failpoint
from flasklab.runs.run import RunError
from flasklab.runs.state import RunState
from flasklab.runs.times import now, rfc3339

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.runs.json import Json
    from flasklab.store.claims import Running
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit

log = logging.getLogger("flasklab.supervisor")

_BOOT = "boot"  # a file in the results folder: the boot id of the machine when its latest supervisor began
_LOST = "The lab's supervisor was killed or crashed while the run was under way, and the run with it."
_RESTARTED = "The machine was restarted or lost its power while the run was under way."
_PATIENCE_SECONDS = 10.0


def end_leftovers(results: Path, mark: str) -> None:
    """Kill every process that an earlier supervisor's zygotes left, and wait until all are gone.

    Args:
        results: the lab's results folder
        mark: the present supervisor's own mark, whose processes are spared
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (pids := processes.leftovers(results, mark)) and time.monotonic() < deadline:
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    failpoint("supervisor.after-leftovers")


def recover(store: Store) -> None:
    """Settle every run that was running, or queue it again where it may begin again; then clear their folders.

    The supervisor's lock is held, so nobody else works on these runs.
    """
    work = store.results / "work"
    why = _why_lost(store.results)
    with store.read() as unit:
        left = unit.runs.running()
    for run in left:
        try:
            with store.write() as unit:
                take_over(unit, run, store, why)
        except StoreRefusedError:  # the others must not wait for what can never be written
            log.exception("run %d could not be settled", run.number)
    clear(work)
    _note_boot(store.results)


def _why_lost(results: Path) -> str:
    """What ended the supervisor before this one, as far as the machine's starts tell."""
    try:
        before = (results / _BOOT).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return _LOST
    now_ = processes.boot_id()
    return _RESTARTED if before and now_ and before != now_ else _LOST


def _note_boot(results: Path) -> None:
    with contextlib.suppress(OSError):  # a full disk; then the reason is a little vaguer
        (results / _BOOT).write_text(processes.boot_id(), encoding="ascii")


def take_over(unit: Unit, run: Running, store: Store, why: str = _LOST) -> None:
    """Settle a running run that nobody holds, or queue it again where it may begin again.

    Args:
        unit: the transaction
        run: the run
        store: of the lab
        why: nobody holds it
    """
    failpoint("supervisor.recover")
    folder = folder_where_begun(store.results / "work", run.id, run.attempt)
    at, seq = now(), run.seq + 1
    begun_before = run.begun - (1 if run.began else 0)
    began = run.began or folder is not None
    if began and not run.began:
        unit.runs.begin(run.id, run.attempt, at)
    if run.cancel_requested_at is not None:
        by = f" by {run.cancel_requested_by}" if run.cancel_requested_by else ""
        error = RunError(type="Canceled", message=f"Canceled{by}, while the lab was down.")
        verdict = Verdict(state=RunState.CANCELED, error=error)
    elif (
        wait := wait_after_loss(begun_before, begun=began, retries=run.retries, retry_wait=run.retry_wait)
    ) is not None:
        log.info("run %d is queued again", run.number)
        unit.attempts.close(run.number, run.attempt, at=at, reason=why, state=RunState.LOST)
        not_before = at + timedelta(seconds=wait) if wait else None
        unit.runs.requeue(run.id, run.attempt, seq=seq, not_before=not_before)
        told: dict[str, Json] = {"attempt": run.attempt, "reason": why, "ended": RunState.LOST.value}
        told["not_before"] = rfc3339(not_before) if not_before else None
        unit.events.add(run.number, seq, RunState.QUEUED, told, at)
        return
    else:
        verdict = given_up(lost(why), run.retries)
    reason = verdict.error.message if verdict.error else ""
    unit.attempts.close(run.number, run.attempt, at=at, reason=reason, state=verdict.state)
    known = {artifact.name: artifact for artifact in unit.artifacts.of(run.number)}
    saved = {name: (artifact.size, at.timestamp()) for name, artifact in known.items()}
    found = [] if folder is None else collect(workdir_in(folder), saved, store.files).files
    for left in beside_shown(found, known):
        unit.artifacts.add(run.number, left.as_artifact(seq))
    failpoint("supervisor.before-recovered")
    unit.runs.settle(run.id, run.attempt, state=verdict.state, output=None, error=verdict.error, at=at, seq=seq)
    unit.events.add(run.number, seq, verdict.state, {"attempt": run.attempt, "reason": reason}, at)
