"""How much room each experiment's runs take on the disk."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.store.file_sweep import ContentSweep, all_traces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.store.store import Store

_FRESH_SECONDS = 60.0  # an answer is given again for so long: counting reads a folder per thousand runs


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentUse:
    """Bytes of one experiment."""

    experiment: str
    runs: int  # those in the bin included
    files: int  # bytes of artifacts, equal contents counted once
    logs: int  # bytes of logs and checkpoints
    metrics: int  # bytes of packed metrics

    @property
    def total(self) -> int:
        """All of it together."""
        return self.files + self.logs + self.metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskUse:
    """The lab's room on the disk."""

    experiments: tuple[ExperimentUse, ...]  # the largest first
    contents: int  # bytes of all stored contents, each counted once: uploads and sources too
    free: int  # bytes that are free on the disk
    binned: int  # runs in the bin

    @property
    def logs(self) -> int:
        """Bytes of all logs and checkpoints."""
        return sum(one.logs for one in self.experiments)

    @property
    def metrics(self) -> int:
        """Bytes of all packed metrics."""
        return sum(one.metrics for one in self.experiments)

    @property
    def total(self) -> int:
        """Contents, logs, checkpoints and metrics together."""
        return self.contents + self.logs + self.metrics


def disk_values(use: DiskUse) -> dict[str, Any]:
    """As JSON values."""
    names = ("experiment", "runs", "files", "logs", "metrics", "total")
    return {
        "experiments": [{name: getattr(one, name) for name in names} for one in use.experiments],
        "files": use.contents,
        "logs": use.logs,
        "metrics": use.metrics,
        "total": use.total,
        "free": use.free,
        "in_bin": use.binned,
    }


class DiskRead:
    """Tells how much room the lab takes.

    Args:
        store: where runs are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: tuple[float, DiskUse] | None = None  # and the monotonic time when it was counted

    def __call__(self) -> DiskUse:
        """The room now, or a minute ago at most."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > _FRESH_SECONDS:
                self._known = time.monotonic(), self._count()
            return self._known[1]

    def _count(self) -> DiskUse:
        with self._store.read() as unit:
            keeping = unit.keeping
            counts, files = keeping.counts_by_experiment(), keeping.file_bytes_by_experiment()
            metrics, owners = keeping.metric_bytes_by_experiment(), keeping.ids_by_experiment()
            binned = len(keeping.in_bin())
        logs = _by_experiment(owners, all_traces(self._store.results))
        found = (
            ExperimentUse(
                experiment=name,
                runs=counts[name],
                files=files.get(name, 0),
                logs=logs.get(name, 0),
                metrics=metrics.get(name, 0),
            )
            for name in counts
        )
        return DiskUse(
            experiments=tuple(sorted(found, key=lambda one: (-one.total, one.experiment))),
            contents=sum(one.size for folder in ContentSweep(self._store.files.folder).contents() for one in folder),
            free=shutil.disk_usage(self._store.results).free,
            binned=binned,
        )


def _by_experiment(owners: Mapping[str, str], sizes: Mapping[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for run_id, size in sizes.items():
        if (name := owners.get(run_id)) is not None:
            found[name] = found.get(name, 0) + size
    return found
