"""MLflow's file store: a folder per experiment and run with a `meta.yaml`, a file per parameter, metric and tag."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab.errors import ImportFailedError
from flasklab.foreign.mlflow import MlflowRun, arriving, local_folder
from flasklab.runs.arriving import Passed, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flasklab.runs.arriving import Arriving

_META = "meta.yaml"


def is_mlflow_folder(path: Path) -> bool:
    """Whether a folder is such a store."""
    return any((found.parent.parent == path) for found in path.glob(f"*/{_META}"))


def runs_of_folder(path: Path) -> Iterator[Arriving | Passed]:
    """Its runs, oldest first.

    Raises:
        ImportFailedError: PyYAML is not installed, or an experiment cannot be read.
    """
    found: list[tuple[int, Path, str]] = []
    for meta in sorted(path.glob(f"*/{_META}")):
        experiment = _read(meta)
        name = str(experiment.get("name") or meta.parent.name)
        for of_run in sorted(meta.parent.glob(f"*/{_META}")):
            try:
                started = int(_read(of_run).get("start_time") or 0)
            except (ImportFailedError, ValueError, TypeError):
                started = 0
            found.append((started, of_run.parent, name))
    for _, folder, name in sorted(found, key=lambda one: one[:2]):
        try:
            yield arriving(_run(folder, name))
        except (ImportFailedError, OSError, ValueError, TypeError) as error:
            yield Passed(name=str(folder), why=f"it cannot be read ({error})")


def _run(folder: Path, experiment: str) -> MlflowRun:
    meta = _read(folder / _META)
    tags = _texts(folder / "tags")
    return MlflowRun(
        run_id=str(meta.get("run_id") or meta.get("run_uuid") or folder.name),
        experiment=experiment,
        name=tags.get("mlflow.runName") or str(meta.get("run_name") or ""),
        status=meta.get("status") or 0,
        start_ms=meta.get("start_time"),
        end_ms=meta.get("end_time"),
        user=str(meta.get("user_id") or ""),
        active=meta.get("lifecycle_stage", "active") == "active",
        points=partial(_points, folder / "metrics"),
        params=_texts(folder / "params"),
        tags=tags,
        artifacts=_artifacts(folder, str(meta.get("artifact_uri") or "")),
    )


def _artifacts(folder: Path, uri: str) -> Path | None:
    """Beside the run, where a store that was moved has them, else where it says."""
    beside = folder / "artifacts"
    return beside if beside.is_dir() else local_folder(uri)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = msgspec.yaml.decode(path.read_bytes(), type=dict[str, Any])
    except ImportError as error:
        raise ImportFailedError("Reading MLflow's folders needs PyYAML: pip install pyyaml.") from error
    except (msgspec.MsgspecError, ValueError, OSError) as error:
        raise ImportFailedError(f"{path} cannot be read: {str(error)[:200]}.") from error
    return found


def _texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8", "replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _points(folder: Path) -> Iterator[Piece]:
    """Each metric's file: a line `milliseconds value step` per point."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        key = path.relative_to(folder).as_posix()
        piece = Piece(key=key, steps=[], values=[], times=[])
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                words = line.split()
                if len(words) < 2:
                    continue
                piece.times.append(int(words[0]) / 1000)
                piece.values.append(float(words[1]))
                piece.steps.append(int(words[2]) if len(words) > 2 else 0)
                if len(piece.steps) == 50_000:
                    yield piece
                    piece = Piece(key=key, steps=[], values=[], times=[])
        if piece.steps:
            yield piece
