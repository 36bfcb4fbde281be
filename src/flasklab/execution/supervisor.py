"""The process that gets runs done: one event loop that holds the database and no experiment code.

Each turn takes in what the children said and what was handed in, writes it in one transaction together with settled,
canceled and claimed runs, and only then acts on it.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
import uuid
from typing import TYPE_CHECKING

from flasklab.execution import processes
from flasklab.execution.endings import Intent
from flasklab.execution.housekeeping import Housekeeping
from flasklab.execution.reception import Reception
from flasklab.execution.recovery import end_leftovers, recover
from flasklab.execution.runner import Runner
from flasklab.execution.writer import FLUSH_SECONDS, Writer
from flasklab.store.doorbell import Doorbell
from flasklab.store.presence import anyone_attends

if TYPE_CHECKING:
    from collections.abc import Callable

    from flasklab.config import Settings
    from flasklab.store.store import Store

SCAN_SECONDS = 5.0  # the doorbell may be lost: look at the queue at least this often
_REFRESH_SECONDS = 0.05  # between two looks for edited code while runs follow one another
_LINGER_SECONDS = 10.0


class Supervisor:
    """Claims queued runs, watches over their children and settles each of them exactly once."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        linger: bool,
        watch_fd: int | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; nothing happens before `run`.

        Args:
            settings: the lab's settings
            store: open, and the only one of the lab that checkpoints
            linger: end when no work is left and nobody attends, instead of staying with a parent
            watch_fd: a pipe whose end means that the parent has gone
            beat: called in every turn, as a sign that the loop goes on
        """
        self._settings = settings
        self._store = store
        self._linger = linger
        self._watch_fd = watch_fd
        self._beat = beat
        self._mark = uuid.uuid4().hex
        self._selector = selectors.DefaultSelector()
        self._doorbell = Doorbell(settings.results)
        self._wake_read, self._wake_write = os.pipe()
        self._runner = Runner(settings, store, self._selector, self._mark, lambda: os.write(self._wake_write, b"."))
        self._housekeeping = Housekeeping(store, settings, self._runner.jobs)
        self._reception = Reception(settings.results, self._selector)
        self._writer = Writer(settings, store, self._runner, self._reception)
        self._rung = True
        self._next_scan = 0.0
        self._refresh_at = 0.0  # monotonic time from which a turn looks for edited code even when nobody asked
        self._idle_since: float | None = None
        self._stop_at: float | None = None  # monotonic time when running work is handed back

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
        self._runner.refresh(time.monotonic())
        self._reception.open()
        while not self._done():
            self._beat()
            registered = self._selector.get_map()
            for key, _ in self._selector.select(self._timeout()):
                if registered.get(key.fd) == key:  # an earlier one may have closed it, and its number be another's
                    key.data()
            now = time.monotonic()
            self._tend(now)
            self._turn(now)
        self._reception.close()
        self._runner.close()
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
        self._writer.claims = False
        if self._stop_at is None:
            self._stop_at = now + (self._settings.grace if self._runner.attempts else 0.0)
        else:
            self._stop_at = now
            for attempt in self._runner.attempts.values():
                attempt.hurry(now)

    # What time brings

    def _tend(self, now: float) -> None:
        self._runner.tend(now)
        if not self._writer.owes:
            self._reception.prompt(now)
        if self._lacks_zygote and now >= self._runner.zygotes.not_before:
            self._rung = True
        if self._stop_at is None:
            self._housekeeping.tend(now)
        elif now >= self._stop_at:
            self._runner.ask_all_to_end(Intent.SHUTDOWN, now)

    def _turn(self, now: float) -> None:
        if not self._writer.ready(now):
            return
        asked = self._rung or now >= self._next_scan
        look = asked or self._runner.news
        self._rung = self._runner.news = False
        if look and self._stop_at is None and (asked or now >= self._refresh_at):
            self._runner.refresh(now)
            self._refresh_at = now + _REFRESH_SECONDS
        if self._writer.turn(now, look=look, asked=asked):
            self._next_scan = self._writer.next_look(now + SCAN_SECONDS if asked else self._next_scan)
        elif look:
            self._rung = True  # it could not be read

    @property
    def _lacks_zygote(self) -> bool:
        return self._runner.zygotes.current is None and self._stop_at is None

    def _timeout(self) -> float:
        now = time.monotonic()
        due = [self._next_scan, *self._runner.next_times(FLUSH_SECONDS)]
        if self._rung or self._runner.news:
            due.append(now)
        if self._lacks_zygote:
            due.append(self._runner.zygotes.not_before)
        others = (self._writer.next_time(now), self._reception.next_time())
        due += [next_time for next_time in others if next_time is not None]
        if self._stop_at is not None:
            due.append(self._stop_at if now < self._stop_at else now + 0.1)
        earliest = min(due) if self._writer.ready(now) else max(min(due), self._writer.retry_at)
        return max(0.0, earliest - now)

    def _done(self) -> bool:
        if self._stop_at is not None:
            return not self._runner.attempts
        if not self._linger:
            return False
        now = time.monotonic()
        if self._runner.attempts or anyone_attends(self._settings.results):
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        elif now - self._idle_since >= _LINGER_SECONDS:
            with self._store.read() as unit:
                return not unit.runs.queued(1) and unit.queue.next_release() is None
        return False
