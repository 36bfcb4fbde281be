"""What a child is told of the run it is to do: a value that travels as JSON."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from flasklab.recording.checkpoints import Checkpoints
from flasklab.recording.inherited import EVENTS
from flasklab.runs.checkpoints import FOLDER

DEVICES_VARIABLE = "CUDA_VISIBLE_DEVICES"  # names the GPUs that a process may see
_BEGUN = "begun"
_SERVING = "serving-"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One attempt of one run."""

    id: str
    number: int
    attempt: int
    experiment: str
    params: dict[str, Any]  # validated against the schema, defaults filled in
    folder: Path  # of the process that does it, in the results folder's `work`; it may have done other runs before
    seed: int | None = None  # of an earlier attempt, which a retry repeats
    restore_from: str | None = None  # id of the run whose last checkpoint it starts from
    max_file: int = 0  # bytes of the largest file it may write; 0 is no limit
    cgroup: Path | None = None  # folder of the control group that its processes join
    devices: tuple[str, ...] = ()  # the GPUs that are its own; none where nobody hands them out
    files: dict[str, Path]  # where the content of the uploaded files in `params` lies, by SHA-256

    @property
    def own(self) -> str:
        """The attempt's name in file names."""
        return own_name(self.id, self.attempt)

    @property
    def workdir(self) -> Path:
        """The current folder of the run; what is left here at its end becomes its files."""
        return workdir_in(self.folder)

    @property
    def staging(self) -> Path:
        """Where complete files wait to be adopted by the store; made when it is needed."""
        return self.folder / f"staging-{self.own}"

    @property
    def inputs(self) -> Path:
        """Copies of uploaded files, under their own names; made when it is needed."""
        return self.folder / f"inputs-{self.own}"

    @property
    def events(self) -> Path:
        """The named pipe through which the run's processes tell the supervisor."""
        return self.folder / EVENTS

    @property
    def begun(self) -> Path:
        """Holds the name of the attempt whose code was the last to begin here."""
        return self.folder / _BEGUN

    @property
    def canceling(self) -> Path:
        """Where its process leaves word, for workers that it has spawned, that the run is to end."""
        return self.folder / f"canceling-{self.own}"

    def checkpoints(self) -> Checkpoints:
        """The states that it writes, and the one that it continues from; they outlive the attempt."""
        room = self.folder.parent.parent / FOLDER
        source = None if self.restore_from is None else (room / self.restore_from, self.restore_from)
        return Checkpoints(room / self.id, self.attempt, source)

    @property
    def may_have_begun(self) -> bool:
        """Whether the experiment's code may have begun, though it was killed before that was written elsewhere."""
        return _last_begun(self.folder) == self.own

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `from_json` reads it back."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        files = {sha256: str(path) for sha256, path in self.files.items()}
        cgroup = self.cgroup and str(self.cgroup)
        return values | {"folder": str(self.folder), "cgroup": cgroup, "files": files}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RunSpec:
        """The spec that `to_json` wrote."""
        files = {sha256: Path(path) for sha256, path in data["files"].items()}
        cgroup = data["cgroup"] and Path(data["cgroup"])
        places = {"folder": Path(data["folder"]), "cgroup": cgroup, "files": files}
        return cls(**{**data, **places, "devices": tuple(data["devices"])})


def own_name(run_id: str, attempt: int) -> str:
    """An attempt's name in file names."""
    return f"{run_id}-{attempt}"


def workdir_in(folder: Path) -> Path:
    """The current folder of the run whose process has this folder."""
    return folder / "files"


def serving_folder(work: Path) -> Path:
    """A new name for the folder of a process that serves run after run."""
    return work / f"{_SERVING}{secrets.token_hex(8)}"


def folder_where_begun(work: Path, run_id: str, attempt: int) -> Path | None:
    """The folder in which an attempt's code may have begun; None if it never did.

    Args:
        work: where all these folders are
        run_id: of its run
        attempt: its number
    """
    own = own_name(run_id, attempt)
    for folder in (work / own, *work.glob(f"{_SERVING}*")):
        if _last_begun(folder) == own:
            return folder
    return None


def _last_begun(folder: Path) -> str:
    try:
        return (folder / _BEGUN).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, ValueError):
        return ""
