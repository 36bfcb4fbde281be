"""Runs of this lab in one file that another lab can import: values, points, logs and contents.

Runs are written part by part, the newest part first, because that is the order in which they are read; whoever imports
them goes through the parts from the last one.
"""

from __future__ import annotations

import io
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab import __version__
from flasklab.errors import ExportError
from flasklab.runs.json import finite
from flasklab.runs.times import now, rfc3339
from flasklab.services.lab_lines import frame_of, line_of
from flasklab.services.metric_read import MetricRead
from flasklab.services.run_export import RunExport
from flasklab.store.backup_archive import FORMAT, ArchiveWriter
from flasklab.store.export_archive import ExportHead
from flasklab.store.files import flush_folder
from flasklab.store.keeping_rows import UPLOAD_HASH
from flasklab.store.sweep_lock import keeping_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from flasklab.config import Settings
    from flasklab.runs.run import Run
    from flasklab.services.run_export import Wanted
    from flasklab.store.store import Store

_LOG_BYTES = 1 << 18  # of log read at once
_SHORT = 20_000  # points of a metric that is read whole


@dataclass(slots=True, kw_only=True)
class Exported:
    """What an export has in it."""

    path: Path
    size: int = 0  # bytes of the file
    runs: int = 0
    unfinished: int = 0  # runs that have not ended, which are left out
    missing: tuple[str, ...] = ()  # SHA-256 of contents that the lab does not have, or not unchanged


def export_lab(settings: Settings, store: Store, wanted: Wanted, target: Path, *, replace: bool = False) -> Exported:
    """Put runs that have ended into the file `target`, whole or not at all.

    Args:
        settings: the lab's
        store: its open store
        wanted: which runs
        target: the file
        replace: whether a file of that name may be replaced

    Raises:
        ExportError: it cannot be written there.
        StoreError: the lab cannot be read.
    """
    target = target.absolute()
    if target.exists() and not replace:
        raise ExportError(f"{target} is there already. Give another name, or --force to replace it.")
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        try:
            with (
                keeping_files(settings.results),
                os.fdopen(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            ):
                writing = _Writing(store, ArchiveWriter(file))
                told = writing.write(settings, wanted, target)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
            flush_folder(target.parent)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(f"{target} cannot be written: {error.strerror or error}.") from error
    told.size = target.stat().st_size
    return told


class _Writing:
    """One export that is being written."""

    def __init__(self, store: Store, archive: ArchiveWriter) -> None:
        self._store = store
        self._archive = archive
        self._metrics = MetricRead(store)
        self._missing: set[str] = set()

    def write(self, settings: Settings, wanted: Wanted, target: Path) -> Exported:
        told = Exported(path=target)
        for number, page in enumerate(RunExport(self._store).pages(wanted), start=1):
            ended = [run for run in reversed(page) if run.state.is_final]
            told.runs += len(ended)
            told.unfinished += len(page) - len(ended)
            if ended:
                self._part(f"{number:08d}", ended)
        told.missing = tuple(sorted(self._missing))
        head = ExportHead(
            format=FORMAT,
            version=__version__,
            revision="",
            made_at=rfc3339(now()),
            source="sqlite" if settings.database_url.startswith("sqlite") else "postgresql",
            runs=told.runs,
            missing=told.missing,
            lab=settings.root.name,
        )
        self._archive.finish(head)
        return told

    def _part(self, name: str, runs: Sequence[Run]) -> None:
        lines = []
        for run in runs:
            with self._store.read() as unit:
                events, attempts = unit.events.of(run.number), unit.attempts.of(run.number)
            lines.append(line_of(run, attempts, events) + b"\n")
            self._environment(run)
            self._contents(run)
            if self._store.logs.size(run.id):
                self._archive.add(f"logs/{run.id}.jsonl", _Pieces(self._log(run)))
        self._archive.add(f"runs/{name}.jsonl", io.BytesIO(b"".join(lines)))
        self._archive.add(f"metrics/{name}.bin", _Pieces(self._frames(runs)))

    def _environment(self, run: Run) -> None:
        if run.environment_id is None or f"environments/{run.environment_id}.json" in self._archive.members:
            return
        with self._store.read() as unit:
            found = unit.environments.get(run.environment_id)
        if found is not None:
            data = msgspec.json.encode(finite(found), order="sorted")
            self._archive.add(f"environments/{run.environment_id}.json", io.BytesIO(data))
            for sha256 in (found.get("files") or {}).values():
                self._content(sha256)

    def _contents(self, run: Run) -> None:
        for artifact in run.artifacts:
            self._content(artifact.sha256)
        for sha256 in UPLOAD_HASH.findall(msgspec.json.encode(finite(dict(run.params))).decode()):
            self._content(sha256)

    def _content(self, sha256: str) -> None:
        name = f"files/{sha256[:2]}/{sha256[2:]}"
        if name in self._archive.members or sha256 in self._missing:
            return
        files = self._store.files
        if not files.has(sha256) or files.is_damaged(sha256):
            self._missing.add(sha256)
            return
        with files.open(sha256) as stream:
            self._archive.add(name, stream)

    def _frames(self, runs: Sequence[Run]) -> Iterator[bytes]:
        for position, run in enumerate(runs):
            long: list[str] = []
            with self._store.read() as unit:
                for key in unit.metrics.keys(run.number):
                    known = run.metrics.get(key)  # system metrics are not among them
                    if (known.count if known else unit.metrics.count(run.number, key)) > _SHORT:
                        long.append(key)
                    else:
                        yield frame_of(position, unit.points.series(run.number, key))
            for series in self._metrics.pieces(run.id, long) if long else ():
                yield frame_of(position, series)

    def _log(self, run: Run) -> Iterator[bytes]:
        start, logs = 0, self._store.logs
        while True:
            found = logs.read(run.id, start, _LOG_BYTES)
            if found.left_out is not None:
                yield _log_line("lab", found.pieces[0].time if found.pieces else 0.0, f"{found.left_out.text}\n")
            for piece in (*found.pieces, *found.unfinished):
                yield _log_line(*piece)
            if found.end >= found.size or found.end == start:
                return
            start = found.end


def _log_line(stream: str, time: float, text: str) -> bytes:
    return msgspec.json.encode((stream, time, text)) + b"\n"


class _Pieces:
    """Pieces as they are made, read like a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def read(self, size: int, /) -> Any:
        parts, length = [self._held], len(self._held)
        while length < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            parts.append(piece)
            length += len(piece)
        held = b"".join(parts)
        self._held = held[size:]
        return held[:size]
