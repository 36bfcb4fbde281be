"""Which source files a lab's experiments have, whether they changed, and the catalog as JSON.

The web asks for the fingerprint at every form, so it costs one `stat` per file and imports nothing of the
lab.
"""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from flasklab.experiments.description import Catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def sources(target: str, root: Path) -> list[Path]:
    """The Python files of the experiments, sorted; none where the target does not exist.

    Args:
        target: a folder or a single file (absolute, or relative to `root`), or a package's dotted name
        root: the lab's folder
    """
    place = locate(target, root)
    if place is None:
        return []
    return [place] if place.is_file() else sorted(_python_files(place))


def locate(target: str, root: Path) -> Path | None:
    """The folder or file that `target` means, found without importing anything; None where there is none."""
    path = Path(root, target)
    if path.exists():
        return path.resolve()
    if target.endswith(".py") or not all(part.isidentifier() for part in target.split(".")):
        return None
    return _locate_package(target, root)


def fingerprint(target: str, root: Path, watched: Iterable[str] = ()) -> str:
    """A hash that changes when a source file is added, removed, renamed or written, or another target is meant.

    Args:
        target: a folder, a single file, or a package's dotted name
        root: the lab's folder
        watched: further files that the experiments imported
    """
    digest = hashlib.blake2b(str(locate(target, root)).encode(errors="surrogateescape"), digest_size=16)
    for path in sorted({*map(str, sources(target, root)), *watched}):
        try:
            stat = os.stat(path)  # noqa: PTH116 - half the time of Path.stat, and this is asked often
            state = f"{stat.st_mtime_ns} {stat.st_size}"
        except OSError:
            state = "gone"
        digest.update(f"{os.path.relpath(path, root)}\0{state}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()


class SourceWatch:
    """The fingerprint of a lab's sources, made anew only when a folder or a file has changed.

    Args:
        target: as for `fingerprint`
        root: as for `fingerprint`
    """

    def __init__(self, target: str, root: Path) -> None:
        self._target = target
        self._root = root
        self._seen: tuple[tuple[str, ...], tuple[_State, ...], str] | None = None

    def fingerprint(self, watched: tuple[str, ...]) -> str:
        """The fingerprint of the sources as they are now.

        Args:
            watched: further files that the experiments imported
        """
        seen = self._seen
        if seen is not None and seen[0] == watched and seen[1] == tuple([_state(path) for path, *_ in seen[1]]):
            return seen[2]
        before = self._places(watched)
        found = fingerprint(self._target, self._root, watched)
        # What was edited while it was read is seen at the next look, and so is a package that is not there yet.
        whole = before == self._places(watched) and locate(self._target, self._root) is not None
        self._seen = (watched, before, found) if whole else None
        return found

    def _places(self, watched: tuple[str, ...]) -> tuple[_State, ...]:
        """The state of all that a change would show in: folders, for what is added or removed, and files."""
        place = locate(self._target, self._root)
        files = sources(self._target, self._root)
        folders = {str(place), str(Path(self._root, self._target)), *(str(path.parent) for path in files)}
        if place is not None and place.is_dir():
            folders |= {folder for folder, *_ in _walk(place)}
        return tuple(_state(path) for path in sorted({*folders, *map(str, files), *watched}))


_State: TypeAlias = tuple[str, int, int]  # a path, when it was changed (nanoseconds), its size


def _state(path: str) -> _State:
    try:
        stat = os.stat(path)  # noqa: PTH116 - half the time of Path.stat, and this is asked often
    except OSError:
        return path, 0, -1
    return path, stat.st_mtime_ns, stat.st_size


def to_json(catalog: Catalog) -> dict[str, Any]:
    """`catalog` as JSON values; `from_json` reads it back."""
    data: dict[str, Any] = msgspec.to_builtins(catalog)
    return data


def from_json(data: Mapping[str, Any] | str | bytes) -> Catalog:
    """The catalog that `to_json` wrote, as JSON values or as their text.

    Raises:
        msgspec.ValidationError: it is no catalog.
        msgspec.DecodeError: the text is not JSON.
    """
    if isinstance(data, (str, bytes)):
        return msgspec.json.decode(data, type=Catalog)
    return msgspec.convert(data, Catalog)


def _python_files(folder: Path) -> Iterator[Path]:
    for place, _, files in _walk(folder):
        yield from (Path(place, name) for name in files if name.endswith(".py") and not name.startswith("."))


def _walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        yield place, folders, files


def _locate_package(name: str, root: Path) -> Path | None:
    search: list[str] | None = [str(root), str(root / "src"), *sys.path]
    spec = None
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        # PathFinder looks, and never runs a parent's __init__ as importlib.util.find_spec would.
        spec = PathFinder.find_spec(".".join(parts[:depth]), search)
        if spec is None:
            return None
        search = list(spec.submodule_search_locations or [])
    if spec is not None and search:
        return Path(search[0]).resolve()
    return Path(spec.origin).resolve() if spec is not None and spec.origin else None
