"""From a queued run to a child at work: the claim within the transaction, the launch after it has committed."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from flasklab.execution import cgroups
from flasklab.execution.attempt import Attempt, Limits
from flasklab.execution.recorded import Recorded
from flasklab.execution.serving import make_serving
from flasklab.execution.spec import RunSpec, own_name, serving_folder
from flasklab.failpoints import failpoint
from flasklab.runs.checkpoints import CHECKPOINT
from flasklab.runs.run import RunError
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.store.claims import Claimable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from flasklab.config import Settings
    from flasklab.execution.serving import Serving
    from flasklab.execution.zygotes import ZygoteHandle
    from flasklab.experiments.description import Catalog
    from flasklab.runs.json import Json
    from flasklab.runs.run import NewRun
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A run that this supervisor has made its own."""

    claimable: Claimable
    attempt: int  # the fence of all that is written for it
    zygote: ZygoteHandle
    checkpoints: Mapping[str, int] = field(default_factory=dict)  # of earlier attempts: numbers of their events by name
    devices: tuple[str, ...] = ()  # the GPUs that are its own

    @property
    def warm(self) -> bool:
        """Whether a process that serves run after run does it."""
        catalog = self.zygote.catalog
        found = None if catalog is None else catalog.find(self.claimable.experiment)
        # A process that has used a GPU keeps it: whoever is given others needs a process of its own.
        return found is not None and found.isolation == "warm" and self.zygote.forks and not self.devices


def refuse(unit: Unit, claimable: Claimable, catalog: Catalog) -> bool:
    """Settle a run whose experiment the lab no longer has; False when the experiment is there."""
    if catalog.find(claimable.experiment) is not None:
        return False
    at, seq = now(), claimable.seq + 2
    attempt = unit.runs.claim(claimable.id, at)
    if attempt is None:
        return True
    why = f"{claimable.experiment} cannot be run. No module of the lab defines it any more."
    error = RunError(type="ExperimentUnavailable", message=why)
    unit.runs.settle(claimable.id, attempt, state=RunState.FAILED, output=None, error=error, at=at, seq=seq)
    told: dict[str, Json] = {"attempt": attempt, "reason": error.message}
    unit.events.add(claimable.number, seq, RunState.FAILED, told, at)
    return True


def claim(unit: Unit, claimable: Claimable, zygote: ZygoteHandle, devices: tuple[str, ...] = ()) -> Claim:
    """Make a queued run this supervisor's."""
    attempt = claimable.attempt + 1
    known = unit.events.of_kind(claimable.number, CHECKPOINT) if claimable.attempt else ()
    checkpoints = {str(event.data["name"]): event.seq for event in known}
    failpoint("supervisor.before-claim")
    unit.hot.claim(claimable, zygote.environment_id, keep=bool(checkpoints))
    unit.hot.open_attempt(claimable.number, attempt, now(), supervisor_name())
    return Claim(claimable=claimable, attempt=attempt, zygote=zygote, checkpoints=checkpoints, devices=devices)


def claim_new(
    unit: Unit, new: NewRun, number: int, at: datetime, zygote: ZygoteHandle, devices: tuple[str, ...] = ()
) -> Claim:
    """Store a new run as this supervisor's from the start."""
    failpoint("supervisor.before-claim")
    unit.hot.add(new, number, at, claimed=True, environment_id=zygote.environment_id)
    unit.hot.open_attempt(number, 1, at, supervisor_name())
    claimable = Claimable(
        number=number,
        id=new.id,
        experiment=new.experiment,
        params=new.params,
        attempt=0,
        begun=0,
        retries=new.retries,
        retry_wait=new.retry_wait,
        resources=new.resources,
        rank=-new.priority,
        timeout_seconds=new.timeout_seconds,
        memory_bytes=new.memory_bytes,
        seed=None,
        restore_from=new.restore_from,
        seq=1,
        created_at=at,
    )
    return Claim(claimable=claimable, attempt=1, zygote=zygote, devices=devices)


def prepare(claim: Claim, store: Store, settings: Settings, serving: Serving | None) -> Attempt:
    """The attempt that a claim leads to, with its folder; where that cannot be made, `why_lost` says so.

    Args:
        claim: of the run
        store: of the lab
        settings: of the lab
        serving: the process that is to do it; None for a new one
    """
    work = settings.results / "work"
    if serving is not None:
        folder = serving.folder
    else:
        folder = serving_folder(work) if claim.warm else work / own_name(claim.claimable.id, claim.attempt)
    run = claim.claimable
    spec = RunSpec(
        id=run.id,
        number=run.number,
        attempt=claim.attempt,
        experiment=run.experiment,
        params=dict(run.params),
        seed=run.seed,
        folder=folder,
        restore_from=run.restore_from,
        max_file=settings.max_file,
        # A process that serves run after run would have to change its group with each.
        cgroup=None if claim.warm else cgroups.group_for(own_name(run.id, claim.attempt), run.memory_bytes),
        devices=claim.devices,
        files=dict(_files(run.params, store)),
    )
    found = None if claim.zygote.catalog is None else claim.zygote.catalog.find(run.experiment)
    attempt = Attempt(
        spec=spec,
        created_at=run.created_at,
        limits=Limits(
            timeout_seconds=run.timeout_seconds,
            memory_bytes=run.memory_bytes,
            retries=run.retries,
            retry_wait=run.retry_wait,
            retries_memory=found is not None and found.retries_memory,
        ),
        begun_before=run.begun,
        resources=run.resources,
        devices=claim.devices,
        zygote=claim.zygote,
        log=store.logs.writer(run.id, settings.max_log, resumes=claim.attempt > 1),
        recorded=Recorded(
            id=run.id,
            number=run.number,
            attempt=claim.attempt,
            seq=run.seq + 1,
            files=store.files,
            checkpoints=dict(claim.checkpoints),
        ),
    )
    if claim.attempt > 1:
        attempt.log.say(f"Attempt {claim.attempt} begins.")
    if serving is not None:
        return attempt
    try:
        try:
            folder.mkdir()
        except FileNotFoundError:
            folder.mkdir(parents=True)
    except OSError as error:
        attempt.why_lost = f"It could not be prepared: {error}."
    return attempt


def launch(attempt: Attempt, *, serves: bool) -> None:
    """Ask the zygote for a child; where that cannot even be asked, `why_lost` says so.

    Args:
        attempt: from `prepare`
        serves: whether the child may serve other runs of the experiment later
    """
    attempt.zygote.runs += 1
    if attempt.why_lost:
        return
    fds: tuple[int, ...] = ()
    try:
        fds = attempt.open_pipes()
        if serves:
            attempt.serving, further = make_serving(attempt)
            fds = (*fds, further)
    except OSError as error:
        attempt.why_lost = f"It could not be prepared: {error}."
    else:
        message = {"do": "fork", "spec": attempt.spec.to_json(), "fds": len(fds)}
        if not attempt.zygote.channel.send(message, fds):
            attempt.why_lost = "The process that holds the experiments had just ended."
    for fd in fds:
        os.close(fd)


@cache
def supervisor_name() -> str:
    """This process, as an attempt's record names it."""
    return f"{socket.gethostname()} {os.getpid()}"


def _files(value: Any, store: Store) -> Iterator[tuple[str, Path]]:
    """SHA-256 and path of every uploaded file in `value` that is stored, at any depth.

    A value of the same shape may also be an experiment's own JSON, or its file be gone: the child says so.
    """
    if isinstance(value, dict):
        sha256 = value.get("sha256")
        if value.keys() == {"file", "sha256", "size"} and isinstance(sha256, str) and store.files.has(sha256):
            yield sha256, store.files.path(sha256)
            return
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _files(item, store)
