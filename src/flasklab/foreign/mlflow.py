"""A run of MLflow, from whichever of its stores, as a run of a lab.

MLflow keeps parameters as texts: one that is a number, `True`, `False` or `None` becomes that. Tags of the user become
`name=value`; the run's name and its description become the note. What a run of MLflow returns, nobody knows: it has no
output.
"""

from __future__ import annotations

import math
import mimetypes
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit

from flasklab.runs.arriving import Arriving, ArrivingFile, Passed, id_of
from flasklab.runs.history import Attempt
from flasklab.runs.json import finite
from flasklab.runs.run import Run, RunError
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from flasklab.runs.arriving import Piece

_STATES = {"FINISHED": RunState.SUCCEEDED, "FAILED": RunState.FAILED, "KILLED": RunState.CANCELED}
_NUMBERS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
_WORDS: dict[str, Any] = {"True": True, "true": True, "False": False, "false": False, "None": None}
_UNFIT = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowRun:
    """A run as a store of MLflow has it."""

    run_id: str
    experiment: str
    name: str
    status: str | int
    start_ms: int | None
    end_ms: int | None
    user: str
    active: bool  # not deleted
    points: Callable[[], Iterable[Piece]]
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    artifacts: Path | None = None  # their folder, where it is on this machine


def arriving(found: MlflowRun) -> Arriving | Passed:
    """The run as an import takes it."""
    status = _NUMBERS.get(found.status, "?") if isinstance(found.status, int) else found.status
    label = f"{found.name or found.run_id} of {found.experiment}"
    if not found.active:
        return Passed(name=label, why="it was deleted in MLflow")
    if status not in _STATES:
        return Passed(name=label, why=f"it has not ended: MLflow calls it {status}")
    begun = moment(found.start_ms)
    ended = moment(found.end_ms) if found.end_ms is not None else begun
    state = _STATES[status]
    params = {key: typed(text) for key, text in found.params.items()}
    note = found.tags.get("mlflow.note.content", "")
    run = Run(
        id=id_of("mlflow", found.run_id),
        number=0,
        experiment=experiment_name(found.experiment),
        state=state,
        params=finite(params),
        given=tuple(params),
        error=None if state is RunState.SUCCEEDED else _error(state),
        tags=tuple(f"{key}={text}" for key, text in found.tags.items() if not key.startswith("mlflow.")),
        note="\n\n".join(part for part in (found.name, note) if part),
        attempt=1,
        begun=1,
        created_at=begun,
        started_at=begun,
        finished_at=ended,
        created_by=found.tags.get("mlflow.user", found.user),
        seq=1,
    )
    return Arriving(
        run=run,
        origin={"kind": "mlflow", "from": "MLflow", "id": found.run_id, "name": found.name},
        attempts=(Attempt(attempt=1, claimed_at=begun, begun_at=begun, ended_at=ended, state=state.value),),
        files=tuple(files_below(found.artifacts)) if found.artifacts is not None else (),
        points=found.points,
    )


def _error(state: RunState) -> RunError:
    if state is RunState.CANCELED:
        return RunError(type="Canceled", message="Killed, as MLflow says.")
    return RunError(type="Exit", message="Failed, as MLflow says; it does not say why.")


def typed(text: str) -> Any:
    """The value that a parameter's text stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > 40 or text != text.strip() or "_" in text:
        return text
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        # "007" is a name, and "1e400" would not come back as it is.
        return number if not re.fullmatch(r"[+-]?0\d+", text) and not _is_lost(number, text) else text
    return text


def _is_lost(number: int | float, text: str) -> bool:
    return isinstance(number, float) and math.isinf(number) and "inf" not in text.lower()


def moment(milliseconds: int | None) -> datetime:
    """Unix milliseconds as a moment; the beginning of 1970 where there are none."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds or 0)
    except OverflowError:
        return datetime(1970, 1, 1, tzinfo=UTC)


def experiment_name(name: str) -> str:
    """A name that an address takes: what is neither a letter, a digit, a dot nor a dash becomes an underscore."""
    return _UNFIT.sub("_", name).strip("_.-")[:100] or "imported"


def local_folder(uri: str) -> Path | None:
    """The folder on this machine that an artifact's address means; None where it means none."""
    from pathlib import Path

    parts = urlsplit(uri)
    if parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost"):
        return None
    folder = Path(unquote(parts.path))
    return folder if folder.is_dir() else None


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")


def files_below(folder: Path) -> Iterator[ArrivingFile]:
    """The regular files below a folder; links are not followed."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    for order, path in enumerate(paths):
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        name = path.relative_to(folder).as_posix()
        if path.resolve().is_relative_to(folder.resolve()):
            yield ArrivingFile(name=name, media_type=kind, open=partial(_opened, path), order=order)
