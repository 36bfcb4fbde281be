"""Where what an experiment says goes: nowhere, or through a pipe to the supervisor (`memory.py`: to memory).

Recorders never raise into the experiment. What could not be kept is counted as dropped and said once on
stderr, which is the run's log.
"""

from __future__ import annotations

import itertools
import os
import select
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from flasklab.recording import frames
from flasklab.recording.canceling import GRACE_SECONDS, canceling
from flasklab.recording.folder import temporary_folder
from flasklab.recording.names import Names
from flasklab.recording.numbers import PLAIN, as_number, as_step
from flasklab.recording.plain import described, printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flasklab.recording.checkpoints import Checkpoints
    from flasklab.runs.json import Json
    from flasklab.runs.progress import Progress

_MAX_SAID = 50  # different complaints per process; an endless log helps nobody
_MAX_LAYOUTS = 1_024
_FRAMES_PER_SECOND = 20.0  # of progress; as many may come at once before the limit bites
_DROPS_EVERY = 1.0  # seconds between two reports of what was dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an experiment may ask about its run."""

    id: str = ""  # "" outside of a run
    number: int = 0  # 0 outside of a run
    experiment: str = ""
    params: Mapping[str, Json] = field(default_factory=dict)
    attempt: int = 0
    seed: int | None = None  # what random, NumPy and torch were seeded with
    cancel_grace: float = GRACE_SECONDS  # seconds to end by itself, for code that looks at `run.canceling`


class Recorder(Protocol):
    """Takes what an experiment says. No method raises."""

    @property
    def facts(self) -> Facts:
        """What the run's code may know of its run."""

    @property
    def keeps(self) -> bool:
        """False when nothing is kept, so that nobody need render a figure."""

    @property
    def workdir(self) -> Path:
        """The folder for files of this run's code."""

    @property
    def staging(self) -> Path:
        """The folder where complete files await their supervisor."""

    @property
    def names(self) -> Names:
        """The names of files taken so far."""

    def metrics(self, step: Any, values: Mapping[Any, Any]) -> None:
        """Keep the values of one call of `run.log`, whatever their types."""

    def event(self, event: Mapping[str, Any]) -> None:
        """Keep an event: a mapping with "type" that JSON can hold."""

    def progress(self, made: Progress, *, last: bool = False) -> None:
        """Keep how far the run has come; the last one of a loop is never left out."""

    def note(self, text: str) -> None:
        """Add a line to the run's note."""

    def drop(self, reason: str, count: int = 1) -> None:
        """Count something that could not be kept, and say why in the log, each reason once."""

    def order(self) -> int:
        """The next position among what is shown."""

    def is_canceling(self) -> bool:
        """Whether the run was asked to end."""

    def checkpoint(self, state: Any) -> None:
        """Keep a state that the run can be continued from."""

    def restored(self) -> Any:
        """The state that the run continues from, or None."""


class NullRecorder:
    """Keeps nothing; `workdir` is a temporary folder made when it is first asked for."""

    keeps = False

    def __init__(self, facts: Facts | None = None) -> None:
        self.facts: Final = facts or Facts()

    @cached_property
    def workdir(self) -> Path:
        """A temporary folder, removed at the end of the process."""
        return temporary_folder(self)

    @property
    def staging(self) -> Path:
        """A folder for files nobody asks for."""
        return self.workdir

    @property
    def names(self) -> Names:
        """No names are taken."""
        return Names(self.workdir)

    def metrics(self, step: Any, values: Mapping[Any, Any]) -> None:
        """Nothing."""

    def event(self, event: Mapping[str, Any]) -> None:
        """Nothing."""

    def progress(self, made: Progress, *, last: bool = False) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def drop(self, reason: str, count: int = 1) -> None:
        """Nothing."""

    def order(self) -> int:
        """Always the first."""
        return 0

    def is_canceling(self) -> bool:
        """Nobody asks."""
        return False

    def checkpoint(self, state: Any) -> None:
        """Nothing."""

    def restored(self) -> Any:
        """Nothing to continue from."""
        return None


class Complaints:
    """Says on stderr what was not kept: every sentence once."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, reason: str) -> None:
        """Write `reason` as one line, unless it was said before or too much was said already."""
        if reason in self._said or len(self._said) > _MAX_SAID:
            return
        self._said.add(reason)
        if len(self._said) > _MAX_SAID:
            reason = "more could not be kept; the run's page shows how many"
        try:
            sys.stderr.write(f"flasklab: {printable(reason)}\n")
            sys.stderr.flush()
        except Exception:  # noqa: S110 - the experiment may have closed or replaced stderr
            pass


def understood(recorder: Recorder, step: Any, values: Mapping[Any, Any]) -> tuple[int | None, dict[str, float]]:
    """Step and values as numbers; what is none is dropped with its name and value."""
    at = None if step is None else as_step(step)
    if step is not None and at is None:
        recorder.drop(f"run.log: step={described(step, 80)} is no whole number of 64 bits; logged without a step")
    numbers: dict[str, float] = {}
    for name, value in dict(values).items():
        key = str.__str__(name) if isinstance(name, str) else described(name)
        number = as_number(value)
        if number is None:
            recorder.drop(
                f"run.log: {printable(key)}={described(value, 80)} is no number; "
                "use run.show for other things, run.note for text"
            )
        else:
            numbers[key] = number
    return at, numbers


class PipeRecorder:
    """Writes packets to the supervisor's pipe, without a lock: threads and forked workers may all use it.

    A full pipe makes the experiment wait. A pipe nobody reads any more makes it go on alone.

    Args:
        fd: the pipe's writing end
        staging: where complete files await the supervisor
        workdir: the folder for files of the run's code
        facts: what the run's code may know of its run
        checkpoints: the states that it can be continued from
    """

    keeps = True

    def __init__(
        self,
        fd: int,
        *,
        staging: Path,
        workdir: Path,
        facts: Facts | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self.facts: Final = facts or Facts()
        self.staging: Final = staging
        self.workdir: Final = workdir
        self.checkpoints: Final = checkpoints
        self.names: Final = Names(staging)
        self.dropped = 0  # things this process could not keep
        self._fd = fd
        self._pid = os.getpid()
        self._away = False  # nobody reads the pipe any more
        self._layouts: dict[tuple[str, ...], frames.Layout] = {}
        self._complaints = Complaints()
        self._orders = itertools.count()
        self._unsent_drops = 0
        self._drops_sent_at = 0.0  # monotonic seconds
        self._progress: Progress | None = None  # the latest, while the rate limit holds it back
        self._allowance = _FRAMES_PER_SECOND
        self._allowed_at = 0.0  # monotonic seconds

    def metrics(self, step: Any, values: Mapping[Any, Any]) -> None:
        """Send the values of one call of `run.log` as one frame."""
        try:
            if (step is None or type(step) is int) and PLAIN.issuperset(map(type, values.values())):
                keys = tuple(values)
                layout = self._layouts.get(keys)
                if layout is not None:
                    at = frames.NO_STEP if step is None else step
                    self._send(layout.packet(time.time(), at, values.values()))
                    return
        except Exception:  # noqa: S110 - some value needs the slow way, which says which
            pass
        self._metrics_slowly(step, values)

    def _metrics_slowly(self, step: Any, values: Mapping[Any, Any]) -> None:
        now = time.time()
        try:
            at, numbers = understood(self, step, values)
            if not numbers:
                return
            packets = frames.encode_metrics(now, at, numbers)
            self._remember(tuple(values), numbers)
        except Exception as error:  # a mapping of the author's may raise anything
            self.drop(f"run.log: {described(error, 200)}")
            return
        self._send_all(packets)

    def _remember(self, keys: tuple[Any, ...], numbers: dict[str, float]) -> None:
        if keys == tuple(numbers) and len(keys) <= frames.MAX_KEYS:  # all are text and have a number
            layout = frames.Layout(keys)
            if layout.fits:
                if len(self._layouts) >= _MAX_LAYOUTS:
                    self._layouts.clear()
                self._layouts[keys] = layout

    def event(self, event: Mapping[str, Any]) -> None:
        """Send an event; before the outcome, what the rate limits still hold back."""
        if event.get("type") == "outcome":
            self.flush()
        try:
            packets = frames.encode_event(event)
        except Exception as error:  # nothing here may end the experiment
            self.drop(f"an event could not be written: {described(error, 200)}")
            return
        self._send_all(packets)

    def progress(self, made: Progress, *, last: bool = False) -> None:
        """Send how far the run has come, at most about 20 times a second; the latest is kept for `flush`."""
        self._progress = made
        now = time.monotonic()
        regained = (now - self._allowed_at) * _FRAMES_PER_SECOND
        self._allowance = min(self._allowance + regained, _FRAMES_PER_SECOND)
        self._allowed_at = now
        if self._allowance >= 1.0:
            self._allowance -= 1.0
        elif not last:
            return
        self._send_progress()

    def _send_progress(self) -> None:
        made, self._progress = self._progress, None
        if made is not None:
            self.event({"type": "progress", **made.to_json()})

    def note(self, text: str) -> None:
        """Send a line more of the run's note."""
        self.event({"type": "note", "text": text})

    def drop(self, reason: str, count: int = 1) -> None:
        """Count what could not be kept, say why once, and tell the supervisor at most once a second."""
        self.dropped += count
        self._unsent_drops += count
        self._complaints.say(reason)
        now = time.monotonic()
        # A forked worker may end without a word: it tells at once.
        if not self._drops_sent_at or now - self._drops_sent_at >= _DROPS_EVERY or os.getpid() != self._pid:
            self._drops_sent_at = now
            self._send_drops(reason)

    def _send_drops(self, reason: str) -> None:
        count, self._unsent_drops = self._unsent_drops, 0
        if count and not self._away:
            for packet in frames.encode_event({"type": "dropped", "count": count, "reason": reason}):
                self._send(packet)

    def order(self) -> int:
        """The next position among what this process shows."""
        return next(self._orders)

    def is_canceling(self) -> bool:
        """Whether the run was asked to end; the first look tells the supervisor that somebody looks."""
        asked, first = canceling.look()
        if first:
            self.event({"type": "cooperates", "grace_seconds": self.facts.cancel_grace})
        return asked

    def checkpoint(self, state: Any) -> None:
        """Write a checkpoint and tell of it; what cannot be written is dropped, and said in the log."""
        if self.checkpoints is None:
            return
        try:
            kept = self.checkpoints.save(state)
        except Exception as error:  # a full disk, an object that cannot be pickled
            self.drop(f"run.checkpoint: {described(error, 200)}; the checkpoint before it stays")
            return
        self.event({"type": "checkpoint", "name": kept.name, "size": kept.size})

    def restored(self) -> Any:
        """The latest whole state that earlier attempts, or the run it was started from, left; None without one."""
        if self.checkpoints is None:
            return None
        found, fresh = self.checkpoints.load(lambda why: self.drop(f"run.restored: {why}"))
        if fresh and found is not None:
            self.event({"type": "restored", "name": found.name, "of": found.of})
        return None if found is None else found.state

    def flush(self) -> None:
        """Send what the rate limits still hold back."""
        self._send_progress()
        self._send_drops("see the run's log")

    def _send_all(self, packets: list[bytes]) -> None:
        for packet in packets:
            if not self._send(packet):
                return

    def _send(self, packet: bytes) -> bool:
        """Write one packet whole, waiting while the pipe is full; False if it could not be written."""
        if self._away:
            self.dropped += 1
            return False
        rest = packet
        while True:
            try:
                written = os.write(self._fd, rest)
            except BlockingIOError:
                _wait_for_room(self._fd)
                continue
            except OSError as error:
                self._lost(error)
                return False
            if written == len(rest):
                return True
            rest = rest[written:]

    def _lost(self, error: OSError) -> None:
        self._away = isinstance(error, BrokenPipeError)
        self.dropped += 1
        self._complaints.say(f"the lab cannot be reached ({error.strerror}); what is logged from now on is not kept")


def _wait_for_room(fd: int) -> None:
    """Return when a pipe that was made non-blocking takes bytes again, or after a second to look anew."""
    waiting = select.poll()
    waiting.register(fd, select.POLLOUT)
    waiting.poll(1000)
