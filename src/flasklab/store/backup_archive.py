"""A backup as one file: a zip with a manifest that says of each member how long it is and what its SHA-256 is.

The manifest is the last member, because it is known last: a line about the backup, then a line per member. Whoever
reads an archive trusts nothing in it. Names must be of the few shapes that are written here, every member must be in
the manifest, and no more is read of one than the manifest says, so that no archive writes elsewhere or without end.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Final, Self

import msgspec

from flasklab.errors import BackupError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Protocol

    from flasklab.errors import FlasklabError

    class _Readable(Protocol):
        def read(self, size: int, /) -> bytes: ...

    class _Writable(Protocol):
        def write(self, data: bytes, /) -> Any: ...


MANIFEST: Final = "manifest.jsonl"
DATABASE: Final = "lab.db"
KEY_FILE: Final = "secret_key"
FORMAT: Final = 1
_RUN = r"[0-9A-Za-z_-]{1,64}"
# Every name that a backup may have in it; also where a member lies below the results folder.
_NAMES = re.compile(
    rf"{re.escape(DATABASE)}|{KEY_FILE}|files/[0-9a-f]{{2}}/[0-9a-f]{{62}}"
    rf"|logs/[0-9A-Za-z_-]{{1,2}}/{_RUN}(?:\.\d{{1,9}})?\.(?:log|idx|lines|parts|open)"
    rf"|checkpoints/{_RUN}/[0-9]{{4,9}}-[0-9]{{6,9}}\.ckpt|work/{_RUN}-\d{{1,9}}/begun",
    re.ASCII,
)
_PIECE = 1 << 20  # bytes read at once
_MOST_HEAD = 1 << 16  # bytes of the manifest's first line
_MOST_LINE = 400  # bytes of another of its lines


class Member(msgspec.Struct, frozen=True):
    """One file of a backup."""

    name: str
    size: int  # bytes
    sha256: str  # of its content


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself."""

    format: int
    version: str  # of the Flasklab that made it
    revision: str  # of the database's schema
    made_at: str  # RFC 3339
    source: str  # "sqlite" or "postgresql"
    runs: int
    missing: tuple[str, ...] = ()  # SHA-256 of contents that the lab itself had lost, or whose bytes had changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that a backup says of itself and its members."""

    head: Head
    members: dict[str, Member]  # by name

    @property
    def size(self) -> int:
        """Bytes of all members together."""
        return sum(member.size for member in self.members.values())


_member = msgspec.json.Decoder(Member)


class ArchiveWriter:
    """Writes a backup's members, one after the other.

    Args:
        target: a new file, open for writing
    """

    def __init__(self, target: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, compresslevel=1)
        self.members: dict[str, Member] = {}
        """What was written so far, by name."""

    def add(self, name: str, source: _Readable, most: int | None = None) -> Member:
        """Add what `source` holds, at most `most` bytes of it; content that shrinks is packed."""
        digest, size = hashlib.sha256(), 0
        left = most if most is not None else -1
        piece = source.read(_PIECE if left < 0 else min(_PIECE, left))
        self._zip.compression = zipfile.ZIP_DEFLATED if _shrinks(piece) else zipfile.ZIP_STORED
        with self._zip.open(name, "w", force_zip64=True) as member:
            while piece:
                digest.update(piece)
                size += len(piece)
                member.write(piece)
                piece = source.read(_PIECE if left < 0 else min(_PIECE, left - size))
        added = self.members[name] = Member(name=name, size=size, sha256=digest.hexdigest())
        return added

    def finish(self, head: Head) -> None:
        """Write the manifest; nothing can be added afterwards."""
        self._zip.compression = zipfile.ZIP_DEFLATED
        encode = msgspec.json.encode
        with self._zip.open(MANIFEST, "w", force_zip64=True) as manifest:
            manifest.write(encode(head) + b"\n")
            for member in self.members.values():
                manifest.write(encode(member) + b"\n")
        self._zip.close()


def _shrinks(piece: bytes) -> bool:
    head = piece[: 1 << 16]
    return len(zlib.compress(head, 1)) < 0.9 * len(head)


class Archive:
    """A backup, open for reading; every answer was checked.

    Archives of other things are made and read in the same way: a class of their own says what is in them.

    Args:
        path: the file

    Raises:
        BackupError: it is no backup, or not one that this version can read.
    """

    _what: ClassVar = "backup"
    _names: ClassVar = _NAMES
    _needed: ClassVar[tuple[tuple[str, str], ...]] = ((DATABASE, "database"),)  # members that it must have
    _head: ClassVar[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(Head)
    _error: ClassVar[type[FlasklabError]] = BackupError
    _mend: ClassVar = "Nothing was restored from it; use another backup."

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._complaining():
            self._zip = zipfile.ZipFile(path)
        try:
            with self._complaining():
                self.manifest = self._read_manifest()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def copy(self, member: Member, target: _Writable | None = None) -> None:
        """Read a member to its end, into `target` if one is given.

        Raises:
            BackupError: its content is not what the manifest says.
            OSError: `target` refused.
        """
        digest, size = hashlib.sha256(), 0
        with self._complaining():
            source = self._zip.open(member.name)
        with source:
            while True:
                with self._complaining():
                    piece = source.read(min(_PIECE, member.size - size + 1))
                if not piece:
                    break
                size += len(piece)
                if size > member.size:
                    raise self._refused(f"{member.name} is longer than its manifest says")
                digest.update(piece)
                if target is not None:
                    target.write(piece)
        if size != member.size or digest.hexdigest() != member.sha256:
            raise self._refused(f"{member.name} is damaged")

    def _read_manifest(self) -> Manifest:
        entries = self._zip.infolist()
        names = {entry.filename for entry in entries}
        if MANIFEST not in names:
            raise self._refused("it has no manifest")
        if len(names) != len(entries):
            raise self._refused("it has a name twice")
        for entry in entries:
            if entry.flag_bits & 0x1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise self._refused(f"{entry.filename[:100]!r} is packed in a way that no {self._what} is")
        with self._zip.open(MANIFEST) as stream:
            text = stream.read(_MOST_HEAD + _MOST_LINE * len(entries) + 1)
        if len(text) > _MOST_HEAD + _MOST_LINE * len(entries):
            raise self._refused("its manifest is too long")
        first, *lines = text.splitlines()
        head = self._head.decode(first)
        if head.format != FORMAT:
            raise self._error(
                f"{self._path} is a {self._what} of format {head.format}, made by Flasklab {head.version[:40]}; this "
                f"version reads format {FORMAT}. Upgrade Flasklab."
            )
        members = {member.name: member for member in map(_member.decode, lines)}
        if len(members) != len(lines) or members.keys() != names - {MANIFEST}:
            raise self._refused("its manifest tells of other members than it has")
        self._check_members(members)
        return Manifest(head=head, members=members)

    def _check_members(self, members: dict[str, Member]) -> None:
        for member in members.values():
            if not self._names.fullmatch(member.name) or member.size < 0:
                raise self._refused(f"no {self._what} has a member {member.name[:100]!r}")
            if member.name.startswith("files/") and member.name[6:].replace("/", "") != member.sha256:
                raise self._refused(f"{member.name} does not have the content that its name promises")
        for name, word in self._needed:
            if name not in members:
                raise self._refused(f"it has no {word}")

    @contextmanager
    def _complaining(self) -> Iterator[None]:
        """Say what is wrong with the file, whatever of its insides gave way."""
        try:
            yield
        except OSError as error:
            raise self._error(f"{self._path} cannot be read: {error.strerror or error}.") from error
        except (
            *(zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, IndexError, OverflowError),
            *(NotImplementedError, RuntimeError, msgspec.MsgspecError),
        ) as error:
            raise self._refused(str(error)[:200] or type(error).__name__) from error

    def _refused(self, why: str) -> FlasklabError:
        return self._error(f"{self._path} is no whole {self._what}: {why}. {self._mend}")
