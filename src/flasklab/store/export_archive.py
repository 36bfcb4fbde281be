"""Runs for another lab as one file: a zip as backups are, in which every member's length and SHA-256 is known.

runs/00000001.jsonl      a line per run, the oldest of its part first; later parts hold older runs
metrics/00000001.bin     the points of the runs of that part, in their order
environments/<id>.json   code, packages and Git commit that runs ran with; the id is the SHA-256 of its content
logs/<run id>.jsonl      what a run printed: a line `[stream, time, text]` per piece
files/ab/cdef...         contents by their SHA-256: files, uploads, sources
manifest.jsonl           what the export says of itself, and a line per member
"""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, cast

import msgspec

from flasklab.errors import ImportFailedError
from flasklab.store.backup_archive import Archive, Head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from flasklab.errors import FlasklabError

_IN_MEMORY = 1 << 20  # bytes of a member that are not worth a file


class ExportHead(Head, frozen=True, kw_only=True):
    """What an export says of itself; `missing` are contents that the lab itself did not have."""

    lab: str  # the folder's name


class ExportArchive(Archive):
    """An export, open for reading; every answer was checked.

    Args:
        path: the file

    Raises:
        ImportFailedError: it is no export, or not one that this version can read.
    """

    _what: ClassVar = "export of a lab"
    _names: ClassVar = re.compile(
        r"(?:runs/\d{8}\.jsonl|metrics/\d{8}\.bin|environments/[0-9a-f]{64}\.json|logs/[0-9A-Za-z_-]{1,64}\.jsonl"
        r"|files/[0-9a-f]{2}/[0-9a-f]{62})",
        re.ASCII,
    )
    _needed: ClassVar[tuple[tuple[str, str], ...]] = ()
    _head: ClassVar[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(ExportHead)
    _error: ClassVar[type[FlasklabError]] = ImportFailedError
    _mend: ClassVar = "Nothing more was imported from it; use another one."

    @property
    def head(self) -> ExportHead:
        """What it says of itself."""
        return cast("ExportHead", self.manifest.head)

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self.manifest.members

    @contextmanager
    def opened(self, name: str, room: Path) -> Iterator[BinaryIO]:
        """A member's content, read to its end and checked before anybody sees it.

        Args:
            name: the member
            room: a folder with room for it meanwhile

        Raises:
            ImportFailedError: there is no such member, or it is damaged.
            OSError: there is no room for it.
        """
        if not self.has(name):
            raise self._refused(f"it has no {name[:100]}")
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(room)) as file:
            self.copy(self.manifest.members[name], file)
            file.seek(0)
            yield cast("BinaryIO", file)

    def refused(self, why: str) -> FlasklabError:
        """The error that says why it cannot be read any further."""
        return self._refused(why)
