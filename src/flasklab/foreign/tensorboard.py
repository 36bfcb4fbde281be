"""TensorBoard's log folders: every folder that has event files in it is a run.

Event files tell neither an end nor a failure: a run counts as succeeded. Scalars become metrics, and hyperparameters of
the HParams plugin parameters; images, histograms and texts are left out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from flasklab.foreign.event_file import events_of
from flasklab.foreign.mlflow import experiment_name
from flasklab.runs.arriving import Arriving, Passed, Piece, id_of
from flasklab.runs.history import Attempt
from flasklab.runs.json import finite
from flasklab.runs.run import Run
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from flasklab.foreign.options import Options

_FILES = "*tfevents*"
_AT_ONCE = 20_000  # points of one piece


def is_tensorboard(path: Path) -> bool:
    """Whether there are event files in a folder or below it."""
    return next(path.rglob(_FILES), None) is not None


def runs_of_logs(path: Path, options: Options) -> Iterator[Arriving | Passed]:
    """The runs below a folder, in the order in which they began."""
    by_folder: dict[Path, list[Path]] = {}
    for file in sorted(path.rglob(_FILES)):
        if file.is_file():
            by_folder.setdefault(file.parent, []).append(file)
    for folder in sorted(by_folder, key=lambda one: (by_folder[one][0].name, one)):
        name = folder.relative_to(path).as_posix()
        try:
            yield _run(path.resolve().name, name, by_folder[folder], options)
        except (ValueError, OSError, OverflowError) as error:
            yield Passed(name=str(folder), why=f"it cannot be read ({error})")


def _run(root: str, name: str, files: list[Path], options: Options) -> Arriving | Passed:
    params: dict[str, Any] = {}
    times: list[float] = []
    scalars = 0
    for file in files:
        with file.open("rb") as stream:
            for event in events_of(stream):
                params |= event.params
                scalars += len(event.scalars)
                times = [min(times[0], event.time), max(times[1], event.time)] if times else [event.time] * 2
    if not scalars and not params:
        return Passed(name=name, why="it has neither scalars nor hyperparameters")
    begun, ended = (datetime.fromtimestamp(time, UTC) for time in times)
    run = Run(
        id=id_of("tensorboard", name, files[0].name, repr(times[0])),
        number=0,
        experiment=experiment_name(options.experiment or root),
        state=RunState.SUCCEEDED,
        params=finite(params),
        given=tuple(params),
        note="" if name == "." else name,
        attempt=1,
        begun=1,
        created_at=begun,
        started_at=begun,
        finished_at=ended,
        seq=1,
    )
    return Arriving(
        run=run,
        origin={"kind": "tensorboard", "from": root, "name": name},
        attempts=(Attempt(attempt=1, claimed_at=begun, begun_at=begun, ended_at=ended, state=run.state.value),),
        points=partial(_points, files),
    )


def _points(files: Iterable[Path]) -> Iterator[Piece]:
    pieces: dict[str, Piece] = {}
    for file in files:
        with file.open("rb") as stream:
            for event in events_of(stream):
                for key, value in event.scalars.items():
                    piece = pieces.setdefault(key, Piece(key=key, steps=[], values=[], times=[]))
                    piece.steps.append(event.step)
                    piece.values.append(value)
                    piece.times.append(event.time)
                    if len(piece.steps) == _AT_ONCE:
                        yield pieces.pop(key)
    yield from pieces.values()
