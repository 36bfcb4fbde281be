"""The runs of another lab's export, oldest first; each member is checked before it is believed."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab.runs.arriving import Arriving, ArrivingFile
from flasklab.runs.log import LogPiece
from flasklab.services.lab_lines import Frames, attempts_of, events_of, read_line, run_of
from flasklab.store.export_archive import ExportArchive
from flasklab.store.keeping_rows import UPLOAD_HASH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flasklab.services.lab_lines import FileLine, RunLine

_LOG_LINE = msgspec.json.Decoder(tuple[str, float, str])


@contextmanager
def runs_of_lab(path: Path, room: Path) -> Iterator[Iterator[Arriving]]:
    """The runs of an export, while the context lasts; their points must be read in their order.

    Args:
        path: the export
        room: a folder with room for a part of it

    Raises:
        ImportFailedError: it is no export, or not whole.
    """
    with ExportArchive(path) as archive:
        yield _Reading(archive, room).runs()


class _Reading:
    def __init__(self, archive: ExportArchive, room: Path) -> None:
        self._archive = archive
        self._room = room

    def runs(self) -> Iterator[Arriving]:
        parts = sorted(name for name in self._archive.manifest.members if name.startswith("runs/"))
        for name in reversed(parts):
            points = name.replace("runs/", "metrics/").replace(".jsonl", ".bin")
            try:
                yield from self._part(name, points)
            except (ValueError, TypeError, OverflowError, msgspec.MsgspecError) as error:
                raise self._archive.refused(f"{name}: {str(error)[:200]}") from error

    def _part(self, name: str, points: str) -> Iterator[Arriving]:
        with ExitStack() as stack:
            lines = stack.enter_context(self._archive.opened(name, self._room))
            stream = None
            if self._archive.has(points):
                stream = stack.enter_context(self._archive.opened(points, self._room))
            frames = Frames(stream)
            for position, text in enumerate(lines):
                line = read_line(text)
                yield self._run(line, partial(frames.of, position))

    def _run(self, line: RunLine, points: Any) -> Arriving:
        environment = self._environment(line)
        uploads = UPLOAD_HASH.findall(msgspec.json.encode(line.params).decode())
        sources = ((environment or {}).get("files") or {}).values()
        head = self._archive.head
        return Arriving(
            run=run_of(line),
            origin={"from": head.lab, "kind": "lab", "number": line.number},
            attempts=attempts_of(line),
            events=events_of(line),
            environment=environment,
            files=tuple(self._file(one) for one in line.files),
            contents={
                sha256: partial(self._archive.opened, _member(sha256), self._room)
                for sha256 in (*uploads, *sources)
                if self._archive.has(_member(sha256))
            },
            points=points,
            log=partial(self._log, line.id),
        )

    def _file(self, line: FileLine) -> ArrivingFile:
        member = _member(line.sha256)
        known = self._archive.has(member)
        values = msgspec.structs.asdict(line)
        return ArrivingFile(**values, open=partial(self._archive.opened, member, self._room) if known else None)

    def _environment(self, line: RunLine) -> dict[str, Any] | None:
        name = f"environments/{line.environment}.json"
        if line.environment is None or not self._archive.has(name):
            return None
        with self._archive.opened(name, self._room) as stream:
            found: dict[str, Any] = msgspec.json.decode(stream.read(), type=dict[str, Any])
        return found

    def _log(self, run_id: str) -> Iterator[LogPiece]:
        name = f"logs/{run_id}.jsonl"
        if not self._archive.has(name):
            return
        with self._archive.opened(name, self._room) as stream:
            for text in stream:
                piece = LogPiece(*_LOG_LINE.decode(text))
                if piece.stream not in ("out", "err", "lab"):
                    raise ValueError(f"a log has no stream {piece.stream[:20]!r}")
                yield piece


def _member(sha256: str) -> str:
    return f"files/{sha256[:2]}/{sha256[2:]}"
