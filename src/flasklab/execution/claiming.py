"""From a queued run to a child at work: the claim within the transaction, the launch after it has committed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.execution import cgroups, processes
from flasklab.execution.attempt import Attempt, Limits
from flasklab.execution.recorded import Recorded
from flasklab.execution.spec import RunSpec
from flasklab.runs.checkpoints import CHECKPOINT
from flasklab.runs.run import RunError
from flasklab.runs.state import RunState
from flasklab.runs.times import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from flasklab.config import Settings
    from flasklab.execution.zygotes import ZygoteHandle
    from flasklab.experiments.description import Catalog
    from flasklab.runs.json import Json
    from flasklab.store.claims import Claimable
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A run that this supervisor has made its own."""

    claimable: Claimable
    attempt: int  # the fence of all that is written for it
    zygote: ZygoteHandle
    checkpoints: Mapping[str, int]  # of earlier attempts: numbers of their events by name


def refuse(unit: Unit, claimable: Claimable, catalog: Catalog) -> bool:
    """Settle a run whose experiment the lab no longer has; False when the experiment is there."""
    if catalog.find(claimable.experiment) is not None:
        return False
    at, seq = now(), claimable.seq + 2
    attempt = unit.runs.claim(claimable.id, at)
    if attempt is None:
        return True
    broken = next((one for one in catalog.broken if one.module.rpartition(".")[2] == claimable.experiment), None)
    why = f"{broken.file}: {broken.error}" if broken else "No module of the lab defines it any more."
    error = RunError(type="ExperimentUnavailable", message=f"{claimable.experiment} cannot be run. {why}")
    unit.runs.settle(claimable.id, attempt, state=RunState.FAILED, output=None, error=error, at=at, seq=seq)
    told: dict[str, Json] = {"attempt": attempt, "reason": error.message}
    unit.events.add(claimable.number, seq, RunState.FAILED, told, at)
    return True


def claim(unit: Unit, claimable: Claimable, zygote: ZygoteHandle, environment_id: str | None) -> Claim | None:
    """Make a queued run this supervisor's; None when somebody else was first, or it was canceled meanwhile."""
    at = now()
    attempt = unit.runs.claim(claimable.id, at)
    if attempt is None:
        return None
    unit.attempts.open(claimable.number, attempt, at=at, supervisor=processes.own_name())
    unit.runs.record(claimable.id, attempt, seq=claimable.seq + 1, environment_id=environment_id)
    known = unit.events.of_kind(claimable.number, CHECKPOINT) if attempt > 1 else ()
    checkpoints = {str(event.data["name"]): event.seq for event in known}
    return Claim(claimable=claimable, attempt=attempt, zygote=zygote, checkpoints=checkpoints)


def launch(claim: Claim, store: Store, settings: Settings) -> Attempt:
    """Ask the zygote for a child; an attempt that could not even be asked for says so in `why_lost`."""
    run = claim.claimable
    spec = RunSpec(
        id=run.id,
        number=run.number,
        attempt=claim.attempt,
        experiment=run.experiment,
        params=dict(run.params),
        seed=run.seed,
        folder=settings.results / "work" / f"{run.id}-{claim.attempt}",
        restore_from=run.restore_from,
        max_file=settings.max_file,
        cgroup=cgroups.group_for(f"{run.id}-{claim.attempt}", run.memory_bytes),
        files=dict(_files(run.params, store)),
    )
    attempt = Attempt(
        spec=spec,
        limits=Limits(timeout_seconds=run.timeout_seconds, memory_bytes=run.memory_bytes, retries=run.retries),
        begun_before=run.begun,
        zygote=claim.zygote,
        log=store.logs.writer(run.id, settings.max_log),
        recorded=Recorded(
            id=run.id,
            number=run.number,
            attempt=claim.attempt,
            seq=run.seq + 2,
            files=store.files,
            tags=run.tags,
            note=run.note,
            checkpoints=dict(claim.checkpoints),
        ),
    )
    if claim.attempt > 1:
        attempt.log.say(f"Attempt {claim.attempt} begins.")
    claim.zygote.runs += 1
    try:
        spec.make_folders()
        fds = attempt.open_pipes()
    except OSError as error:
        attempt.why_lost = f"It could not be prepared: {error}."
        return attempt
    if not claim.zygote.channel.send({"do": "fork", "spec": spec.to_json()}, fds):
        attempt.why_lost = "The process that holds the experiments had just ended."
    for fd in fds:
        os.close(fd)
    return attempt


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
