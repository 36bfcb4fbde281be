"""Names of the files that a run leaves behind: safe as paths, and each taken once.

A name is claimed by an empty file made exclusively, since forked workers share no memory but do share the
folder.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from typing import TYPE_CHECKING, Final

from flasklab.recording.plain import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MAX_STEM = 150  # characters
_MAX_SAVED = 300  # characters
_UNSAFE = re.compile(r'[<>:"|?*]')  # some file systems take no such names, and zips travel
_SHOWN: Final = b"shown"
_SAVED: Final = b"saved"


def safe_stem(name: str) -> str:
    """`name` as a relative path without an ending: "val/loss: best?" becomes "val/loss_ best_"."""
    parts = []
    for part in printable(name).replace("\\", "/").split("/"):
        clean = "".join(letter if letter.isprintable() else "_" for letter in _UNSAFE.sub("_", part)).strip(". ")
        if clean:
            parts.append(clean)
    return "/".join(parts)[:_MAX_STEM].strip("/. ") or "shown"


def saved_name(name: str) -> str:
    """`name` as a relative path with forward slashes.

    Raises:
        ValueError: it is empty, absolute, leaves its folder, or no file may be named so; the message says
        which.
    """
    path = printable(name).replace("\\", "/")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise ValueError("it is absolute; give a relative name and the path: run.save('x.csv', Path('/tmp/x.csv'))")
    if ".." in parts:
        raise ValueError("it leaves its folder ('..')")
    if not parts:
        raise ValueError("it is empty")
    if any(not letter.isprintable() for letter in path):
        raise ValueError("it has characters that cannot be seen")
    if len(path) > _MAX_SAVED or any(len(part.encode()) > 200 for part in parts):  # file systems take 255 bytes
        raise ValueError("it is too long")
    return "/".join(parts)


class Names:
    """The names taken in one attempt of a run.

    Args:
        staging: the attempt's folder; all its processes see it
    """

    def __init__(self, staging: Path) -> None:
        self._folder = staging / "names"
        self._next: dict[tuple[str, int | None], int] = {}  # where this process need not look again

    def take_shown(self, name: str, step: int | None, endings: Sequence[str]) -> tuple[str, list[str]]:
        """A heading and file names nothing else has, for an object shown as `name` at `step`.

        Args:
            name: what the author calls it
            step: the step it is shown at
            endings: ".png", ".table.json", ...: one per rendering

        Returns:
            The heading (`name`, or `name 2`, ... when it was taken) and one file name per ending.
        """
        stem = safe_stem(name)
        at = "" if step is None else f" (step {step})"
        for number in itertools.count(self._next.get((stem, step), 1)):
            suffix = "" if number == 1 else f" {number}"
            files = [f"{stem}{suffix}{at}{ending}" for ending in endings]
            if all(self._claim(file, _SHOWN) for file in files):
                self._next[stem, step] = number + 1
                return f"{name}{suffix}", files
        raise AssertionError  # pragma: no cover - a count has no end

    def take_saved(self, name: str) -> str:
        """`name`, even if it was saved before (it is replaced); `x 2.png` if a shown object has `x.png`."""
        if self._claim(name, _SAVED) or self._kind(name) == _SAVED:
            return name
        folder, slash, file = name.rpartition("/")
        stem, dot, ending = file.partition(".")
        for number in itertools.count(2):
            other = f"{folder}{slash}{stem} {number}{dot}{ending}"
            if self._claim(other, _SAVED) or self._kind(other) == _SAVED:
                return other
        raise AssertionError  # pragma: no cover - a count has no end

    def _path(self, name: str) -> Path:
        return self._folder / hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:32]

    def _claim(self, name: str, kind: bytes) -> bool:
        """Whether the name was free; where the folder cannot be written, every name counts as free."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._path(name).open("xb") as file:
                file.write(kind)
        except FileExistsError:
            return False
        except OSError:
            return True
        return True

    def _kind(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except OSError:
            return _SAVED
