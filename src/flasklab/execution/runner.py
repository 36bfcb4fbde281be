"""The attempts under way and the processes that do them: launching, listening, ending."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from flasklab.execution import cgroups, processes, shared_memory
from flasklab.execution.claiming import launch, prepare
from flasklab.execution.collecting import anything_left, clear, collect
from flasklab.execution.endings import Intent
from flasklab.execution.serving import Servings
from flasklab.execution.snapshot import keep_sources
from flasklab.execution.watching import Watcher
from flasklab.execution.zygotes import ZygoteHandle, Zygotes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from flasklab.config import Settings
    from flasklab.execution.attempt import Attempt
    from flasklab.execution.claiming import Claim
    from flasklab.execution.serving import Serving
    from flasklab.store.store import Store

log = logging.getLogger("flasklab.supervisor")


class Runner:
    """Everything of the supervisor's that has to do with processes.

    Args:
        settings: the lab's settings
        store: for files and logs; nothing here writes to the database
        selector: of the supervisor's loop
        mark: what tells this supervisor's processes from another's
        wake: makes the loop go round once more; called from other threads
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        selector: selectors.BaseSelector,
        mark: str,
        wake: Callable[[], object],
    ) -> None:
        self._settings = settings
        self._store = store
        self._selector = selector
        self._wake = wake
        self._watcher = Watcher(system_metrics=settings.system_metrics)
        self._servings = Servings(most_idle=2 * settings.workers)
        self._forking: dict[tuple[str, int], Attempt] = {}  # whose process was asked for
        self._leaving: dict[tuple[str, int], Attempt] = {}  # settled, while their processes exit
        self.zygotes = Zygotes(settings, mark, self._watch_zygote)
        """The processes that hold the experiments."""
        self.attempts: dict[str, Attempt] = {}
        """What is not settled yet, by run id."""
        self.jobs = ThreadPoolExecutor(max_workers=4, thread_name_prefix="collect")
        """For work with files, which the loop does not wait for."""
        self.news = False
        """Whether something happened that the queue may have waited for; whoever looks sets it back."""
        self.described: ZygoteHandle | None = None
        """The present code's zygote, when its catalog is still to be saved."""

    def launch(self, claim: Claim) -> None:
        """Let a claimed run begin."""
        serving = self._servings.take(claim.zygote, claim.claimable.experiment) if claim.warm else None
        attempt = prepare(claim, self._store, self._settings, serving)
        if serving is not None and not self._continue(serving, attempt):
            self._servings.dismiss(serving)  # it has just ended
            self.launch(claim)
            return
        self.attempts[attempt.spec.id] = attempt
        if serving is not None:
            return
        launch(attempt, serves=claim.warm)
        self._forking[attempt.spec.id, attempt.spec.attempt] = attempt
        made = attempt.serving
        for fd in attempt.fds:
            self._selector.register(
                fd,
                selectors.EVENT_READ,
                (lambda fd=fd: self._read_serving(made, fd)) if made else (lambda fd=fd: self._read(attempt, fd)),
            )
        if attempt.why_lost:
            self._process_gone(attempt)

    @property
    def leaving(self) -> Iterable[Attempt]:
        """Attempts that are settled, while their processes exit."""
        return self._leaving.values()

    def settled(self, attempt: Attempt) -> None:
        """Its end is stored, durably, or is another's to store: let go of what it holds."""
        del self.attempts[attempt.spec.id]
        if attempt.gone:
            self._tidy(attempt)
        elif attempt.serving is not None:
            self.news |= bool(attempt.resources)  # somebody may have waited for them
            attempt.log.close()
            attempt.zygote.runs -= 1
            if attempt.left_anything:
                self._servings.dismiss(attempt.serving)
            else:
                self._servings.give_back(attempt.serving)
                if attempt.spec.files:
                    self.jobs.submit(clear, attempt.spec.inputs)
                if not attempt.recorded.is_plain:
                    self.jobs.submit(clear, attempt.spec.staging)
        else:
            self._leaving[attempt.spec.id, attempt.spec.attempt] = attempt

    def _tidy(self, attempt: Attempt) -> None:
        """Its processes are gone and its end is stored: remove what it leaves on this machine."""
        attempt.log.close()
        self.jobs.submit(clear, attempt.spec.folder)
        if attempt.spec.cgroup is not None:
            self.jobs.submit(cgroups.discard, attempt.spec.cgroup)
        if attempt.shared_memory:
            self.jobs.submit(shared_memory.sweep, attempt.shared_memory)

    def tend(self, now: float) -> None:
        """Do what time brings: limits, graces, held output."""
        for attempt in (*self.attempts.values(), *self._leaving.values()):
            attempt.keep_time(now)
            attempt.log.flush()
        for attempt in self._watcher.look(self.attempts.values(), now):
            attempt.ask_to_end(Intent.MEMORY, now)

    def next_times(self, hold_seconds: float) -> list[float]:
        """Monotonic times at which `tend` has something to do.

        Args:
            hold_seconds: how long unfinished lines of output wait
        """
        due = []
        for attempt in (*self.attempts.values(), *self._leaving.values()):
            if (next_time := attempt.next_time()) is not None:
                due.append(next_time)
            if attempt.log.holds:
                due.append(time.monotonic() + hold_seconds)
        if (look_at := self._watcher.next_time()) is not None:
            due.append(look_at)
        return due

    def refresh(self, now: float) -> None:
        """Have a zygote for the present code; let idle processes of older code go."""
        self.zygotes.refresh()
        self._servings.let_go(self.zygotes.current, now)

    def close(self) -> None:
        """End every process, and wait for them."""
        self.zygotes.close()
        self.jobs.shutdown()
        for attempt in self._leaving.values():
            attempt.log.close()

    # What the zygotes say

    def _watch_zygote(self, handle: ZygoteHandle) -> None:
        self._selector.register(handle.channel.fileno(), selectors.EVENT_READ, lambda: self._hear(handle))

    def _hear(self, handle: ZygoteHandle) -> None:
        fd = handle.channel.fileno()
        for message in handle.channel.receive():
            self._obey(handle, message)
        if handle.channel.closed:
            self._selector.unregister(fd)
            self._zygote_gone(handle)

    def _obey(self, handle: ZygoteHandle, message: dict[str, Any]) -> None:
        match message["told"]:
            case "importing" | "described":
                self.zygotes.told(handle, message)
                if handle.catalog is not None and handle is self.zygotes.current:
                    self.described, self.news = handle, True
                    sources = handle.environment["files"]
                    self.jobs.submit(keep_sources, self._settings.root, sources, self._store.files)
            case "forked":
                attempt = self._forking.pop((message["id"], message["attempt"]))
                attempt.pid = attempt.recorded.pid = message["pid"]
                if attempt.serving is not None:
                    attempt.serving.pid = message["pid"]
                if attempt.intent is not Intent.NONE:  # canceled before it had a process to signal
                    attempt.kill_at = time.monotonic()
            case "unforked" | "unknown":
                attempt = self._forking.pop((message["id"], message["attempt"]))
                attempt.why_lost = (
                    f"No process could be started for it: {message.get('error', 'the experiment is gone')}."
                )
                self._process_gone(attempt)
            case "exited":
                self._exited(handle, message)

    def _exited(self, handle: ZygoteHandle, message: dict[str, Any]) -> None:
        pid = message["pid"]
        for serving in self._servings.ended(handle, pid):
            self._forget(serving)
        for attempt in (*self.attempts.values(), *self._leaving.values()):
            if attempt.pid == pid and attempt.zygote is handle and not attempt.gone:
                attempt.status = message["status"]
                if message["leftovers"]:
                    attempt.log.say("Processes left behind by the run were ended.")
                self._process_gone(attempt)

    def _zygote_gone(self, handle: ZygoteHandle) -> None:
        status = self.zygotes.gone(handle)
        for attempt in (*self.attempts.values(), *self._leaving.values()):
            if attempt.zygote is handle and not attempt.gone:
                attempt.why_lost = (
                    f"The process that held the experiments ended (status {status}), and the run with it."
                )
                if attempt.pid is not None:
                    processes.signal_group(attempt.pid, signal.SIGKILL)
        # Whoever is ended leaves its own children to this process: until none comes any more.
        while strangers := processes.children() - {one.process.pid for one in self.zygotes.all}:
            for pid in strangers:
                processes.signal_group(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)
        for attempt in (*self.attempts.values(), *self._leaving.values()):
            if attempt.zygote is handle and not attempt.gone:
                self._process_gone(attempt)
        for serving in self._servings.ended(handle):
            self._forget(serving)
        self.news = True

    # What the attempts say, and how they end

    def _continue(self, serving: Serving, attempt: Attempt) -> bool:
        """Hand an attempt to a process that serves; False when that is not there any more."""
        if not serving.channel.send({"do": "run", "spec": attempt.spec.to_json(), "fds": 0}):
            return False
        serving.attempt = attempt
        attempt.serving = serving
        attempt.events, attempt.outputs = serving.events, serving.outputs
        attempt.pid = attempt.recorded.pid = serving.pid
        attempt.zygote.runs += 1
        return True

    def _read_serving(self, serving: Serving, fd: int) -> None:
        if serving.attempt is not None:
            self._read(serving.attempt, fd)
        elif not _thrown_away(fd):  # what is said between two runs is nobody's
            self._selector.unregister(fd)

    def _read(self, attempt: Attempt, fd: int) -> None:
        if not attempt.read(fd):
            self._selector.unregister(fd)
            attempt.close_pipe(fd)
        if attempt.is_clean and not attempt.over:
            attempt.take_output()
            self._over(attempt)

    def _process_gone(self, attempt: Attempt) -> None:
        for fd in attempt.fds:
            with contextlib.suppress(KeyError):
                self._selector.unregister(fd)
        attempt.drain()
        if attempt.serving is not None:
            attempt.serving.channel.close()
        attempt.gone = True
        attempt.zygote.runs -= 1
        self._forking.pop((attempt.spec.id, attempt.spec.attempt), None)
        if self._leaving.pop((attempt.spec.id, attempt.spec.attempt), None) is not None:
            self._tidy(attempt)
        elif not attempt.over:
            if attempt.spec.may_have_begun:
                attempt.recorded.begin()
            self._over(attempt)

    def _over(self, attempt: Attempt) -> None:
        """All that an attempt had to say is here; what it left in its folder is kept before it is settled."""
        attempt.over = True
        attempt.left_anything = anything_left(attempt.spec.workdir)
        if attempt.left_anything:
            attempt.left_files = self.jobs.submit(
                collect, attempt.spec.workdir, dict(attempt.recorded.saved), self._store.files
            )
            attempt.left_files.add_done_callback(self._on_collected)

    def _on_collected(self, _: Future[Any]) -> None:
        self._wake()

    def _forget(self, serving: Serving) -> None:
        for fd in serving.fds:
            with contextlib.suppress(KeyError):
                self._selector.unregister(fd)
            os.close(fd)
        serving.channel.close()
        self.jobs.submit(clear, serving.folder)

    def ask_all_to_end(self, intent: Intent, now: float) -> None:
        """Send TERM to all attempts; KILL follows when their grace is over."""
        for attempt in self.attempts.values():
            attempt.ask_to_end(intent, now)


def _thrown_away(fd: int) -> bool:
    """Read and forget what a pipe holds; False at its end."""
    try:
        return os.read(fd, 1 << 16) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
