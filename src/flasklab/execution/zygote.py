"""The process that holds the imported experiments and forks a child for each run.

It has no database and starts no threads. It describes the experiments once, then answers two requests: hand an attempt
to a child, which was forked ahead of need, and signal an attempt's processes. It alone waits for its children, so a pid
it signals is never a stranger's, and it reports an attempt's end only when nothing of the attempt's processes is left.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flasklab.execution import processes
from flasklab.execution.child import await_run
from flasklab.execution.describing import describe_lab
from flasklab.execution.fresh import spawn_fresh
from flasklab.execution.memory import forget_memory_variables
from flasklab.execution.wire import Channel
from flasklab.failpoints import failpoint

if TYPE_CHECKING:
    from flasklab.experiments.definition import Definition

_LEFTOVER_GRACE_SECONDS = 1.0
_LOOK_SECONDS = 0.02
_CALM_SECONDS = 0.002  # without a word, before a spare child is forked: what is under way comes first
_SPARE_PAUSE_SECONDS = 1.0


@dataclass(slots=True)
class _Ending:
    """An attempt whose main process has ended while others of it may be left."""

    pid: int
    status: int  # as waitpid gave it
    kill_at: float  # monotonic time when patience with leftovers ends
    leftovers: int = 0
    asked: bool = False


@dataclass(slots=True)
class _Spare:
    """A child that waits for its run."""

    pid: int
    channel: Channel


@dataclass(slots=True)
class Zygote:
    """The loop of the zygote."""

    channel: Channel
    definitions: dict[str, Definition]
    order: dict[str, Any]  # what the supervisor asked for at the start
    _own: set[int] = field(default_factory=set)  # processes that the experiments' modules started when imported
    _running: set[int] = field(default_factory=set)  # pids of the children that lead an attempt
    _endings: list[_Ending] = field(default_factory=list)
    _spare_at: float = 0.0  # monotonic time before which no spare child is forked: one could not be
    _spares: list[_Spare] = field(default_factory=list)  # the first to be handed out first

    def serve(self) -> None:
        """Answer the supervisor until it goes or says quit; then end every child."""
        self._own = processes.children()
        woken, wake = os.pipe()
        for fd in (woken, wake):
            os.set_blocking(fd, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._fork_spare()
        with selectors.DefaultSelector() as selector:
            selector.register(self.channel, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while not self.channel.closed:
                lacking = self._lacks_spares()
                patience = _CALM_SECONDS if lacking else _LOOK_SECONDS if self._endings else None
                ready = selector.select(patience)
                for key, _ in ready:
                    if key.fd == woken:
                        os.read(woken, 4096)
                    else:
                        for message in self.channel.receive():
                            self._obey(message)
                self._reap()
                self._finish_endings()
                if lacking and not ready:
                    self._fork_spare()
        for pid in (*self._running, *(ending.pid for ending in self._endings), *processes.children()):
            processes.signal_group(pid, signal.SIGKILL)

    def _obey(self, message: dict[str, Any]) -> None:
        match message["do"]:
            case "fork":
                try:
                    fds = self.channel.take_fds(message["fds"])
                except OSError as error:
                    key = {"id": message["spec"]["id"], "attempt": message["spec"]["attempt"]}
                    self.channel.send({"told": "unforked", **key, "error": str(error)})
                else:
                    self._fork(message["spec"], fds)
            case "signal":
                if message["pid"] in self._running:
                    if message.get("alone"):  # it alone knows how its workers are best ended
                        os.kill(message["pid"], message["signal"])  # not waited for yet, so it is nobody else's pid
                    else:
                        processes.signal_group(message["pid"], message["signal"])
            case "quit":
                self.channel.closed = True

    def _fork(self, spec: dict[str, Any], fds: tuple[int, ...]) -> None:
        key = {"id": spec["id"], "attempt": spec["attempt"]}
        if spec["experiment"] not in self.definitions:
            self.channel.send({"told": "unknown", **key})
        else:
            try:
                pid = self._start_child(spec, fds)
            except OSError as error:
                self.channel.send({"told": "unforked", **key, "error": str(error)})
            else:
                failpoint("zygote.after-hand-over")
                self._running.add(pid)
                self.channel.send({"told": "forked", **key, "pid": pid})
        for fd in fds:
            os.close(fd)

    def _start_child(self, spec: dict[str, Any], fds: tuple[int, ...]) -> int:
        """Hand the attempt to the child that waits for one, or to one forked now; its pid.

        Raises:
            OSError: no process could be started.
        """
        if self.order["start"] == "spawn":
            return spawn_fresh(self.order, spec, fds)
        for _ in range(2):
            spare = self._spares.pop(0) if self._spares else self._fork_child()
            failpoint("zygote.before-hand-over")
            handed = spare.channel.send({"spec": spec, "fds": len(fds)}, fds)
            spare.channel.close()
            if handed:
                return spare.pid
        raise ChildProcessError("the processes that were started ended at once")

    def _fork_spare(self) -> None:
        """Have one more child ready before it is needed; without any, a run waits for its fork."""
        if self._lacks_spares():
            try:
                self._spares.append(self._fork_child())
            except OSError:
                self._spare_at = time.monotonic() + _SPARE_PAUSE_SECONDS

    def _lacks_spares(self) -> bool:
        few = len(self._spares) < self.order["spares"] and self.order["start"] == "fork"
        return few and time.monotonic() >= self._spare_at

    def _fork_child(self) -> _Spare:
        failpoint("zygote.before-fork")
        mine, its = socket.socketpair()
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            mine.close()
            raise
        finally:
            if os.getpid() == parent:
                its.close()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            mine.close()
            self.channel.close()
            for spare in self._spares:
                spare.channel.close()
            await_run(Channel(its), self.definitions, parent)
        return _Spare(pid, Channel(mine))

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for spare in [one for one in self._spares if one.pid == pid]:
                spare.channel.close()
                self._spares.remove(spare)
            if pid in self._running:
                self._running.discard(pid)
                patience = time.monotonic() + _LEFTOVER_GRACE_SECONDS
                self._endings.append(_Ending(pid=pid, status=status, kill_at=patience))

    def _finish_endings(self) -> None:
        # A living run's process is the parent of its own orphans, so a child here that leads no run was left by a
        # dead one.
        spares = {spare.pid for spare in self._spares}
        strangers = processes.children() - self._running - self._own - spares if self._endings else set()
        for ending in list(self._endings):
            left = strangers | ({ending.pid} if processes.group_exists(ending.pid) else set())
            if not left:
                failpoint("zygote.before-exited")
                self._endings.remove(ending)
                told = {"told": "exited", "pid": ending.pid, "status": ending.status, "leftovers": ending.leftovers}
                self.channel.send(told)
                continue
            ending.leftovers = max(ending.leftovers, len(left))
            patient = time.monotonic() < ending.kill_at
            if patient and ending.asked:
                continue
            ending.asked = True
            for pid in left:
                processes.signal_group(pid, signal.SIGTERM if patient else signal.SIGKILL)


def main() -> None:
    """Entrance of the process: `python -m flasklab.execution.zygote FD`, FD being its socket to the supervisor."""
    forget_memory_variables()
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    processes.die_with_parent()  # only while importing, when nothing would notice that the supervisor has gone
    processes.adopt_orphans()
    messages: list[dict[str, Any]] = []
    while not messages and not channel.closed:
        messages = channel.receive()
    if channel.closed:
        return
    order = messages[0]
    definitions = describe_lab(
        Path(order["root"]), order["target"], tuple(order["record_env"]), tuple(order["skip"]), channel
    )
    processes.die_with_parent(0)
    gc.collect()
    gc.freeze()
    Zygote(channel, definitions, order).serve()


if __name__ == "__main__":
    main()
