"""The process that runs one function: it speaks to the supervisor through a pipe and never touches the database.

It begins as a fork of the zygote (or as a fresh interpreter where fork is not safe) and ends with `os._exit`, so that
nothing of the zygote is torn down twice.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import faulthandler
import fcntl
import logging
import os
import resource
import secrets
import shutil
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from flasklab.errors import InvalidParametersError
from flasklab.execution import cgroups, processes
from flasklab.execution.calling import call
from flasklab.execution.limits import explain_too_large, limit_files
from flasklab.execution.places import place_of
from flasklab.experiments.schema import Parameters
from flasklab.recording.bars import watch_bars
from flasklab.recording.canceling import canceling
from flasklab.recording.floor import floor
from flasklab.recording.inherited import leave
from flasklab.recording.output import present_output
from flasklab.recording.plain import shortened
from flasklab.recording.proxy import recording_to
from flasklab.recording.recorder import Facts, PipeRecorder
from flasklab.recording.seeding import seed_everything
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType, TracebackType

    from flasklab.execution.spec import RunSpec
    from flasklab.experiments.definition import Definition
    from flasklab.runs.json import Json

_THREADS_GRACE_SECONDS = 10.0
_HIGH_FD = 900
_LONGEST_TEXT = 100_000  # characters of an error's message or traceback
_PACKAGE = str(Path(__file__).parent.parent)


class Terminated(BaseException):
    """The supervisor asked the run to end; raised in the experiment so that its `finally` blocks run."""


def run_child(spec: RunSpec, definition: Definition, fds: tuple[int, int, int], parent: int) -> NoReturn:
    """Be the child of one attempt: run the function and exit.

    Args:
        spec: what to run, where
        definition: the experiment
        fds: write ends of the pipes for events, standard output and standard error
        parent: pid of the zygote; the child ends itself if that has died already
    """
    status = 1
    try:
        events = _settle_in(fds, parent)
        seed = _seed(spec.params) if spec.seed is None else spec.seed
        recorder = PipeRecorder(
            events,
            staging=spec.staging,
            workdir=spec.workdir,
            facts=Facts(
                id=spec.id,
                number=spec.number,
                experiment=spec.experiment,
                params=spec.params,
                attempt=spec.attempt,
                seed=seed,
                cancel_grace=definition.cancel_grace,
            ),
            checkpoints=spec.checkpoints(),
        )
        status = _run(spec, definition, recorder, seed)
    except Terminated:
        _flush()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)  # end as what it is: a process ended by a signal
    except BaseException:
        traceback.print_exc()
    finally:
        _flush()
        os._exit(status)


def _settle_in(fds: tuple[int, int, int], parent: int) -> int:
    """Take the process's own session, descriptors, signals and limits; returns the event pipe."""
    with contextlib.suppress(OSError):
        os.setsid()  # a fresh interpreter already leads its own session
    processes.die_with_parent()
    processes.adopt_orphans()
    if os.getppid() != parent:
        os._exit(1)
    events, out, err = fds
    os.dup2(out, 1)
    os.dup2(err, 2)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for fd in (out, err, null):
        os.close(fd)
    events = _out_of_the_way(events)
    _open_output()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _on_terminate)
    _leave_terminating_to_forks()
    faulthandler.enable(file=2)
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    return events


def _out_of_the_way(fd: int) -> int:
    """`fd` under a high number: where an experiment closes all it knows of, the files that it opens next take low ones.

    What is logged then fails, instead of standing in the middle of somebody's file.
    """
    high = min(_HIGH_FD, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 1)
    try:
        moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, high)
    except (OSError, ValueError):
        return fd
    os.close(fd)
    return moved


def _open_output() -> None:
    """Give Python its standard streams anew: those of the zygote may remember a file that could be sought in."""
    for name, fd in (("stdout", 1), ("stderr", 2)):
        stream = open(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115 - it lives as long as the process
        setattr(sys, name, stream)


def _on_terminate(_signum: int, _frame: FrameType | None) -> None:
    if canceling.ask():
        return  # its code looks at `run.canceling`, and is left to end by itself
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def _leave_terminating_to_forks() -> None:
    """Let SIGTERM end whatever the experiment forks at once, as in plain Python.

    A pool terminates its workers with one signal each and waits for them: one that arrives while a worker is about to
    wait for a lock would only be noted by a handler of Python's, and the pool would wait for ever. It is held back for
    the moment of the fork, so that it never meets the handler in the fork.
    """
    held = threading.local()

    def before() -> None:
        held.mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def in_parent() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, held.mask)

    def in_child() -> None:
        # Only the main thread may set one; a fork made by another thread has that one as its main thread.
        if signal.getsignal(signal.SIGTERM) is _on_terminate:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, held.mask)

    os.register_at_fork(before=before, after_in_parent=in_parent, after_in_child=in_child)


def _seed(params: Mapping[str, Json]) -> int:
    given = params.get("seed")
    return given if isinstance(given, int) and not isinstance(given, bool) else secrets.randbelow(2**32)


def _run(spec: RunSpec, definition: Definition, recorder: PipeRecorder, seed: int) -> int:
    """Run the function and tell its outcome; returns the exit status."""
    own = os.getpid()
    os.chdir(spec.workdir)
    os.environ["FLASKLAB_RUN_ID"] = spec.id
    canceling.share(spec.folder)
    if spec.cgroup is not None:
        cgroups.join(spec.cgroup)
    max_file = limit_files(spec.max_file, definition.max_file_bytes)
    leave(spec.folder, recorder)
    spec.begun.touch()
    recorder.event({"type": "begin"})
    recorder.event({"type": "seed", "seed": seed})
    seed_everything(seed)
    floor.share()
    watch_bars()
    with recording_to(recorder):
        try:
            arguments = _arguments(spec, definition, seed)
        except InvalidParametersError as error:
            outcome = _refused(error)
        except Exception as error:  # a disk that is full, a library that reads a table and fails
            outcome = _failed(error)
        else:
            outcome = explain_too_large(_called(definition, arguments, recorder), max_file)
        _flush()
        if os.getpid() != own:
            os._exit(0)  # a fork that the function made and let return: the run's end is its parent's to tell
        recorder.event({"type": "outcome", **outcome, "asked": canceling.seen})
        _await_threads()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # multiprocessing and billiard rely on it as well.
        atexit._run_exitfuncs()  # noqa: SLF001 - the only way to run exit hooks before os._exit
    return 0 if outcome["state"] == RunState.SUCCEEDED else 1


def _arguments(spec: RunSpec, definition: Definition, seed: int) -> dict[str, Any]:
    def open_file(value: Mapping[str, Any]) -> Path:
        if value["sha256"] not in spec.files:
            raise FileNotFoundError(errno.ENOENT, "its content is not stored", value["file"])
        copy: Path = spec.inputs / value["sha256"][:12] / Path(value["file"]).name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(spec.files[value["sha256"]], copy)
        return copy

    arguments = Parameters(definition).bind(spec.params, open_file)
    if "seed" in arguments and arguments["seed"] is None:
        arguments["seed"] = seed  # a seed left to chance is drawn and recorded, so that the run can be repeated
    return arguments


def _called(definition: Definition, arguments: dict[str, Any], recorder: PipeRecorder) -> dict[str, Any]:
    """Call the function; its outcome."""
    try:
        own = os.getpid()
        result = call(definition.function, arguments, recorder)
        if os.getpid() != own:
            result = None  # a fork of the function's: what the run returns is its parent's to show
        return {"state": RunState.SUCCEEDED, "output": present_output(result, recorder), "error": None}
    except Terminated:
        raise
    except SystemExit as stop:
        return _exited(stop)
    except BaseException as error:
        return _failed(error)


def _refused(error: InvalidParametersError) -> dict[str, Any]:
    message = f"A parameter was refused before the function began. {error}"
    print(message, file=sys.stderr)
    return {
        "state": RunState.FAILED,
        "output": None,
        "error": {"type": "InvalidParameters", "message": message, "traceback": ""},
    }


def _exited(stop: SystemExit) -> dict[str, Any]:
    if stop.code is None or stop.code == 0:
        print("The experiment ended itself with sys.exit().", file=sys.stderr)
        return {"state": RunState.SUCCEEDED, "output": None, "error": None}
    message = f"The experiment called sys.exit({stop.code!r})."
    print(message, file=sys.stderr)
    return {
        "state": RunState.FAILED,
        "output": None,
        "error": {"type": "SystemExit", "message": message, "traceback": _trace(stop), "where": place_of(stop)},
    }


def _failed(error: BaseException) -> dict[str, Any]:
    trace = shortened(_trace(error), _LONGEST_TEXT)
    print(trace, file=sys.stderr, end="")
    try:
        message = shortened(str(error), _LONGEST_TEXT)
    except Terminated:
        raise
    except BaseException:
        message = "(its message could not be made)"
    return {
        "state": RunState.FAILED,
        "output": None,
        "error": {"type": type(error).__name__, "message": message, "traceback": trace, "where": place_of(error)},
        "errno": error.errno if isinstance(error, OSError) else None,
    }


def _trace(error: BaseException) -> str:
    """The traceback, from the experiment's own first line on."""
    start: TracebackType | None = error.__traceback__
    while start is not None and start.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        start = start.tb_next
    try:
        return "".join(traceback.format_exception(type(error), error, start or error.__traceback__))
    except Terminated:
        raise
    except BaseException:
        return f"{type(error).__name__} (its traceback could not be formatted)\n"


def _await_threads() -> None:
    """Give threads that the function left behind a little time, then say which are ended with the process."""
    deadline = time.monotonic() + _THREADS_GRACE_SECONDS
    left = [one for one in threading.enumerate() if one is not threading.current_thread() and not one.daemon]
    for thread in left:
        thread.join(max(0.0, deadline - time.monotonic()))
    alive = [thread.name for thread in left if thread.is_alive()]
    if alive:
        print(
            f"Threads were still running {_THREADS_GRACE_SECONDS:.0f} s after the function had returned and are "
            f"ended with the process: {', '.join(alive)}.",
            file=sys.stderr,
        )


def _flush() -> None:
    # A module may have kept the streams that the zygote had when it was imported.
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(Exception):
            if stream is not None:
                stream.flush()
