"""A log as it is at one moment, to be copied while its writer goes on. What lies where is told in `log_files`."""

from __future__ import annotations

import io
import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from flasklab.store.log_files import BLOCK_BYTES, LINE_COUNT, RECORD, part_paths, read_layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TRIES = 20  # a part may be deleted between the list of parts and its opening


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file of the log, open."""

    name: str
    stream: BinaryIO
    size: int  # bytes of it that belong to this moment


@contextmanager
def log_snapshot(path: Path) -> Iterator[list[Piece]]:
    """The files of the log at `path`, those of its parts open together; none where nothing was said.

    Of an index and of line counts, only what speaks of text that is there belongs to it.
    """
    with ExitStack() as stack:
        for _ in range(_TRIES):
            opened = stack.enter_context(ExitStack())
            before = _bytes_of(path.with_suffix(".parts"))
            unfinished = _bytes_of(path.with_suffix(".open"))
            found = [piece for part in read_layout(path).parts for piece in _part(part_paths(path, part), opened)]
            if _bytes_of(path.with_suffix(".parts")) == before:
                break
        for suffix, data in ((".parts", before), (".open", unfinished)):
            if data is not None:
                name = path.with_suffix(suffix).name
                found.append(Piece(name=name, stream=io.BytesIO(data), size=len(data)))
        yield found


def _part(paths: tuple[Path, Path, Path], opened: ExitStack) -> Iterator[Piece]:
    text, index, counts = paths
    try:
        stream = opened.enter_context(text.open("rb"))
    except FileNotFoundError:  # a part is in the list before it is made
        return
    size = os.fstat(stream.fileno()).st_size
    yield Piece(name=text.name, stream=stream, size=size)
    for path, most in ((index, None), (counts, size // BLOCK_BYTES * LINE_COUNT.size)):
        try:
            stream = opened.enter_context(path.open("rb"))
        except FileNotFoundError:
            continue
        yield Piece(name=path.name, stream=stream, size=_records_before(stream, size) if most is None else most)


def _records_before(index: BinaryIO, end: int) -> int:
    """Bytes of the records of pieces that begin before offset `end`."""
    count = os.fstat(index.fileno()).st_size // RECORD.size
    while count:
        record = os.pread(index.fileno(), RECORD.size, (count - 1) * RECORD.size)
        if len(record) == RECORD.size and RECORD.unpack(record)[0] < end:
            break
        count -= 1
    return count * RECORD.size


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
