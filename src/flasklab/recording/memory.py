"""A recorder for notebooks and tests: everything an experiment said, to look at and to assert on."""

from __future__ import annotations

import itertools
import pickle
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flasklab.recording.folder import temporary_folder
from flasklab.recording.names import Names
from flasklab.recording.plain import as_json
from flasklab.recording.recorder import Complaints, Facts, understood

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.runs.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The values of one call of `run.log`."""

    time: float  # Unix seconds
    step: int | None
    values: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that was shown or saved."""

    name: str  # relative path with forward slashes
    path: Path  # its content
    media_type: str
    shown: str | None  # the name it was shown under; None for a saved file
    step: int | None
    meta: dict[str, Any]  # width, height, rows, columns, ...


class MemoryRecorder:
    """Keeps everything in lists and a temporary folder that lives as long as the recorder."""

    keeps = True

    def __init__(self, facts: Facts | None = None, *, restored: Any = None) -> None:
        self.facts: Final = facts or Facts()
        self.points: list[Point] = []
        self.files: list[KeptFile] = []
        self.tags: list[str] = []
        self.notes: list[str] = []
        self.events: list[dict[str, Any]] = []  # every event as it would have been sent
        self.latest_progress: Progress | None = None
        self.complaints: list[str] = []  # why something was dropped
        self.dropped = 0
        self._restored = restored
        self._checkpoints: list[bytes] = []
        self._say = Complaints()
        self._orders = itertools.count()

    @cached_property
    def _folder(self) -> Path:
        return temporary_folder(self)

    @cached_property
    def workdir(self) -> Path:
        """The folder for files of the experiment's code."""
        folder = self._folder / "work"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def staging(self) -> Path:
        """The folder that keeps what was shown and saved."""
        return self._folder / "kept"

    @cached_property
    def names(self) -> Names:
        """The names of files taken so far."""
        return Names(self.staging)

    @property
    def metrics_by_key(self) -> dict[str, list[float]]:
        """The values logged under each name, in order."""
        found: dict[str, list[float]] = {}
        for point in self.points:
            for key, value in point.values.items():
                found.setdefault(key, []).append(value)
        return found

    @property
    def shown(self) -> dict[str, list[KeptFile]]:
        """What was shown, by name: every step's renderings in order."""
        found: dict[str, list[KeptFile]] = {}
        for file in self.files:
            if file.shown is not None:
                found.setdefault(file.shown, []).append(file)
        return found

    @property
    def saved(self) -> dict[str, Path]:
        """The saved files by their names."""
        return {file.name: file.path for file in self.files if file.shown is None}

    def metrics(self, step: Any, values: Mapping[Any, Any]) -> None:
        """Keep the values of one call of `run.log`."""
        try:
            at, numbers = understood(self, step, values)
        except Exception as error:  # a mapping of the author's may raise anything
            self.drop(f"run.log: {error!r}")
            return
        if numbers:
            self.points.append(Point(time=time.time(), step=at, values=numbers))

    def event(self, event: Mapping[str, Any]) -> None:
        """Keep an event, and what it means."""
        kept = as_json(event)
        if not isinstance(kept, dict):
            return
        self.events.append(kept)
        if kept.get("type") == "tag":
            self.tags += [tag for tag in kept["tags"] if tag not in self.tags]
        elif kept.get("type") == "artifact":
            names = ("name", "media_type", "shown", "step", "meta")
            file = KeptFile(path=Path(kept["path"]), **{name: kept[name] for name in names})
            self.files = [*(other for other in self.files if other.name != file.name), file]

    def progress(self, made: Progress, *, last: bool = False) -> None:  # noqa: ARG002 - nothing is held back here
        """Keep how far the experiment has come."""
        self.latest_progress = made

    def note(self, text: str) -> None:
        """Add a line to the notes."""
        self.notes.append(text)

    def drop(self, reason: str, count: int = 1) -> None:
        """Count what could not be kept, and say why."""
        self.dropped += count
        self.complaints.append(reason)
        self._say.say(reason)

    def order(self) -> int:
        """The next position among what is shown."""
        return next(self._orders)

    def is_canceling(self) -> bool:
        """Nobody asks."""
        return False

    @property
    def checkpoints(self) -> list[Any]:
        """The states of all checkpoints, each as it was then."""
        return [pickle.loads(kept) for kept in self._checkpoints]  # noqa: S301 - pickled by this very process

    def checkpoint(self, state: Any) -> None:
        """Keep the state as it is now."""
        try:
            self._checkpoints.append(pickle.dumps(state, protocol=5))
        except Exception as error:  # an object that cannot be pickled
            self.drop(f"run.checkpoint: {error!r}")

    def restored(self) -> Any:
        """What was given."""
        return self._restored
