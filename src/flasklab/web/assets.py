"""Built files by the names that the pages use: Vite's manifest gives the hashed ones.

Hashed names let a browser keep them for ever; an unbuilt checkout is an error that names the command.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flasklab.errors import FlasklabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class AssetsMissingError(FlasklabError):
    """The front end was not built."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} has no built front end. In a checkout, run: python hatch_build.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAssets:
    """The addresses one page loads."""

    styles: tuple[str, ...]
    scripts: tuple[str, ...]  # ES modules
    preloads: tuple[str, ...]  # modules that those import
    font: str | None  # preloaded so that text appears in its final face


class Assets:
    """The built front end.

    Args:
        folder: where Vite wrote, with `manifest.json`
        url: makes the address of a file in it
    """

    def __init__(self, folder: Path, url: Callable[[str], str]) -> None:
        self._folder = folder
        self._url = url
        self._read: dict[str, Any] = {}
        self._read_at = -1

    def page(self, *entries: str) -> PageAssets:
        """What a page with these entries loads, "app" for every page first.

        Raises:
            AssetsMissingError: the front end was not built.
        """
        manifest = self._manifest()
        chunks = [manifest[f"src/{entry}.ts"] for entry in ("app", *entries)]
        scripts = dict.fromkeys(chunk["file"] for chunk in chunks)
        shared = dict.fromkeys(imported["file"] for chunk in chunks for imported in self._imports(chunk))
        styles = dict.fromkeys(
            name for chunk in chunks for part in (*self._imports(chunk), chunk) for name in part.get("css", ())
        )
        return PageAssets(
            styles=tuple(map(self._url, styles)),
            scripts=tuple(map(self._url, scripts)),
            preloads=tuple(self._url(name) for name in shared if name not in scripts),
            font=next((self._url(name) for name in self._fonts() if "-latin-wght" in name), None),
        )

    def _manifest(self) -> dict[str, Any]:
        """The manifest, read again when a build has replaced it."""
        path = self._folder / "manifest.json"
        try:
            changed_at = path.stat().st_mtime_ns
        except FileNotFoundError:
            raise AssetsMissingError(self._folder) from None
        if changed_at != self._read_at:
            self._read, self._read_at = json.loads(path.read_text()), changed_at
        return self._read

    def _imports(self, chunk: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for name in chunk.get("imports", ()):
            imported = self._manifest()[name]
            yield from self._imports(imported)
            yield imported

    def _fonts(self) -> Iterator[str]:
        for chunk in self._manifest().values():
            yield from (name for name in (chunk["file"], *chunk.get("assets", ())) if name.endswith(".woff2"))
