"""What a child is told of the run it is to do: a value that travels as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flasklab.recording.checkpoints import Checkpoints
from flasklab.recording.inherited import EVENTS
from flasklab.runs.checkpoints import FOLDER

BEGUN = "begun"  # name of the file in an attempt's folder


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One attempt of one run."""

    id: str
    number: int
    attempt: int
    experiment: str
    params: dict[str, Any]  # validated against the schema, defaults filled in
    folder: Path  # this attempt's own, in the results folder's `work`: holds the three folders below
    seed: int | None = None  # of an earlier attempt, which a retry repeats
    restore_from: str | None = None  # id of the run whose last checkpoint it starts from
    max_file: int = 0  # bytes of the largest file it may write; 0 is no limit
    cgroup: Path | None = None  # folder of the control group that its processes join
    files: dict[str, Path]  # where the content of the uploaded files in `params` lies, by SHA-256

    @property
    def workdir(self) -> Path:
        """The current folder of the run; what is left here at its end becomes its files."""
        return self.folder / "files"

    @property
    def staging(self) -> Path:
        """Where complete files wait to be adopted by the store."""
        return self.folder / "staging"

    @property
    def inputs(self) -> Path:
        """Copies of uploaded files, under their own names."""
        return self.folder / "inputs"

    def checkpoints(self) -> Checkpoints:
        """The states that it writes, and the one that it continues from; they outlive the attempt."""
        room = self.folder.parent.parent / FOLDER
        source = None if self.restore_from is None else (room / self.restore_from, self.restore_from)
        return Checkpoints(room / self.id, self.attempt, source)

    @property
    def events(self) -> Path:
        """The named pipe through which the run's processes tell the supervisor."""
        return self.folder / EVENTS

    @property
    def begun(self) -> Path:
        """Exists once the experiment's code may have begun, whoever is killed before that is written elsewhere."""
        return self.folder / BEGUN

    def make_folders(self) -> None:
        """Make the attempt's folders."""
        for folder in (self.workdir, self.staging, self.inputs):
            folder.mkdir(parents=True, exist_ok=True)

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `from_json` reads it back."""
        files = {sha256: str(path) for sha256, path in self.files.items()}
        return {
            **asdict(self),
            "folder": str(self.folder),
            "cgroup": self.cgroup and str(self.cgroup),
            "files": files,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RunSpec:
        """The spec that `to_json` wrote."""
        files = {sha256: Path(path) for sha256, path in data["files"].items()}
        paths = {
            "folder": Path(data["folder"]),
            "cgroup": data["cgroup"] and Path(data["cgroup"]),
        }
        return cls(**{**data, **paths, "files": files})
