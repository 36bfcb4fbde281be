"""`run`: what an experiment's code says, wherever in it, reaches the recorder of the run it is part of.

A process runs one experiment at a time, so the recorder is the process's, not the thread's: worker threads and
workers in processes of their own, forked or spawned, find it too. Outside of a run nothing is recorded, and the
experiment is a plain function.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flasklab.recording.inherited import inherited_recorder
from flasklab.recording.memory import MemoryRecorder
from flasklab.recording.numbers import as_number
from flasklab.recording.plain import MISSING, described, printable
from flasklab.recording.recorder import Facts
from flasklab.recording.tracking import state, track

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from flasklab.recording.recorder import Recorder
    from flasklab.recording.tracking import Item
    from flasklab.runs.json import Json

_current: Recorder = inherited_recorder()


def current_recorder() -> Recorder:
    """The recorder that `run` speaks to now."""
    return _current


@contextmanager
def recording_to(recorder: Recorder) -> Iterator[Recorder]:
    """Let `run` speak to `recorder` within the block."""
    global _current  # one run per process is what the proxy stands for
    before, _current = _current, recorder
    try:
        yield recorder
    finally:
        _current = before


@contextmanager
def record_locally(
    *, seed: int | None = None, params: Mapping[str, Json] | None = None, restored: Any = None
) -> Iterator[MemoryRecorder]:
    """Record into memory what experiments called within the block say.

    Args:
        seed: what `run.seed` answers; nothing is seeded
        params: what `run.params` answers
        restored: what `run.restored` answers
    """
    recorder = MemoryRecorder(Facts(seed=seed, params=params or {}), restored=restored)
    with recording_to(recorder):
        yield recorder


class RunProxy:
    """The present run, for the code in it. Nothing here raises because the lab is busy or away."""

    def log(self, values: Any = None, /, step: Any = None, **named: Any) -> None:
        """Record the values of some metrics: `run.log(step=1, loss=0.5)` or `run.log({"loss": 0.5}, step=1)`.

        Args:
            values: a mapping of names to numbers (Python, NumPy, torch; bools count as 0 and 1; NaN and infinities
                are kept); the names may be any text
            step: the whole number they belong to; without one, points are numbered as they come
            named: more values, by name
        """
        if values is not None:
            _log_positional(values, step, named)
        else:
            _current.metrics(step, named)

    def track(
        self, iterable: Iterable[Item], total: float | None = None, message: str = "", unit: str = ""
    ) -> Iterator[Item]:
        """The items of `iterable`, shown as the run's progress while a loop takes them.

        Args:
            iterable: what the loop goes through
            total: how many items come, where `len(iterable)` does not tell
            message: what the loop does, for people
            unit: what an item is, as in "12.4 image/s"
        """
        return track(iterable, total, _text(message), _text(unit), _current)

    def progress(self, done: Any, total: Any = None, message: object = "", unit: str = "") -> None:
        """Record how far the run has come.

        Args:
            done: what is done, in any unit
            total: all there is to do, in the same unit; None when nobody knows
            message: what is being done, for people
            unit: what is counted, as in "12.4 image/s"
        """
        so_far, whole = as_number(done), None if total is None else as_number(total)
        if so_far is None or not math.isfinite(so_far) or (total is not None and whole is None):
            reason = f"run.progress({described(done, 80)}, {described(total, 80)}) takes numbers"
            _current.drop(reason)
        else:
            if whole is not None and not math.isfinite(whole):
                whole = None  # nobody knows how much there is to do
            state(so_far, whole, _text(message), _text(unit), _current)

    def show(self, obj: Any, name: str | None = None, step: Any = None) -> None:
        """Show a figure, table, array, image, text, file or any object with a rich display on the run's page.

        Args:
            obj: what to show
            name: its heading; objects of one name and different steps are browsed with a slider
            step: the whole number it belongs to
        """
        from flasklab.recording.showing import show_object  # most runs show nothing

        show_object(_current, obj, name, step)

    def save(self, name: str | os.PathLike[str], obj: Any = MISSING) -> Path:
        """Keep a file with the run.

        Args:
            name: its name, a relative path with forward slashes; the ending says how `obj` is written
            obj: text, bytes, a table, array, figure, model, ...; a `Path` is copied; without one, the
            file of this
                name in `run.workdir` is kept

        Returns:
            Where the file lies in `run.workdir`.
        """
        from flasklab.recording.saving import save_object  # most runs save nothing

        return save_object(_current, name, obj)

    def tag(self, *tags: object) -> None:
        """Add tags to the run."""
        texts = [text for text in map(_text, tags) if text]
        if texts:
            _current.event({"type": "tag", "tags": texts})

    def note(self, text: object) -> None:
        """Add a line to the run's note."""
        _current.note(_text(text))

    def checkpoint(self, state: Any) -> None:
        """Keep a state that the run can be continued from, should it be tried again or run again from here.

        It is on the disk when this returns; the last two of a run are kept.

        Args:
            state: any object that can be pickled: a dict of what the loop needs to go on
        """
        _current.checkpoint(state)

    @property
    def restored(self) -> Any:
        """The state that this run continues from: its last checkpoint of an earlier attempt; None for a beginning.

        Read it before anything is logged: what was logged after that checkpoint is then taken back.
        """
        return _current.restored()

    @property
    def canceling(self) -> bool:
        """Whether the run was asked to end: it was canceled, its time is over, or the lab is being stopped.

        Code that looks at it is left to end by itself, for as long as `cancel_grace` says; any other gets an
        exception at once.
        """
        return _current.is_canceling()

    @property
    def seed(self) -> int | None:
        """What random, NumPy and torch were seeded with; None outside of a run."""
        return _current.facts.seed

    @property
    def id(self) -> str:
        """The run's id as it stands in addresses; "" outside of a run."""
        return _current.facts.id

    @property
    def number(self) -> int:
        """The run's number within the lab; 0 outside of a run."""
        return _current.facts.number

    @property
    def params(self) -> Mapping[str, Json]:
        """The run's parameters as JSON values; empty outside of a run."""
        return _current.facts.params

    @property
    def workdir(self) -> Path:
        """The run's own folder for files; a temporary one outside of a run."""
        return _current.workdir

    def __repr__(self) -> str:
        return f"<run {self.id}>" if self.id else "<run, recording nothing>"


def _log_positional(values: Any, step: Any, named: dict[str, Any]) -> None:
    """`run.log({...})`, `run.log({...}, step=1)` and `run.log(1, loss=...)`."""
    try:
        if hasattr(values, "keys"):
            _current.metrics(step, {**dict(values), **named})
        elif step is None and named and as_number(values) is not None:
            _current.metrics(values, named)
        else:
            _current.drop(f"run.log({described(values, 80)}): give a mapping or names, like run.log(loss=0.5)")
    except Exception as error:  # a mapping of the author's may raise anything
        _current.drop(f"run.log: {described(error, 200)}")


def _text(value: object) -> str:
    return printable(value) if isinstance(value, str) else described(value)


run = RunProxy()
