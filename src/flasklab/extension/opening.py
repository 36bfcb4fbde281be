"""The services of this process, opened with its first request.

A connection or a lock must never be carried over a fork: a forked child (a preloading web server, say) opens
its own.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flasklab.config import Settings
    from flasklab.http.lab import Services
    from flasklab.store.doorbell import Doorbell
    from flasklab.store.presence import Attendance

log = logging.getLogger("flasklab.extension")

_LOOK_SECONDS = 3.0  # between two looks at whether a supervisor runs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    pid: int  # of the process that opened it
    services: Services
    doorbell: Doorbell
    attendance: Attendance


class Opening:
    """Opens the lab's services once per process, and keeps a supervisor running for it.

    Args:
        settings: the lab's settings
        supervise: whether this process makes sure that a supervisor runs
    """

    def __init__(self, settings: Settings, *, supervise: bool) -> None:
        self._settings = settings
        self._supervise = supervise
        self._opened: _Opened | None = None
        self._lock = threading.Lock()
        self._looked = -_LOOK_SECONDS
        self._inherited: list[_Opened] = []  # kept, as closing them would close the parent's

    def services(self) -> Services:
        """The services of this process.

        Raises:
            StoreError: the database or the results folder cannot be used.
        """
        return self._open().services

    def attend(self) -> None:
        """Make sure, every few seconds at most, that somebody gets the lab's runs done. Never raises."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self._ensure_supervisor()

    def wake(self) -> None:
        """Say that there is something to do. Never raises."""
        self._open().doorbell.ring()
        self._ensure_supervisor()

    def _open(self) -> _Opened:
        opened = self._opened
        if opened is not None and opened.pid == os.getpid():
            return opened
        with self._lock:
            opened = self._opened
            if opened is not None and opened.pid == os.getpid():
                return opened
            if opened is not None:
                self._inherited.append(opened)
            self._opened = opened = self._make()
            return opened

    def _make(self) -> _Opened:
        from flasklab.extension.services import make_services
        from flasklab.store.doorbell import Doorbell
        from flasklab.store.presence import Attendance

        services = make_services(self._settings, self.wake)
        attendance = Attendance(self._settings.results)
        if self._supervise:
            attendance.join()
        return _Opened(
            pid=os.getpid(),
            services=services,
            doorbell=Doorbell(self._settings.results),
            attendance=attendance,
        )

    def _ensure_supervisor(self) -> None:
        if not self._supervise:
            return
        try:
            from flasklab.execution.start import ensure_supervisor

            self._open()  # someone attends before the supervisor looks whether anyone does
            ensure_supervisor(self._settings)
        except Exception:
            log.exception("no supervisor could be started; runs stay queued", extra={"action": "ensure_supervisor"})
