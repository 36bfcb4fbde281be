"""The process that gets runs done: one event loop that holds the database and no experiment code.

Each turn reads what the children said, writes it in one transaction together with settled, canceled and claimed runs,
and only then acts on it. What a failed transaction held stays in memory for the next turn.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flasklab.execution import cgroups, processes, shared_memory
from flasklab.execution.claiming import Claim, claim, launch, refuse
from flasklab.execution.collecting import anything_left, clear, collect
from flasklab.execution.endings import Intent
from flasklab.execution.recovery import end_leftovers, recover, take_over
from flasklab.execution.settling import settle
from flasklab.execution.snapshot import keep_sources
from flasklab.execution.turn import Turn, UndoneError, may_pass
from flasklab.execution.watching import Watcher
from flasklab.execution.zygotes import ZygoteHandle, Zygotes
from flasklab.store.doorbell import Doorbell
from flasklab.store.presence import anyone_attends

if TYPE_CHECKING:
    from concurrent.futures import Future

    from flasklab.config import Settings
    from flasklab.execution.attempt import Attempt
    from flasklab.store.store import Store
    from flasklab.store.unit import Unit

log = logging.getLogger("flasklab.supervisor")

SCAN_SECONDS = 5.0  # the doorbell may be lost: look at the queue at least this often
FLUSH_SECONDS = 0.1  # between two transactions of what one experiment says
STOP_GRACE_SECONDS = 5.0  # patience with running work when the lab is stopped
_LINGER_SECONDS = 10.0
_RETRY_SECONDS = 0.5
_MOST_PAUSE_SECONDS = 30.0  # between claims while no run can be brought to its beginning


class Supervisor:
    """Claims queued runs, watches over their children and settles each of them exactly once."""

    def __init__(self, settings: Settings, store: Store, *, linger: bool, watch_fd: int | None = None) -> None:
        """Prepare; nothing happens before `run`.

        Args:
            settings: the lab's settings
            store: open, and the only one of the lab that checkpoints
            linger: end when no work is left and nobody attends, instead of staying with a parent
            watch_fd: a pipe whose end means that the parent has gone
        """
        self._settings = settings
        self._store = store
        self._linger = linger
        self._watch_fd = watch_fd
        self._mark = uuid.uuid4().hex
        self._selector = selectors.DefaultSelector()
        self._doorbell = Doorbell(settings.results)
        self._zygotes = Zygotes(settings, self._mark, self._watch_zygote)
        self._attempts: dict[str, Attempt] = {}  # by run id
        self._watcher = Watcher(system_metrics=settings.system_metrics)
        self._jobs = ThreadPoolExecutor(max_workers=4, thread_name_prefix="collect")
        self._wake_read, self._wake_write = os.pipe()
        self._rung = True
        self._next_scan = 0.0
        self._retry_at = 0.0
        self._in_doubt = False  # a transaction failed, and may have been committed before the answer was lost
        self._claim_pause = 0.0  # seconds; grows while runs come back that never began
        self._claim_at = 0.0  # monotonic time before which nothing is claimed
        self._idle_since: float | None = None
        self._stop_at: float | None = None  # monotonic time when running work is handed back
        self._catalog_to_save: ZygoteHandle | None = None

    def run(self) -> None:
        """Be the supervisor until told to stop."""
        processes.adopt_orphans()
        for fd in (self._wake_read, self._wake_write):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: self._stop())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        bell = self._doorbell.listen()
        self._selector.register(self._wake_read, selectors.EVENT_READ, lambda: os.read(self._wake_read, 4096))
        self._selector.register(bell, selectors.EVENT_READ, lambda: self._answer(bell))
        if self._watch_fd is not None:
            self._selector.register(self._watch_fd, selectors.EVENT_READ, self._parent_spoke)
        end_leftovers(self._settings.results, self._mark)
        recover(self._store)
        self._zygotes.refresh()
        while not self._done():
            registered = self._selector.get_map()
            for key, _ in self._selector.select(self._timeout()):
                if registered.get(key.fd) == key:  # an earlier one may have closed it, and its number be another's
                    key.data()
            self._tend(time.monotonic())
            self._turn(time.monotonic())
        self._zygotes.close()
        self._jobs.shutdown()
        os.close(bell)

    # What wakes the loop

    def _answer(self, bell: int) -> None:
        self._doorbell.drain(bell)
        self._rung = True

    def _parent_spoke(self) -> None:
        if self._watch_fd is not None and not os.read(self._watch_fd, 4096):
            self._selector.unregister(self._watch_fd)
            self._watch_fd = None
            self._stop()

    def _stop(self) -> None:
        """Stop claiming and give running work its grace; a second call hurries."""
        now = time.monotonic()
        if self._stop_at is None:
            self._stop_at = now + (STOP_GRACE_SECONDS if self._attempts else 0.0)
        else:
            self._stop_at = now
            for attempt in self._attempts.values():
                attempt.hurry(now)

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
                self._zygotes.told(handle, message)
                if handle.catalog is not None and handle is self._zygotes.current:
                    self._catalog_to_save = handle
                    sources = handle.environment["files"]
                    self._jobs.submit(keep_sources, self._settings.root, sources, self._store.files)
                    self._rung = True
            case "forked":
                attempt = self._attempts[message["id"]]
                attempt.pid = attempt.recorded.pid = message["pid"]
                if attempt.intent is not Intent.NONE:  # canceled before it had a process to signal
                    attempt.kill_at = time.monotonic()
            case "unforked" | "unknown":
                attempt = self._attempts[message["id"]]
                attempt.why_lost = (
                    f"No process could be started for it: {message.get('error', 'the experiment is gone')}."
                )
                self._process_gone(attempt)
            case "exited":
                for attempt in self._attempts.values():
                    if attempt.pid == message["pid"] and attempt.zygote is handle and not attempt.gone:
                        attempt.status = message["status"]
                        if message["leftovers"]:
                            attempt.log.say("Processes left behind by the run were ended.")
                        self._process_gone(attempt)

    def _zygote_gone(self, handle: ZygoteHandle) -> None:
        status = self._zygotes.gone(handle)
        held = [one for one in self._attempts.values() if one.zygote is handle and not one.gone]
        for attempt in held:
            attempt.why_lost = f"The process that held the experiments ended (status {status}), and the run with it."
            if attempt.pid is not None:
                processes.signal_group(attempt.pid, signal.SIGKILL)
        # Whoever is ended leaves its own children to this process: until none comes any more, and nobody writes.
        while strangers := processes.children() - {one.process.pid for one in self._zygotes.all}:
            for pid in strangers:
                processes.signal_group(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        for attempt in held:
            self._process_gone(attempt)
        if self._stop_at is None:
            self._zygotes.refresh()

    def _process_gone(self, attempt: Attempt) -> None:
        for fd in attempt.fds:
            self._selector.unregister(fd)
        attempt.drain()
        if attempt.spec.begun.exists():
            attempt.recorded.begin()
        attempt.gone = True
        attempt.zygote.runs -= 1
        if anything_left(attempt.spec.workdir):
            attempt.left_files = self._jobs.submit(
                collect, attempt.spec.workdir, dict(attempt.recorded.saved), self._store.files
            )
            attempt.left_files.add_done_callback(self._wake)

    def _wake(self, _: Future[Any]) -> None:
        os.write(self._wake_write, b".")

    def _read(self, attempt: Attempt, fd: int) -> None:
        if not attempt.read(fd):
            self._selector.unregister(fd)
            attempt.close_pipe(fd)

    # What time brings

    def _tend(self, now: float) -> None:
        for attempt in self._attempts.values():
            attempt.keep_time(now)
            attempt.log.flush()
        for attempt in self._watcher.look(self._attempts.values(), now):
            attempt.ask_to_end(Intent.MEMORY, now)
        if self._stop_at is not None and now >= self._stop_at:
            for attempt in self._attempts.values():
                attempt.ask_to_end(Intent.SHUTDOWN, now)

    def _timeout(self) -> float:
        now = time.monotonic()
        due = [now if self._rung else self._next_scan]
        for attempt in self._attempts.values():
            if self._must_write(attempt, now):
                due.append(now)
            if (write_at := attempt.recorded.due(FLUSH_SECONDS)) is not None:
                due.append(write_at)
            if (next_time := attempt.next_time()) is not None:
                due.append(next_time)
            if attempt.log.holds:
                due.append(now + FLUSH_SECONDS)
        if (look_at := self._watcher.next_time()) is not None:
            due.append(look_at)
        if self._stop_at is not None:
            due.append(self._stop_at if now < self._stop_at else now + 0.1)
        return max(0.0, max(min(due), self._retry_at) - now)

    def _done(self) -> bool:
        if self._stop_at is not None:
            return not self._attempts
        if not self._linger:
            return False
        now = time.monotonic()
        if self._attempts or anyone_attends(self._settings.results):
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        elif now - self._idle_since >= _LINGER_SECONDS:
            with self._store.read() as unit:
                return not unit.runs.queued(1)
        return False

    # What goes into the store

    def _turn(self, now: float) -> None:
        """Write what waits, settle what has ended, claim what may begin: one transaction, then its consequences."""
        if now < self._retry_at:
            return
        look = self._rung or now >= self._next_scan
        if look and self._stop_at is None:
            self._zygotes.refresh()
        due = [one for one in self._attempts.values() if self._must_write(one, now)]
        if not (due or look or self._catalog_to_save):
            return
        turn = Turn(looked=look)
        try:
            with self._store.write() as unit:
                self._save_catalog(unit)
                self._write(unit, due, turn)
                if look:
                    self._look(unit, turn)
        except Exception as error:
            self._retry_at = now + _RETRY_SECONDS
            if may_pass(error):
                self._in_doubt = True
                log.warning("the lab's database could not be written and is tried again: %s", error)
            else:
                log.exception("something could not be stored")
                self._leave_out(due)
            return
        self._act(turn, now)

    def _leave_out(self, due: list[Attempt]) -> None:
        """Let each attempt that cannot be written give up a part of what it holds, so that the others go on."""
        for attempt in due:
            try:
                with self._store.write() as unit:
                    self._write(unit, [attempt], Turn())
                    raise UndoneError  # noqa: TRY301 - takes the transaction back
            except UndoneError:
                continue
            except Exception as error:
                if may_pass(error):
                    return
                attempt.give_up(error)

    @staticmethod
    def _must_write(attempt: Attempt, now: float) -> bool:
        if attempt.gone:
            return attempt.left_files is None or attempt.left_files.done()
        write_at = attempt.recorded.due(FLUSH_SECONDS)
        return write_at is not None and now >= write_at

    def _save_catalog(self, unit: Unit) -> None:
        handle = self._catalog_to_save
        if handle is None or handle.catalog is None:
            return
        handle.environment_id = unit.environments.add(handle.environment)
        unit.catalog.save(replace(handle.catalog, environment_id=handle.environment_id))

    def _write(self, unit: Unit, due: list[Attempt], turn: Turn) -> None:
        for attempt in due:
            if attempt.gone and attempt.left_files is not None:
                left, attempt.left_files = attempt.left_files, None
                attempt.recorded.add_left_files(left.result())
            if attempt.unstorable:
                turn.disowned.append(attempt)
                continue
            if attempt.recorded.waits and not attempt.recorded.write(unit):
                turn.disowned.append(attempt)
                continue
            turn.written.append(attempt)
            if attempt.gone:
                why = settle(unit, attempt)
                turn.ended.append(attempt)
                if why:
                    turn.requeued.append((attempt, why))

    def _look(self, unit: Unit, turn: Turn) -> None:
        if self._in_doubt:
            for run in unit.runs.running():
                if run.id not in self._attempts:  # claimed, and nobody was told
                    take_over(unit, run, self._store, "It was claimed, and the database's answer was lost.")
        for run_id, number, by in unit.runs.cancels():
            attempt = self._attempts.get(run_id)
            if attempt is not None and attempt.spec.attempt == number:
                turn.cancels.append((attempt, by))
        current = self._zygotes.current
        if self._stop_at is not None or current is None or not current.ready or current.catalog is None:
            return
        if time.monotonic() < self._claim_at:
            return
        free = self._settings.workers - len(self._attempts) + len(turn.ended) + len(turn.disowned)
        for claimable in unit.runs.queued(free) if free > 0 else ():
            if refuse(unit, claimable, current.catalog):
                turn.refused = True
                continue
            claimed = claim(unit, claimable, current, current.environment_id)
            if claimed is not None:
                turn.claims.append(claimed)

    def _act(self, turn: Turn, now: float) -> None:
        if turn.looked:
            self._in_doubt = False
            self._rung = bool(turn.ended) or turn.refused
            self._next_scan = now + SCAN_SECONDS
        self._catalog_to_save = None
        for attempt in turn.written:
            attempt.recorded.written()
            if attempt.recorded.has_begun:
                self._claim_pause = 0.0
        for attempt, why in turn.requeued:
            attempt.log.say(f"{why} It is queued again.")
            if not attempt.recorded.has_begun:
                self._claim_pause = min(2 * self._claim_pause or _RETRY_SECONDS, _MOST_PAUSE_SECONDS)
                self._claim_at = now + self._claim_pause
        for attempt in turn.disowned:
            log.error("run %s is no longer attempt %d's; its process is ended", attempt.spec.id, attempt.spec.attempt)
            attempt.kill()
        for attempt in (*turn.ended, *(one for one in turn.disowned if one.gone)):
            del self._attempts[attempt.spec.id]
            attempt.log.close()
            self._jobs.submit(clear, attempt.spec.folder)
            if attempt.spec.cgroup is not None:
                self._jobs.submit(cgroups.discard, attempt.spec.cgroup)
            if attempt.shared_memory:
                self._jobs.submit(shared_memory.sweep, attempt.shared_memory)
            self._rung = True
        for attempt, by in turn.cancels:
            attempt.canceled_by = by
            attempt.ask_to_end(Intent.CANCEL, now)
        for claimed in turn.claims:
            self._launch(claimed)

    def _launch(self, claimed: Claim) -> None:
        attempt = launch(claimed, self._store, self._settings)
        self._attempts[attempt.spec.id] = attempt
        for fd in attempt.fds:
            self._selector.register(fd, selectors.EVENT_READ, lambda fd=fd: self._read(attempt, fd))
        if attempt.why_lost:
            self._process_gone(attempt)
