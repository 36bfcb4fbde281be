"""The supervisor's hold on its zygotes: one for the present code, older ones only while their runs last."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flasklab.execution.memory import memory_variables
from flasklab.execution.processes import ZYGOTE_VARIABLE
from flasklab.execution.wire import Channel
from flasklab.experiments.catalog import SourceWatch, from_json
from flasklab.experiments.description import BrokenModule, Catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from flasklab.config import Settings
    from flasklab.runs.run import NewRun

log = logging.getLogger("flasklab.supervisor")

_IMPORT_SECONDS = 300.0
_EDITED_SECONDS = 10.0
_PAUSE_SECONDS = 5.0
_FIRST_PAUSE_SECONDS = 0.5
_END_SECONDS = 3.0
_MOST_SPARES = 2  # children that wait for their runs: one may be handed out while another is being forked
_SEND_SECONDS = 10.0  # patience with a zygote that does not read
_KILLED_TIMES = 3  # so often in a row may others, such as a system short of memory, end it before a module is blamed
_OTHERS_DO = {-signal.SIGKILL, -signal.SIGTERM}


@dataclass(slots=True)
class ZygoteHandle:
    """One zygote as the supervisor sees it."""

    process: subprocess.Popen[bytes]
    channel: Channel
    fingerprint: str  # of the sources when it began to import
    skip: dict[str, BrokenModule]  # modules that an earlier zygote did not survive
    began: float  # monotonic time
    importing: str = ""  # the module it is importing
    importing_file: str = ""
    catalog: Catalog | None = None  # once it has described the experiments
    environment: dict[str, Any] = field(default_factory=dict)
    environment_id: str | None = None  # of `environment`, once stored
    runs: int = 0  # attempts it holds
    ends_at: float | None = None  # monotonic time when patience with its end is over
    why_killed: str = ""
    forks: bool = True  # whether it forks its children, and does not spawn them

    @property
    def ready(self) -> bool:
        """Whether it can fork."""
        return self.catalog is not None and not self.channel.closed

    def may_begin_at_once(self, new: NewRun) -> bool:
        """Whether a new run need not be queued first: it is of this code, and waits for nothing but a free place."""
        return self.catalog is not None and new.not_before is None and self.catalog.find(new.experiment) is not None

    def end(self) -> None:
        """Let it end now, its children with it; the end of its channel tells when it has gone."""
        self.channel.finish()
        self.ends_at = self.ends_at or time.monotonic() + _END_SECONDS

    def wake(self) -> None:
        """Let it go on if a run has stopped it."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self, why: str) -> None:
        """End it the hard way, for `why`."""
        self.why_killed = why
        self.process.kill()


class Zygotes:
    """Starts a zygote whenever the experiments' code has changed, and lets old ones go when they are idle."""

    def __init__(self, settings: Settings, mark: str, on_start: Callable[[ZygoteHandle], None]) -> None:
        self._settings = settings
        self._mark = mark
        self._on_start = on_start
        self.current: ZygoteHandle | None = None
        self.old: list[ZygoteHandle] = []
        self._sources = SourceWatch(settings.experiments, settings.root)
        self._watched: tuple[str, ...] = ()
        self.not_before = 0.0
        """Monotonic time before which no zygote is started: one could not even begin, or several ended at once."""
        self._pause = 0.0  # seconds; grows with each zygote in a row that ended soon
        self._killed = 0  # zygotes in a row that somebody ended while they imported

    @property
    def all(self) -> list[ZygoteHandle]:
        """Every zygote there is."""
        return [*([self.current] if self.current else []), *self.old]

    def refresh(self) -> None:
        """Start a zygote for the present code unless the current one has it."""
        present = self._sources.fingerprint(self._watched)
        now, current = time.monotonic(), self.current
        # One that is still importing gets a while before edits replace it, or a lab edited all the time had none.
        settled = current is None or current.ready or now - current.began > _EDITED_SECONDS
        stale = current is None or (settled and present != current.fingerprint)
        if stale and now >= self.not_before:
            self._replace(present, {})
        self.drain()

    def drain(self) -> None:
        """Let old zygotes without runs go, and end one that hangs while importing."""
        now = time.monotonic()
        for handle in self.all:
            handle.wake()
        for handle in [one for one in self.old if not one.runs]:
            handle.end()
            if handle.ends_at is not None and now > handle.ends_at:
                handle.kill("it did not end when it was told to")  # a thread of a module's, or its exit hook
        current = self.current
        if current and not current.ready and now - current.began > _IMPORT_SECONDS:
            current.kill(f"importing it took longer than {_IMPORT_SECONDS:.0f} seconds")

    def told(self, handle: ZygoteHandle, message: dict[str, Any]) -> None:
        """Take in what a zygote says of its imports; sets its catalog when it is ready."""
        if message["told"] == "importing":
            handle.importing, handle.importing_file = message["module"], message["file"]
            return
        catalog: Catalog = from_json(message["catalog"])
        catalog = replace(catalog, broken=(*catalog.broken, *handle.skip.values()))
        if handle is self.current:
            self._watched = tuple(file.path for file in catalog.watched)
        self._killed = 0
        handle.fingerprint = catalog.fingerprint
        handle.environment = message["environment"]
        handle.catalog = catalog
        handle.importing = ""

    def gone(self, handle: ZygoteHandle) -> int:
        """Take note that a zygote has ended; returns its exit status. One that died importing is replaced."""
        handle.channel.close()
        status = _awaited(handle.process)
        if handle in self.old:
            self.old.remove(handle)
            return status
        self.current = None
        if handle.importing and status in _OTHERS_DO and not handle.why_killed and self._killed < _KILLED_TIMES - 1:
            self._killed += 1
            log.warning("importing %s was cut short (%s); it is tried again", handle.importing_file, _ending(status))
            self._replace(handle.fingerprint, handle.skip)
        elif handle.importing:
            self._killed = 0
            how = handle.why_killed or _ending(status)
            broken = BrokenModule(
                module=handle.importing,
                file=handle.importing_file,
                line=None,
                error=f"The interpreter did not survive importing it: {how}.",
                traceback="",
            )
            log.warning("%s: %s", broken.file, broken.error)
            self._replace(handle.fingerprint, {**handle.skip, handle.importing: broken})
        elif handle.catalog is None:
            log.error("the process that imports experiments did not begin: %s", _ending(status))
            self.not_before = time.monotonic() + _PAUSE_SECONDS
        elif time.monotonic() - handle.began < _PAUSE_SECONDS:  # whatever ended it may end the next as soon
            self.not_before = time.monotonic() + self._pause
            self._pause = min(2 * self._pause or _FIRST_PAUSE_SECONDS, _PAUSE_SECONDS)
        else:
            self._pause = 0.0
        return status

    def close(self) -> None:
        """Let all zygotes end, and wait for them."""
        for handle in self.all:
            handle.end()
        for handle in self.all:
            _awaited(handle.process)
            handle.channel.close()

    def _replace(self, present: str, skip: dict[str, BrokenModule]) -> None:
        mine, its = socket.socketpair()
        environment = {
            **os.environ,
            "PYTHONIOENCODING": "utf-8:backslashreplace",
            ZYGOTE_VARIABLE: f"{self._mark}@{self._settings.results}",
            **memory_variables(os.environ),
        }
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-m", "flasklab.execution.zygote", str(its.fileno())],
                pass_fds=(its.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                cwd=self._settings.root,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:  # no memory, no descriptors, the lab's folder is gone
            log.error("no process could be started that imports experiments: %s", error)  # noqa: TRY400 - told in a line
            self.not_before = time.monotonic() + _PAUSE_SECONDS
            mine.close()
            return
        finally:
            its.close()
        if self.current is not None:
            self.old.append(self.current)
        mine.settimeout(_SEND_SECONDS)
        handle = ZygoteHandle(
            process=process, channel=Channel(mine), fingerprint=present, skip=skip, began=time.monotonic()
        )
        start = os.environ.get("FLASKLAB_TEST_START") or ("fork" if sys.platform == "linux" else "spawn")
        handle.forks = start == "fork"
        handle.channel.send(
            {
                "root": str(self._settings.root),
                "target": self._settings.experiments,
                "record_env": self._settings.record_env,
                "skip": list(skip),
                "start": start,
                "spares": min(_MOST_SPARES, self._settings.workers),
            }
        )
        self.current = handle
        self._on_start(handle)


def _awaited(process: subprocess.Popen[bytes]) -> int:
    """The exit status of a zygote that is to end; killed if it imports, or hangs in a module's thread or exit hook."""
    try:
        return process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _ending(status: int) -> str:
    if -status in set(signal.Signals):
        return f"it was ended by {signal.Signals(-status).name}"
    if status < 0:
        return f"it was ended by signal {-status}"
    return f"it exited with status {status}"
