"""Removing what no row refers to: contents, logs, checkpoints, folders and temporary files.

A content is removed in two steps, because a start may name it, or a run save it again, at any moment. It is first moved
aside, where nobody finds it any more: whoever wants it now stores it anew or is told that it is gone. Only then is
looked once more whether a row refers to it or somebody has used it (which its time of change tells); if so, it goes
back. So a content that a row refers to is away for a moment at most, and never lost.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_PREFIX = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{62}")
_ASIDE = "aside"  # folder of contents that are about to be removed; no hash is spelled so
_RUN_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContent:
    """A stored content, as a sweep looks at it."""

    sha256: str
    size: int  # bytes
    used_ns: int  # Unix time when it was last stored, or asked to be kept
    touched_ns: int  # the same by the other of a file's times, which moving it leaves as it is


class ContentSweep:
    """Removes contents below the folder of a `FileStore`. Only whoever holds the sweep's lock may.

    Args:
        folder: where the contents lie
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / _ASIDE

    def contents(self) -> Iterator[list[StoredContent]]:
        """All stored contents, folder by folder."""
        for prefix in _names(self._folder):
            if _PREFIX.fullmatch(prefix):
                yield list(self._in_folder(prefix))

    def _in_folder(self, prefix: str) -> Iterator[StoredContent]:
        with os.scandir(self._folder / prefix) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    stat = entry.stat(follow_symlinks=False)
                    if _REST.fullmatch(entry.name):
                        yield StoredContent(
                            sha256=prefix + entry.name,
                            size=stat.st_size,
                            used_ns=stat.st_ctime_ns,
                            touched_ns=stat.st_mtime_ns,
                        )

    def set_aside(self, content: StoredContent) -> bool:
        """Move a content to where nobody finds it; False when it was used since it was looked at."""
        self._aside.mkdir(mode=0o700, exist_ok=True)
        try:
            self._path(content.sha256).rename(self._aside / content.sha256)
        except FileNotFoundError:
            return False
        if (self._aside / content.sha256).stat().st_mtime_ns != content.touched_ns:
            self.bring_back(content.sha256)
            return False
        return True

    def bring_back(self, sha256: str) -> None:
        """Put a content that was set aside back to its place."""
        target = self._path(sha256)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        (self._aside / sha256).rename(target)

    def discard(self, sha256: str) -> None:
        """Remove a content that was set aside."""
        (self._aside / sha256).unlink(missing_ok=True)

    def recover(self) -> None:
        """Put back what a sweep that was killed had set aside."""
        for name in _names(self._aside):
            with suppress(FileNotFoundError):
                self.bring_back(name)

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:]


def traces(results: Path, run_id: str) -> Iterator[Path]:
    """What lies in the results folder of one run alone: files of its log, its checkpoints."""
    folder = results / "logs" / run_id[:2]
    for name in _names(folder):
        if name.startswith(f"{run_id}."):
            yield folder / name
    if (checkpoints := results / "checkpoints" / run_id).is_dir():
        yield checkpoints


def all_traces(results: Path) -> dict[str, int]:
    """Bytes of logs and checkpoints by the run's id."""
    found: dict[str, int] = {}
    folders = [results / "logs" / prefix for prefix in _names(results / "logs")]
    for folder in (*folders, results / "checkpoints"):
        for name in _names(folder):
            run_id = name.partition(".")[0]
            found[run_id] = found.get(run_id, 0) + size_of(folder / name)
    return found


def run_ids(results: Path, before: float) -> Iterator[set[str]]:
    """The runs that logs and checkpoints not changed since Unix time `before` are of, folder by folder."""
    for prefix in _names(results / "logs"):
        yield _owners(results / "logs" / prefix, before)
    yield _owners(results / "checkpoints", before)


def _owners(folder: Path, before: float) -> set[str]:
    found = set()
    for name in _names(folder):
        run_id = name.partition(".")[0]
        if _RUN_ID.fullmatch(run_id) and _changed(folder / name) < before:
            found.add(run_id)
    return found


def abandoned(results: Path, before: float) -> Iterator[Path]:
    """Temporary and made-again files not changed since Unix time `before`."""
    for folder in (results / "files" / "incoming", results / "cache"):
        for name in _names(folder):
            if _changed(folder / name) < before:
                yield folder / name


def remove(paths: Iterable[Path]) -> int:
    """Remove files and folders; returns their bytes."""
    freed = 0
    for path in paths:
        freed += size_of(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return freed


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 where there is none."""
    try:
        if not path.is_dir():
            return path.lstat().st_size
        return sum((path / name).lstat().st_size for name in _names(path))
    except OSError:
        return 0


def _changed(path: Path) -> float:
    try:
        return path.lstat().st_ctime
    except OSError:
        return float("inf")


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names alone are wanted
    except (FileNotFoundError, NotADirectoryError):
        return []
