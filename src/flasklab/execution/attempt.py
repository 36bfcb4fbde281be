"""One attempt under way, as the supervisor sees it: its pipes, what it said, and how it is ending."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flasklab.execution import cgroups, shared_memory
from flasklab.execution.endings import KILL_GRACE_SECONDS, Intent, Seen, spoken_seconds
from flasklab.execution.usage import ProcessTree
from flasklab.recording.frames import Decoder
from flasklab.runs.amounts import memory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future
    from datetime import datetime
    from pathlib import Path

    from flasklab.execution.recorded import Left, Recorded
    from flasklab.execution.serving import Serving
    from flasklab.execution.spec import RunSpec
    from flasklab.execution.zygotes import ZygoteHandle
    from flasklab.store.log_writer import LogWriter

_MOST_GRACE_AT_STOP_SECONDS = 10.0  # whoever stops the lab waits for all of its runs
_MOST_DRAINED = 64 << 20  # bytes read from one pipe at the end, should a stranger still write to it
_EXIT_SECONDS = 15.0  # patience with exit hooks after the function has said its last word
_MOST_BYTES = 1 << 20  # read from one pipe in one turn, so that no run starves the others
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031
OUT, ERR = "out", "err"
_PATIENT = frozenset({Intent.CANCEL, Intent.TIMEOUT, Intent.SHUTDOWN})  # memory can wait for nobody


@dataclass(slots=True, kw_only=True)
class Limits:
    """What an attempt may use."""

    timeout_seconds: float | None
    memory_bytes: int | None
    retries: int
    retry_wait: float = 0.0  # seconds before the first retry
    retries_memory: bool = False  # whether it is tried again after it used too much memory


@dataclass(slots=True, kw_only=True)
class Attempt:
    """The supervisor's live handle on one attempt of one run."""

    spec: RunSpec
    created_at: datetime  # when its run was
    limits: Limits
    begun_before: int  # earlier attempts whose code began
    resources: Mapping[str, int] = field(default_factory=dict)  # units of each pool that it takes
    devices: tuple[str, ...] = ()  # the GPUs that are its own; none where nobody hands them out
    zygote: ZygoteHandle
    log: LogWriter
    recorded: Recorded
    events: int = -1  # read ends of the three pipes; -1 once closed
    outputs: dict[str, int] = field(default_factory=dict)  # log stream -> read end
    pid: int | None = None
    intent: Intent = Intent.NONE
    canceled_by: str = ""
    deadline: float | None = None  # monotonic time of the timeout
    term_at: float | None = None  # monotonic time when patience with code that ends by itself is over
    kill_at: float | None = None  # monotonic time when TERM becomes KILL
    killed: bool = False  # KILL was sent
    shared_memory: frozenset[str] = frozenset()  # names of what it had mapped when it was killed
    held_bytes: int = 0  # what it held when that was too much
    oom_kills_before: int = field(default_factory=cgroups.oom_kills_lately)  # of the whole machine
    told_at: float | None = None  # monotonic time of its last word
    status: int | None = None  # as waitpid gave it
    over: bool = False  # all it had to say is here: it can be settled
    gone: bool = False  # nothing of its processes is left
    serving: Serving | None = None  # the process that does it, where that serves run after run
    why_lost: str = ""  # set when nobody can say how it ended
    left_files: Future[Left] | None = None
    left_anything: bool = False  # whether it left files in its folder
    unstorable: bool = False  # not even its end can be written
    _decoder: Decoder = field(default_factory=Decoder)

    def open_pipes(self) -> tuple[int, int, int]:
        """Make the pipes; returns the write ends for the child, which the caller closes once they are sent."""
        write_ends: list[int] = []
        for stream in (None, OUT, ERR):
            try:
                read_end, write_end = os.pipe() if stream else _named_pipe(self.spec.events)
            except OSError:  # no descriptors left: not one may be lost
                for fd in write_ends:
                    os.close(fd)
                raise
            os.set_blocking(read_end, False)
            with contextlib.suppress(OSError, AttributeError):
                import fcntl

                fcntl.fcntl(read_end, _F_SETPIPE_SZ, _PIPE_BYTES)
            if stream is None:
                self.events = read_end
            else:
                self.outputs[stream] = read_end
            write_ends.append(write_end)
        return write_ends[0], write_ends[1], write_ends[2]

    @property
    def fds(self) -> list[int]:
        """The read ends still open."""
        return [fd for fd in (self.events, *self.outputs.values()) if fd >= 0]

    def read(self, fd: int) -> bool:
        """Take in what one pipe holds; False when it has ended."""
        before = self.outputs.get(OUT, -1)
        if fd == self.outputs.get(ERR) and before >= 0 and (printed := self._pull(before)):
            # Two pipes have no common order; a traceback mostly comes after what was printed.
            self._take(before, printed)
        data = self._pull(fd)
        if data:
            self._take(fd, data)
        return data != b""

    @staticmethod
    def _pull(fd: int) -> bytes | None:
        """What a pipe holds now: b"" at its end, None when there is nothing yet."""
        try:
            return os.read(fd, _MOST_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _take(self, fd: int, data: bytes) -> None:
        if fd == self.events:
            for frame in self._decoder.feed(data):
                self.recorded.take(frame)
            self._notice()
        else:
            stream = OUT if fd == self.outputs[OUT] else ERR
            self.log.append(stream, data, time.time())

    def close_pipe(self, fd: int) -> None:
        """Close one read end."""
        os.close(fd)
        if fd == self.events:
            self.events = -1
        else:
            for stream, open_fd in list(self.outputs.items()):
                if open_fd == fd:
                    self.outputs[stream] = -1

    def take_output(self) -> None:
        """Take in what was printed before the last word."""
        for fd in self.outputs.values():
            while fd >= 0 and (data := self._pull(fd)):
                self._take(fd, data)

    @property
    def is_clean(self) -> bool:
        """Whether it has ended by its own word, with nothing of it left in its process."""
        outcome = self.recorded.outcome
        return outcome is not None and outcome.get("clean") is True and self.intent is Intent.NONE

    def drain(self) -> None:
        """Read what every pipe still holds and close it; whoever writes on is none of the run's."""
        if self.spec.cgroup is not None:
            cgroups.kill(self.spec.cgroup)
        for fd in self.fds:
            rest = _MOST_DRAINED
            while rest > 0 and (data := self._pull(fd)):
                self._take(fd, data)
                rest -= len(data)
            self.close_pipe(fd)
        self.recorded.add_dropped(self._decoder.dropped + self._decoder.unfinished)
        self.log.flush(force=True)

    def _notice(self) -> None:
        now = time.monotonic()
        if self.recorded.begun_at is not None and self.deadline is None and self.limits.timeout_seconds is not None:
            self.deadline = now + self.limits.timeout_seconds
        if self.recorded.outcome is not None and self.told_at is None:
            self.told_at = now
        if self.recorded.grace_seconds is not None and self.intent in _PATIENT and self.kill_at is not None:
            self._leave_alone(now)  # it looks, as was heard only after it was asked

    def ask_to_end(self, intent: Intent, now: float) -> None:
        """Ask its processes to end, for `intent`.

        Code that looks at `run.canceling` is left to end by itself for its grace, and only its main process told.
        Then, or at once, TERM goes to the whole group, and KILL when that was of no use.
        """
        if self.intent is not Intent.NONE or self.gone or self.recorded.outcome is not None:
            return
        self.intent = intent
        if self.recorded.grace_seconds is not None and intent in _PATIENT:
            self._leave_alone(now)
            self._signal(signal.SIGTERM, alone=True)
        else:
            self._terminate(now)

    def _leave_alone(self, now: float) -> None:
        grace = self.recorded.grace_seconds or 0.0
        if self.intent is Intent.SHUTDOWN:
            grace = min(grace, _MOST_GRACE_AT_STOP_SECONDS)
        self.term_at, self.kill_at = now + grace, None
        self._tell_step("asked", f"It looks at run.canceling and has {spoken_seconds(grace)} to end by itself.")

    def _terminate(self, now: float) -> None:
        self.term_at, self.kill_at = None, now + KILL_GRACE_SECONDS
        self._signal(signal.SIGTERM)
        grace = spoken_seconds(KILL_GRACE_SECONDS)
        self._tell_step("term", f"SIGTERM was sent; what is left of it after {grace} is killed.")

    def hurry(self, now: float) -> None:
        """Kill at once what was asked to end."""
        if self.intent is not Intent.NONE:
            self.term_at, self.kill_at = None, now

    def kill(self) -> None:
        """Send KILL to the whole group."""
        if self.intent is not Intent.NONE and not self.killed:
            self._tell_step("kill", "SIGKILL was sent.")
        self.killed = True
        if self.pid is not None and not self.gone:
            tree = ProcessTree(self.pid, self.zygote.process.pid)
            self.shared_memory |= shared_memory.held_by(tree.usage().pids)
        self._signal(signal.SIGKILL)
        if self.spec.cgroup is not None:
            cgroups.kill(self.spec.cgroup)
        self.term_at = self.kill_at = None

    def _tell_step(self, step: str, sentence: str) -> None:
        """Say in the log and among the events how its end goes on."""
        why = {Intent.CANCEL: "Canceling", Intent.TIMEOUT: "Timed out", Intent.MEMORY: "Out of memory"}
        self.log.say(f"{why.get(self.intent, 'Stopping with the lab')}{self._by()}. {sentence}")
        self.recorded.add_event("ending", {"step": step, "why": self.intent.value, "told": sentence})

    def _by(self) -> str:
        return f", asked for by {self.canceled_by}" if self.intent is Intent.CANCEL and self.canceled_by else ""

    def _signal(self, signum: int, *, alone: bool = False) -> None:
        if self.pid is not None and not self.gone:
            self.zygote.channel.send({"do": "signal", "pid": self.pid, "signal": int(signum), "alone": alone})

    def keep_time(self, now: float) -> None:
        """End what has run out of time: the run's own, a TERM's grace, exit hooks without an end."""
        if self.deadline is not None and now >= self.deadline:
            self.deadline = None
            self.ask_to_end(Intent.TIMEOUT, now)
        if self.term_at is not None and now >= self.term_at:
            self._terminate(now)
        if self.kill_at is not None and now >= self.kill_at:
            self.kill()
        if self.told_at is not None and now >= self.told_at + _EXIT_SECONDS and not self.gone:
            self.log.say("The process did not exit after the function had ended; it was killed.")
            self.told_at = None
            self.kill()

    def next_time(self) -> float | None:
        """The monotonic time at which `keep_time` has something to do; None when nothing is due."""
        told = None if self.told_at is None else self.told_at + _EXIT_SECONDS
        times = [self.deadline, self.term_at, self.kill_at, told]
        due = [at for at in times if at is not None]
        return min(due) if due else None

    def give_up(self, why: object) -> None:
        """Leave out what the store refuses: first what waits, then the output, then the end itself."""
        outcome = self.recorded.outcome
        if self.recorded.forget():
            self.log.say(f"Something that the run recorded could not be stored and is left out: {why}")
        elif outcome is not None and outcome.get("output") is not None:
            self.recorded.outcome = {**outcome, "output": None}
            self.log.say(f"The run's output could not be stored and is left out: {why}")
        else:
            self.unstorable = True

    def _out_of_memory(self, signum: int | None) -> str:
        """What the system says of memory that it lacked, if that ended it."""
        if signum != signal.SIGKILL or self.killed:
            return ""
        if self.spec.cgroup is not None and cgroups.was_out_of_memory(self.spec.cgroup):
            limit = memory(self.limits.memory_bytes or 0)
            return (
                f"It needed more memory than its limit of {limit}, and the system ended it. Let it use less, or raise "
                "memory= in @experiment."
            )
        if cgroups.oom_kills() > self.oom_kills_before:
            return (
                "The machine ran out of memory, and the system ended it (SIGKILL). Let it use less, let fewer runs go "
                "on at once (FLASKLAB_WORKERS), or give it a limit with memory= in @experiment."
            )
        return ""

    def seen(self) -> Seen:
        """What is known of the end."""
        exit_code = signum = None
        if self.status is not None:
            exit_code = os.WEXITSTATUS(self.status) if os.WIFEXITED(self.status) else None
            signum = os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else None
        limit = ""
        if self.intent is Intent.TIMEOUT and self.limits.timeout_seconds is not None:
            limit = spoken_seconds(self.limits.timeout_seconds)
        if self.intent is Intent.MEMORY and self.limits.memory_bytes is not None:
            limit = memory(self.limits.memory_bytes)
        return Seen(
            exit_code=exit_code,
            signal=signum,
            outcome=self.recorded.outcome,
            intent=self.intent,
            canceled_by=self.canceled_by,
            killed=self.killed,
            limit=limit,
            used=memory(self.held_bytes) if self.held_bytes else "",
            out_of_memory=self._out_of_memory(signum),
            begun=self.recorded.has_begun,
        )


def _named_pipe(path: Path) -> tuple[int, int]:
    """Both ends of a pipe that the run's own subprocesses can open too; of one without a name where none can be made.

    Raises:
        OSError: no descriptors are left.
    """
    try:
        os.mkfifo(path, 0o600)
    except OSError:  # some file systems know no pipes: workers in interpreters of their own record nothing there
        return os.pipe()
    read_end = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return read_end, os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        os.close(read_end)
        raise
