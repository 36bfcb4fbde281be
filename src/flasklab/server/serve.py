"""`flasklab serve`: a production web server and the supervisor under one parent.

The parent loads neither Flask nor SQLAlchemy. It replaces a supervisor that dies or is stuck, ends everything on Ctrl-C
or SIGTERM, and its own death ends both: the worker dies with it, the supervisor sees the end of its standard input.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import multiprocessing
import os
import select
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.errors import SettingsError
from flasklab.execution.start import clean_environment, supervisor_command
from flasklab.execution.stuck import STUCK_SECONDS, is_stuck
from flasklab.runs.json import encode
from flasklab.server.app import AppLoader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from flasklab.config import Settings

log = logging.getLogger("flasklab.server")

THREADS = 32  # requests answered at once; granian starts them as they are needed
_RESTART_SECONDS = 0.2  # before a web process is replaced
_REPLACE_SECONDS = 0.05  # before a supervisor is
_LASTING_SECONDS = 5.0  # a supervisor that ends sooner makes the next one wait twice as long
_MOST_RESTART_SECONDS = 10.0
_STOP_SECONDS = 25.0  # on top of the grace: for ending what goes on, and for what its runs left to be kept
_LOOK_SECONDS = min(2.0, STUCK_SECONDS / 4)  # between two looks at whether the supervisor is stuck
_MOMENT_SECONDS = 0.5  # a supervisor without running work has ended by then


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeReport:
    """What `serve` has to say, more with each report."""

    address: str  # of the lab's front page
    settings: Settings
    experiments: tuple[str, ...] | None = None  # names; None while they are still being imported
    broken: tuple[tuple[str, str, str, str | None], ...] = ()  # module, file:line, error, distribution it needs
    error: str | None = None  # why the app could not be loaded; the server ends
    waits: bool = False  # whether running work has its grace, and the server ends after it


def serve(
    settings: Settings,
    app_file: Path | None,
    announce: Callable[[ServeReport], None],
    flags: Mapping[str, Any] | None = None,
) -> int:
    """Serve a lab until it is told to stop.

    Args:
        settings: the lab's settings
        app_file: the lab's app.py, or None for a plain app
        announce: called when the server answers, again when the experiments are imported, on an
            error, and when running work makes the end wait
        flags: the settings that the command line gave, by full name; they beat what the app's own code says

    Returns:
        The exit status.

    Raises:
        SettingsError: the address cannot be listened on, or is open to others without a login; or there can be no
            results folder.
    """
    settings = settings.replaced(port=settings.port or _free_port(settings.host))
    _check_address(settings)
    _make_results(settings.results)
    keeper = SupervisorKeeper()
    receiving, sending = multiprocessing.Pipe(duplex=False)
    news = _News(settings, receiving, announce, keeper)
    threading.Thread(target=news.pass_on, name="news", daemon=True).start()
    try:
        given = {name: str(value) for name, value in (flags or {}).items()}
        return _keep_web(settings, AppLoader(settings, given, app_file, sending, waiters=THREADS * 3 // 4), news)
    finally:
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: keeper.hurry())
        keeper.stop(lambda: announce(ServeReport(address="", settings=settings, waits=True)))


def _keep_web(settings: Settings, loader: AppLoader, news: _News) -> int:
    """Serve until told to stop; a web process that died is replaced, one whose app cannot be loaded is not."""
    pause = _RESTART_SECONDS
    while True:
        began = time.monotonic()
        status = _serve_web(settings, loader)
        if status == 0:
            return 0
        time.sleep(pause)  # also lets its last word arrive
        if news.failed:
            return status
        log.warning("the web process ended unexpectedly and is replaced")
        lasted = time.monotonic() - began
        pause = _RESTART_SECONDS if lasted > _LASTING_SECONDS else min(2 * pause, _MOST_RESTART_SECONDS)


def _serve_web(settings: Settings, loader: AppLoader) -> int:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    server = Granian(
        "flasklab",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=False,  # granian gives up on the second death within seconds; we do not
        workers_kill_timeout=10,
    )
    try:
        server.serve(target_loader=loader, wrap_loader=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


class _News:
    """Passes on what the web process tells; once it answers, starts the supervisor.

    Not sooner: importing experiments takes all the processor there is, and the first page should not wait for it.
    """

    def __init__(
        self, settings: Settings, told: Connection, announce: Callable[[ServeReport], None], keeper: SupervisorKeeper
    ) -> None:
        self.failed = False  # the app could not be loaded
        self._settings = settings
        self._told = told
        self._announce = announce
        self._keeper = keeper
        self._report: dict[str, Any] = {"address": "", "settings": settings}

    def pass_on(self) -> None:
        """Pass on all there will be; a web process that replaced another one has nothing new to say."""
        while True:
            try:
                news = self._told.recv()
            except (EOFError, OSError):
                return
            self.failed = "error" in news
            prefix = news.pop("prefix", None)
            if prefix is not None:
                self._keeper.start(news["settings"])
                host, port = self._settings.host, self._settings.port
                news["address"] = f"http://{f'[{host}]' if ':' in host else host}:{port}{prefix}/"
            if any(self._report.get(name) != value for name, value in news.items()):
                self._report.update(news)
                self._announce(ServeReport(**self._report))


class SupervisorKeeper:
    """Keeps one supervisor alive for as long as the server lives."""

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="keep-supervisor", daemon=True)

    def start(self, settings: Settings) -> None:
        """Start the supervisor, and watch over it; a second call does nothing."""
        if self._process is None and not self._stopping.is_set():
            self._settings = settings
            self._process = self._spawn(settings)
            self._thread.start()

    def stop(self, tell_waiting: Callable[[], None] = lambda: None) -> None:
        """Let the supervisor give its runs their grace and end; returns when it has.

        Args:
            tell_waiting: called if that takes longer than a moment
        """
        self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.send_signal(signal.SIGCONT)  # should somebody have stopped it
            self._thread.join(_MOMENT_SECONDS)
            if self._thread.is_alive():
                tell_waiting()
                self._thread.join(_STOP_SECONDS + (self._settings.grace if self._settings else 0.0))
            if self._process.poll() is None:  # stopped, or its database is away: the next one settles what it left
                log.warning("the supervisor did not end and is killed; what it left is settled at the next start")
                self._process.kill()
                self._thread.join(_MOMENT_SECONDS)

    def hurry(self) -> None:
        """The grace is over."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def _spawn(self, settings: Settings) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            supervisor_command(),
            stdin=subprocess.PIPE,
            cwd=settings.root,
            start_new_session=True,  # Ctrl-C reaches it through its parent, once
            env=clean_environment(),
        )
        assert process.stdin is not None  # noqa: S101 - it was asked for
        process.stdin.write(encode(settings.to_json()) + b"\n")
        process.stdin.flush()
        return process

    def _keep(self) -> None:
        pause = _REPLACE_SECONDS
        while self._process is not None and self._settings is not None:
            began = time.monotonic()
            status = self._ended(self._process, self._settings.results)
            if self._stopping.is_set():
                return
            log.warning("the supervisor ended with status %d and is replaced", status)
            if self._stopping.wait(pause):
                return
            lasted = time.monotonic() - began
            pause = _REPLACE_SECONDS if lasted > _LASTING_SECONDS else min(2 * pause, _MOST_RESTART_SECONDS)
            while True:
                try:
                    self._process = self._spawn(self._settings)
                    break
                except OSError as error:  # no memory, no handles; or it died before it had read its settings
                    log.warning("no supervisor could be started (%s); it is tried again", error)
                    if self._stopping.wait(_MOST_RESTART_SECONDS):
                        return

    @staticmethod
    def _ended(process: subprocess.Popen[bytes], results: Path) -> int:
        """The supervisor's exit status, once it has ended; one that is stuck is killed."""
        while not _has_ended(process, _LOOK_SECONDS):
            if is_stuck(results, process.pid):
                log.warning("the supervisor gave no sign of life for %.0f s and is killed", STUCK_SECONDS)
                process.kill()
        return process.wait()


def _has_ended(process: subprocess.Popen[bytes], patience: float) -> bool:
    """Whether a process ends within `patience` seconds; `Popen.wait` would look twenty times a second."""
    try:
        fd = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # not Linux, or no descriptors left
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        return process.returncode is not None
    try:
        waiting = select.poll()
        waiting.register(fd, select.POLLIN)
        return bool(waiting.poll(patience * 1000))
    finally:
        os.close(fd)


def _make_results(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The results folder {folder} cannot be made ({error.strerror}). Name a folder of yours with --results or "
            "in FLASKLAB_RESULTS."
        ) from error


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _check_address(settings: Settings) -> None:
    host, port = settings.host, settings.port
    if not _is_loopback(host):
        raise SettingsError(
            f"FLASKLAB_HOST={host} would open this lab, which runs code, to everyone who can reach the machine, and it "
            "has no logins. Serve it on 127.0.0.1 behind a proxy that asks who is there (see the docs on deployment), "
            "or reach it through ssh -L 8750:127.0.0.1:8750."
        )
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Another lab may be running there; choose "
                "another port: flasklab serve --port 8751."
            ) from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
