"""Watching what runs use: their system metrics, and the memory of those that have a limit, in one reading."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flasklab.execution.gpus import find_gpus
from flasklab.execution.usage import ProcessTree, network
from flasklab.runs import system_metrics as names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flasklab.execution.attempt import Attempt
    from flasklab.execution.gpus import Gpus

_MIB = 2**20
_LIMIT_SECONDS = 1.0  # between two looks at the memory of a run that has a limit
_PAUSES = ((60.0, 1.0), (3600.0, 5.0))  # until so many seconds after its begin, a run is sampled every so many seconds
_LAST_PAUSE = 15.0
_SETTLING_SECONDS = 0.4  # a run that ends sooner is not looked at


def pause_after(elapsed: float) -> float:
    """Seconds until the next sample of a run that began `elapsed` seconds ago."""
    return next((pause for until, pause in _PAUSES if elapsed < until), _LAST_PAUSE)


class _Watched:
    """One attempt under watch; times are monotonic seconds."""

    def __init__(self, attempt: Attempt, pid: int, began: float, now: float) -> None:
        self.attempt = attempt
        self.tree = ProcessTree(pid, attempt.zygote.process.pid)
        self.began = began
        self.sample_at = max(began + pause_after(0.0), now + _SETTLING_SECONDS)  # not over a moment too short to tell
        self.limit_at = began + _LIMIT_SECONDS  # when its memory is held against its limit
        self._before = now
        self._usage = self.tree.usage()
        self._network = network()

    def sample(self, now: float, held: int, gpus: Gpus | None) -> dict[str, float]:
        """The system metrics since the sample before."""
        usage, (received, sent) = self.tree.usage(), network()
        seconds = max(now - self._before, 1e-3)
        last = self._usage
        values = {
            names.CPU: 100 * max(0.0, usage.cpu_seconds - last.cpu_seconds) / seconds,
            names.MEMORY: held / _MIB,
        }
        if usage.read_bytes is not None and usage.written_bytes is not None:
            values[names.DISK_READ] = max(0, usage.read_bytes - (last.read_bytes or 0)) / _MIB / seconds
            values[names.DISK_WRITE] = max(0, usage.written_bytes - (last.written_bytes or 0)) / _MIB / seconds
        values[names.NET_IN] = max(0, received - self._network[0]) / _MIB / seconds
        values[names.NET_OUT] = max(0, sent - self._network[1]) / _MIB / seconds
        for one in gpus.usage(usage.pids) if gpus else ():
            values[names.gpu(one.index)] = one.busy
            values[names.gpu_memory(one.index)] = one.memory_bytes / _MIB
        self._before, self._usage, self._network = now, usage, (received, sent)
        return values


class Watcher:
    """Looks at running attempts when they are due; costs nothing while none runs.

    Args:
        system_metrics: whether they are recorded; memory limits are held in any case
        gpus: this machine's; looked for at the first sample when not given
    """

    def __init__(self, *, system_metrics: bool, gpus: Gpus | None = None) -> None:
        self._records = system_metrics
        self._gpus = gpus
        self._looked_for_gpus = gpus is not None
        self._watched: dict[str, _Watched] = {}  # by run id
        self._seen: dict[str, float] = {}  # when attempts that are not watched yet had begun, by run id

    def look(self, attempts: Iterable[Attempt], now: float) -> list[Attempt]:
        """Sample the attempts that are due; those that hold more memory than their limit allows.

        Args:
            attempts: all that the supervisor has
            now: monotonic seconds
        """
        over: list[Attempt] = []
        present: dict[str, _Watched] = {}
        seen, self._seen = self._seen, {}
        for attempt in attempts:
            watched = self._watch(attempt, seen.get(attempt.spec.id, now), now)
            if watched is None:
                continue
            present[attempt.spec.id] = watched
            if now >= self._due(watched) and self._is_over(watched, now):
                over.append(attempt)
        self._watched = present
        return over

    def next_time(self) -> float | None:
        """The monotonic time of the next look; None when nobody is watched."""
        due = [self._due(one) for one in self._watched.values()]
        return min((*due, *(began + _SETTLING_SECONDS for began in self._seen.values())), default=None)

    def _watch(self, attempt: Attempt, began: float, now: float) -> _Watched | None:
        if attempt.gone or attempt.over or attempt.pid is None or not attempt.recorded.has_begun:
            return None
        if not self._records and attempt.limits.memory_bytes is None:
            return None
        watched = self._watched.get(attempt.spec.id)
        if watched is not None and watched.attempt is attempt:
            return watched
        if now < began + _SETTLING_SECONDS:
            self._seen[attempt.spec.id] = began
            return None
        return _Watched(attempt, attempt.pid, began, now)

    def _due(self, watched: _Watched) -> float:
        if watched.attempt.limits.memory_bytes is None:
            return watched.sample_at
        return watched.limit_at if not self._records else min(watched.limit_at, watched.sample_at)

    def _is_over(self, watched: _Watched, now: float) -> bool:
        attempt, limit = watched.attempt, watched.attempt.limits.memory_bytes
        held = watched.tree.held_bytes()
        if limit is not None and held > limit:
            held = watched.tree.held_bytes(exactly=True)
        watched.limit_at = now + _LIMIT_SECONDS
        if self._records and now >= watched.sample_at:
            elapsed = now - watched.began
            watched.sample_at = now + pause_after(elapsed)
            values = watched.sample(now, held, self._machines_gpus())
            attempt.recorded.take_system(time.time(), round(elapsed), values)
        attempt.held_bytes = held
        return limit is not None and held > limit

    def _machines_gpus(self) -> Gpus | None:
        if not self._looked_for_gpus:
            self._looked_for_gpus = True
            self._gpus = find_gpus()
        return self._gpus
