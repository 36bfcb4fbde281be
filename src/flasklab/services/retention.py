"""What is kept for how long: old runs go to the bin, the bin is emptied, and files that nothing refers to are removed.

All of it in short steps, each of which may be the last one: what a crash leaves half done, the next sweep finishes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from flasklab.store import file_sweep
from flasklab.store.file_sweep import ContentSweep
from flasklab.store.sweep_lock import sweeping

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from flasklab.config import Settings
    from flasklab.store.file_sweep import StoredContent
    from flasklab.store.keeping_rows import Kept
    from flasklab.store.store import Store

SWEEP_LIMIT = 200  # runs and contents that one sweep takes of each kind
UNUSED_SECONDS = 2 * 86_400.0  # a content without any run stays so long: uploads wait for a start
_AT_ONCE = 100  # contents that are looked at once more together
_PRUNE_UNUSED_SECONDS = 3_600.0  # the same when somebody asks for the room


@dataclass(slots=True, kw_only=True)
class Swept:
    """What a sweep has done, or would do."""

    binned: int = 0  # runs that went to the bin
    runs: int = 0  # runs that were removed for good
    files: int = 0  # contents that nothing referred to
    freed: int = 0  # bytes of these contents, of logs, checkpoints, metrics and leftovers
    busy: bool = False  # a backup is being made, or another sweeps: nothing was done
    by_experiment: dict[str, int] = field(default_factory=dict)  # runs that were removed for good


def sweep(store: Store, settings: Settings, at: datetime, limit: int = SWEEP_LIMIT) -> Swept:
    """What the lab does by itself once an hour: at most `limit` runs and contents of each kind.

    Raises:
        StoreError: the database could not be read or written; what was done before stays done.
    """
    done = Swept()
    with sweeping(settings.results) as free:
        if not free:
            done.busy = True
            return done
        if settings.keep_days:
            with store.read() as unit:
                old = unit.keeping.old(at - timedelta(days=settings.keep_days), limit=limit)
            done.binned = sum(_put_into_bin(store, run, at) for run in old)
        with store.read() as unit:
            over = unit.keeping.in_bin(at - timedelta(days=settings.bin_days), limit=limit)
        for run in over:
            _purge(store, settings.results, run, done)
        _sweep_files(store, settings.results, at, UNUSED_SECONDS, done, limit)
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What somebody asks to be removed."""

    older_than_seconds: float | None = None  # also runs that ended longer ago and are not pinned
    experiment: str | None = None  # only runs of this experiment


def plan_prune(store: Store, settings: Settings, wanted: Pruning, at: datetime) -> Swept:
    """What `prune` would remove."""
    told = Swept()
    runs = _asked(store, wanted, at)
    numbers = [run.number for run in runs]
    told.runs = len(runs)
    for run in runs:
        told.by_experiment[run.experiment] = told.by_experiment.get(run.experiment, 0) + 1
        told.freed += sum(map(file_sweep.size_of, file_sweep.traces(settings.results, run.id)))
    with store.read() as unit:
        told.freed += unit.keeping.metric_bytes(numbers)
    before = at.timestamp() - _PRUNE_UNUSED_SECONDS
    for content in _unreferenced(store, before, frozenset(numbers)):
        told.files += 1
        told.freed += content.size
    told.freed += sum(map(file_sweep.size_of, file_sweep.abandoned(settings.results, before)))
    return told


def prune(store: Store, settings: Settings, wanted: Pruning, at: datetime) -> Swept:
    """Remove for good what lies in the bin, older runs if asked for, and all files that nothing refers to.

    Raises:
        StoreError: the database could not be read or written; what was done before stays done.
    """
    done = Swept()
    with sweeping(settings.results) as free:
        if not free:
            done.busy = True
            return done
        for run in _asked(store, wanted, at):
            _put_into_bin(store, run, at)
            _purge(store, settings.results, run, done)
        _sweep_files(store, settings.results, at, _PRUNE_UNUSED_SECONDS, done, None)
    return done


def _asked(store: Store, wanted: Pruning, at: datetime) -> list[Kept]:
    with store.read() as unit:
        found = unit.keeping.in_bin(experiment=wanted.experiment)
        if wanted.older_than_seconds is not None:
            before = at - timedelta(seconds=wanted.older_than_seconds)
            found += unit.keeping.old(before, experiment=wanted.experiment)
    return found


def _put_into_bin(store: Store, run: Kept, at: datetime) -> bool:
    with store.write() as unit:
        return unit.keeping.delete(run.id, at)


def _purge(store: Store, results: Path, run: Kept, done: Swept) -> None:
    with store.write() as unit:
        if not unit.keeping.begin_purge(run.number):
            return  # taken out of the bin meanwhile
        done.freed += unit.keeping.metric_bytes([run.number])
    while True:
        with store.write() as unit:
            if unit.keeping.purge(run.number):
                break
    done.freed += file_sweep.remove(file_sweep.traces(results, run.id))
    done.runs += 1
    done.by_experiment[run.experiment] = done.by_experiment.get(run.experiment, 0) + 1


def _sweep_files(
    store: Store, results: Path, at: datetime, unused_seconds: float, done: Swept, limit: int | None
) -> None:
    before = at.timestamp() - unused_seconds
    contents = ContentSweep(store.files.folder)
    contents.recover()
    unused = islice(_unreferenced(store, before), limit)
    while part := list(islice(unused, _AT_ONCE)):
        aside = [content for content in part if contents.set_aside(content)]
        wanted = _referenced(store, [content.sha256 for content in aside])
        for content in aside:
            if content.sha256 in wanted:
                contents.bring_back(content.sha256)
                continue
            contents.discard(content.sha256)
            done.files += 1
            done.freed += content.size
    for ids in file_sweep.run_ids(results, at.timestamp() - UNUSED_SECONDS):
        with store.read() as unit:
            gone = ids - unit.keeping.known_ids(sorted(ids))
        for run_id in gone:
            done.freed += file_sweep.remove(file_sweep.traces(results, run_id))
    done.freed += file_sweep.remove(file_sweep.abandoned(results, before))


def _unreferenced(store: Store, before: float, without: Collection[int] = frozenset()) -> Iterator[StoredContent]:
    """Contents not used since Unix time `before` that no row refers to, but for the runs `without`."""
    others: set[str] | None = None
    for folder in ContentSweep(store.files.folder).contents():
        old = [one for one in folder if one.used_ns < before * 1e9]
        if not old:
            continue
        with store.read() as unit:
            known = unit.keeping.artifact_references([one.sha256 for one in old], without)
            left = [one for one in old if one.sha256 not in known]
            if left and others is None:
                others = unit.keeping.source_references() | unit.keeping.upload_references(without)
        yield from (one for one in left if one.sha256 not in (others or ()))


def _referenced(store: Store, hashes: Sequence[str]) -> set[str]:
    """Those of these contents that a row refers to now."""
    with store.read() as unit:
        keeping = unit.keeping
        return keeping.artifact_references(hashes) | keeping.source_references() | keeping.upload_references()
