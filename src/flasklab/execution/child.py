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
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from flasklab.errors import InvalidParametersError
from flasklab.execution import cgroups, processes
from flasklab.execution.endings import UNPREPARED
from flasklab.execution.limits import explain_too_large, limit_files
from flasklab.execution.outcomes import Terminated, called, failed, refused
from flasklab.execution.spec import DEVICES_VARIABLE, RunSpec
from flasklab.execution.wire import Channel
from flasklab.experiments.schema import Parameters
from flasklab.failpoints import failpoint
from flasklab.recording.bars import watch_bars
from flasklab.recording.canceling import canceling
from flasklab.recording.floor import floor
from flasklab.recording.inherited import leave
from flasklab.recording.proxy import recording_to
from flasklab.recording.recorder import Facts, PipeRecorder
from flasklab.recording.seeding import seed_everything
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from flasklab.execution.limits import FileLimit
    from flasklab.experiments.definition import Definition
    from flasklab.runs.json import Json

_THREADS_GRACE_SECONDS = 10.0
_HIGH_FD = 900


def await_run(channel: Channel, definitions: Mapping[str, Definition], parent: int) -> NoReturn:
    """Be a child that waits for its run.

    Args:
        channel: brings the attempt and its pipes; its end means that none will come
        definitions: the experiments, by name
        parent: pid of the zygote; the child ends itself if that has died already
    """
    try:
        _settle_in(parent)
        found = _next(channel)
        channel.close()
        if found is not None:
            spec, fds = found
            run_child(spec, definitions[spec.experiment], fds, parent)
    finally:
        os._exit(0)


def _next(channel: Channel) -> tuple[RunSpec, tuple[int, ...]] | None:
    """The attempt that the channel brings, with its descriptors; None at its end."""
    while not channel.closed:
        for message in channel.receive():
            return RunSpec.from_json(message["spec"]), channel.take_fds(message["fds"])
    return None


def run_child(spec: RunSpec, definition: Definition, fds: tuple[int, ...], parent: int) -> NoReturn:
    """Be the child of an attempt: run the function and exit, or wait for the next attempt where one may come.

    Args:
        spec: what to run, where
        definition: the experiment
        fds: write ends of the pipes for events, standard output and standard error; and the socket that brings further
            attempts of this experiment, where the process serves run after run
        parent: pid of the zygote; the child ends itself if that has died already
    """
    status = 1
    try:
        _settle_in(parent)
        events = _take_over(fds[:3])
        more = Channel(socket.socket(fileno=fds[3])) if len(fds) > 3 else None
        following: RunSpec | None = spec
        while following is not None:
            seed = _seed(following.params) if following.seed is None else following.seed
            recorder = _recorder(following, definition, events, seed)
            status, clean = _run(following, definition, recorder, seed, serves=more is not None)
            found = _next(more) if more is not None and clean else None
            following = None if found is None else found[0]
    except Terminated:
        _flush()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)  # end as what it is: a process ended by a signal
    except BaseException:
        traceback.print_exc()
    finally:
        _flush()
        os._exit(status)


def _recorder(spec: RunSpec, definition: Definition, events: int, seed: int) -> PipeRecorder:
    facts = Facts(
        id=spec.id,
        number=spec.number,
        experiment=spec.experiment,
        params=spec.params,
        attempt=spec.attempt,
        seed=seed,
        cancel_grace=definition.cancel_grace,
    )
    return PipeRecorder(events, staging=spec.staging, workdir=spec.workdir, facts=facts, checkpoints=spec.checkpoints())


def _settle_in(parent: int) -> None:
    """Take the process's own session, signals and limits; again does no harm."""
    with contextlib.suppress(OSError):
        os.setsid()  # a fresh interpreter already leads its own session
    processes.die_with_parent()
    processes.adopt_orphans()
    if os.getppid() != parent:
        os._exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _on_terminate)


def _take_over(fds: tuple[int, ...]) -> int:
    """Take the attempt's pipes for the process's own; returns the event pipe."""
    events, out, err = fds
    os.dup2(out, 1)
    os.dup2(err, 2)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for fd in (out, err, null):
        os.close(fd)
    events = _out_of_the_way(events)
    _open_output()
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


def _run(spec: RunSpec, definition: Definition, recorder: PipeRecorder, seed: int, *, serves: bool) -> tuple[int, bool]:
    """Run the function and tell its outcome; the exit status, and whether nothing of the run is left.

    Args:
        spec: the attempt
        definition: the experiment
        recorder: of the attempt
        seed: of its generators
        serves: whether the process may serve another run after a clean one
    """
    own, hooks = os.getpid(), _exit_hooks()
    canceling.share(spec.canceling)
    max_file = _limit(spec, definition)
    leave(spec.folder, recorder)
    try:
        _enter(spec)
    except OSError as error:
        print(f"The run's folder cannot be made: {error}", file=sys.stderr)
        return UNPREPARED, False
    recorder.event({"type": "begin"})
    failpoint("child.after-begin")
    recorder.event({"type": "seed", "seed": seed})
    seed_everything(seed)
    floor.share()
    watch_bars()
    with recording_to(recorder):
        try:
            arguments = _arguments(spec, definition, seed)
        except InvalidParametersError as error:
            outcome = refused(error)
        except Exception as error:  # a disk that is full, a library that reads a table and fails
            outcome = failed(error, definition)
        else:
            outcome = explain_too_large(called(definition, arguments, recorder), max_file)
        _flush()
        if os.getpid() != own:
            os._exit(0)  # a fork that the function made and let return: the run's end is its parent's to tell
        succeeded = outcome["state"] == RunState.SUCCEEDED
        asked = canceling.seen
        canceling.end()
        clean = not canceling.asked and _is_clean(hooks) and (succeeded or not serves)
        if serves and clean:
            os.chdir("/")
        failpoint("child.before-outcome")
        recorder.event({"type": "outcome", **outcome, "clean": clean, "asked": asked})
        failpoint("child.after-outcome")
        if serves and clean:
            return 0, True
        if clean:
            os.nice(19)  # giving memory back takes milliseconds, and nobody waits for this process any more
        _await_threads()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # multiprocessing and billiard rely on it as well.
        atexit._run_exitfuncs()  # noqa: SLF001 - the only way to run exit hooks before os._exit
    return (0 if succeeded else 1), clean


def _limit(spec: RunSpec, definition: Definition) -> FileLimit | None:
    """Give the process its run's name and devices and put it under the run's limits; that of its files."""
    os.environ["FLASKLAB_RUN_ID"] = spec.id
    if spec.devices:
        os.environ[DEVICES_VARIABLE] = ",".join(spec.devices)
    if spec.cgroup is not None:
        cgroups.join(spec.cgroup)
    return limit_files(spec.max_file, definition.max_file_bytes)


def _enter(spec: RunSpec) -> None:
    """Go into the run's working directory, and leave word that its code may begin.

    Raises:
        OSError: the directory cannot be made, or nothing be written beside it
    """
    with contextlib.suppress(FileExistsError):
        os.mkdir(spec.workdir)  # noqa: PTH102 - the quick way
    os.chdir(spec.workdir)
    failpoint("child.before-mark")
    _mark_begun(spec)
    failpoint("child.after-mark")


def _mark_begun(spec: RunSpec) -> None:
    """Leave word that the code may have begun, for whoever finds this folder after everything was killed."""
    fd = os.open(spec.begun, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(fd, f"{spec.own}\n".ljust(64, "\n").encode(), 0)
    finally:
        os.close(fd)


def _exit_hooks() -> int:
    """How many functions are to be called when the interpreter ends."""
    count: int = atexit._ncallbacks()  # noqa: SLF001 - there is no other way to see them
    return count


def _is_clean(hooks: int) -> bool:
    """Whether the function left no thread, no process and no exit hook that could still say or write something.

    Args:
        hooks: `_exit_hooks` before it was called
    """
    if threading.active_count() > 1 or _exit_hooks() != hooks:
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


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
