"""`run.save`: a file of the author's naming, written, copied or taken as it lies, kept with the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flasklab.recording.media.kinds import ending_of, media_type_of
from flasklab.recording.media.paths import MAX_FILES, files_in
from flasklab.recording.names import safe_stem, saved_name
from flasklab.recording.plain import MISSING, described
from flasklab.recording.staging import announce, stage
from flasklab.recording.writers import write_object

if TYPE_CHECKING:
    from flasklab.recording.recorder import Recorder


def save_object(recorder: Recorder, name: str | os.PathLike[str], obj: Any = MISSING) -> Path:
    """Keep a file with the run. Never raises for what cannot be kept.

    Args:
        recorder: of the run name: a relative path with forward slashes obj: what to write; a `Path` is
        copied, a folder with all its files; without it, the file of this name in
            the run's work folder (or in the current folder)

    Returns:
        Where the file or folder lies.
    """
    try:
        kept = saved_name(os.fspath(name))
    except (TypeError, ValueError) as error:
        recorder.drop(f"run.save({described(name, 80)}): the name cannot be used: {error}")
        return recorder.workdir / safe_stem(str(name))
    path = recorder.workdir / kept
    try:
        if obj is MISSING:
            path = _existing(path, Path(kept))
        elif isinstance(obj, Path):
            path = obj
        else:
            write_object(path, obj)
        _keep_all(recorder, kept, path)
    except Exception as error:  # a full disk, a missing file, an object its library cannot write
        recorder.drop(f"run.save({kept!r}): {_reason(error)}")
    return path


def _existing(in_workdir: Path, in_current: Path) -> Path:
    return in_workdir if in_workdir.exists() or not in_current.exists() else in_current.absolute()


def _keep_all(recorder: Recorder, name: str, path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(f"there is no file {str(path)!r}")
    if not recorder.keeps:
        return
    if not path.is_dir():
        _keep(recorder, name, path)
        return
    files = files_in(path)
    if len(files) > MAX_FILES:
        recorder.drop(f"run.save({name!r}): only the first {MAX_FILES} files of the folder are kept")
    for file in files[:MAX_FILES]:
        _keep(recorder, f"{name}/{file.relative_to(path).as_posix()}", file)


def _keep(recorder: Recorder, name: str, path: Path) -> None:
    if not path.is_file():
        raise ValueError("it is no regular file")
    staged = stage(recorder.staging, path, ending_of(name))
    announce(recorder, staged, name=recorder.names.take_saved(name), media_type=media_type_of(name))


def _reason(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"it needs the package {error.name!r}"
    text = str(error) or type(error).__name__
    return text if isinstance(error, FileNotFoundError) or not isinstance(error, OSError) else f"{text} (not kept)"
