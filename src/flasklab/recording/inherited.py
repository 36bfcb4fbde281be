"""The run that a process inherits: a worker that was spawned, not forked, finds its run in the environment.

joblib's workers and multiprocessing's spawned ones are new interpreters. The run's process leaves in its
environment where its folder is; in it lies what a recorder needs to know, and the named pipe that ends at the
supervisor. Whatever else the run starts, a script in Python, say, may use `run` in the same way.
"""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from flasklab.recording.canceling import canceling
from flasklab.recording.checkpoints import Checkpoints
from flasklab.recording.recorder import Facts, NullRecorder, PipeRecorder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flasklab.recording.recorder import Recorder

FOLDER: Final = "FLASKLAB_RUN_FOLDER"  # the environment variable
EVENTS: Final = "events"  # the named pipe in that folder
TOLD: Final = "FLASKLAB_RUN_TOLD"  # what a recorder needs to know; not set where it is long, and in the file
_FILE = "run.json"
_LONGEST_VARIABLE = 32 * 1024  # bytes; Linux takes 128 KiB


class _Told(msgspec.Struct, kw_only=True):
    """What a worker is told."""

    staging: str
    workdir: str
    facts: dict[str, Any]
    checkpoints: str = ""  # their folder; "" where there is none
    canceling: str = ""  # where it is left word that the run is to end


def leave(folder: Path, recorder: PipeRecorder) -> None:
    """Let processes that this one starts record to its run; where the folder takes no file, they record nothing."""
    facts = {name: getattr(recorder.facts, name) for name in Facts.__dataclass_fields__}
    told = _Told(
        staging=str(recorder.staging),
        workdir=str(recorder.workdir),
        facts=facts,
        checkpoints=str(recorder.checkpoints.folder) if recorder.checkpoints else "",
        canceling=str(canceling.path or ""),
    )
    os.environ.pop(FOLDER, None)
    try:
        data = msgspec.json.encode(told)
        if len(data) > _LONGEST_VARIABLE:
            os.environ.pop(TOLD, None)
            (folder / _FILE).write_bytes(data)
        else:
            os.environ[TOLD] = data.decode()
    except (OSError, ValueError, msgspec.MsgspecError):
        return
    os.environ[FOLDER] = str(folder)


def inherited_recorder(environment: Mapping[str, str] = os.environ) -> Recorder:
    """The recorder of the run that this process works for; one that keeps nothing where there is none any more."""
    folder = environment.get(FOLDER)
    if not folder:
        return NullRecorder()
    try:
        data = environment.get(TOLD) or Path(folder, _FILE).read_bytes()
        told = msgspec.json.decode(data, type=_Told)
        # Without a reader, when the run has ended, there is no writing end to be had.
        fd = os.open(Path(folder, EVENTS), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        facts = Facts(**told.facts)
    except (OSError, TypeError, msgspec.MsgspecError):
        return NullRecorder()
    os.set_blocking(fd, True)
    if told.canceling:
        canceling.join(Path(told.canceling))
    recorder = PipeRecorder(
        fd,
        staging=Path(told.staging),
        workdir=Path(told.workdir),
        facts=facts,
        checkpoints=Checkpoints(Path(told.checkpoints), facts.attempt) if told.checkpoints else None,
    )
    atexit.register(recorder.flush)
    return recorder
