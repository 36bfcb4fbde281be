"""Taking a run home: one of its files, or everything as a zip that is made while it is sent."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from flasklab.errors import FileMissingError
from flasklab.runs.json import encode
from flasklab.services.metric_csv import metrics_csv
from flasklab.services.metric_read import MetricRead
from flasklab.services.run_record import run_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from flasklab.runs.artifacts import Artifact
    from flasklab.runs.run import Run
    from flasklab.store.log_copy import LogCopy
    from flasklab.store.store import Store

_PIECE = 256 * 1024  # bytes read at once
# Contents that deflate cannot make smaller.
_COMPRESSED = (
    *(".png", ".jpg", ".jpeg", ".webp", ".gif", ".mp4", ".zip", ".gz", ".bz2", ".xz", ".zst", ".7z"),
    *(".npz", ".parquet", ".xlsx", ".pt", ".pth"),
)


class RunFiles:
    """Hands out what runs left behind.

    Args:
        store: where files are kept
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, run_id: str, name: str) -> tuple[Artifact, Path]:
        """A run's file of this name, and where its content lies.

        Raises:
            RunNotFoundError: there is no such run.
            FileMissingError: the run has no such file, or its content is gone.
        """
        with self._store.read() as unit:
            run = unit.runs.get(run_id)
            artifact = unit.artifacts.find(run.number, name)
        if artifact is None:
            raise FileMissingError(f"Run #{run.number} of {run.experiment} has no file {name[:200]!r}.")
        return artifact, self._store.files.path(artifact.sha256)

    def zip(self, run_id: str) -> Iterator[bytes]:
        """Everything of a run as the pieces of a zip: record, parameters, output, log, metrics, files, code.

        No file is held in memory whole. Errors about the run come before the first piece.

        Raises:
            RunNotFoundError: there is no such run.
        """
        with self._store.read() as unit:
            run = unit.runs.get(run_id)
            found = None if run.environment_id is None else unit.environments.get(run.environment_id)
        return self._pieces(run, found)

    def _pieces(self, run: Run, environment: dict[str, Any] | None) -> Iterator[bytes]:
        moment = run.finished_at or run.created_at
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, pieces in self._members(run, environment):
                with archive.open(_member(name, moment), "w", force_zip64=True) as target:
                    for piece in pieces:
                        target.write(piece)
                        yield from sink.take()
                yield from sink.take()
        yield from sink.take()

    def _members(self, run: Run, environment: dict[str, Any] | None) -> Iterator[tuple[str, Iterable[bytes]]]:
        yield "run.json", (_readable(run_record(run) | {"environment": environment}),)
        yield "params.json", (_readable(dict(run.params)),)
        yield "output.json", (_readable(run.output),)
        yield "log.txt", _log(self._store.logs.copy(run.id))
        yield "metrics.csv", self._metrics(run)
        for artifact in run.artifacts:
            if self._store.files.has(artifact.sha256):
                yield f"files/{_safe(artifact.name)}", _file(self._store.files.path(artifact.sha256))
            else:
                yield f"files/{_safe(artifact.name)}.missing.txt", (b"The content of this file is gone.\n",)
        for name, sha256 in ((environment or {}).get("files") or {}).items():
            if self._store.files.has(sha256):
                yield f"code/{_safe(name)}", _file(self._store.files.path(sha256))

    def _metrics(self, run: Run) -> Iterator[bytes]:
        return metrics_csv(MetricRead(self._store).pieces(run.id))


class _Sink(io.RawIOBase):
    """A file that cannot seek, from which written bytes are taken as they come."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written.append(bytes(data))
        return len(data)

    def take(self) -> Iterator[bytes]:
        """What was written since the last time."""
        written, self._written = b"".join(self._written), []
        if written:
            yield written


def _member(name: str, moment: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (max(moment.year, 1980), *moment.timetuple()[1:6]))
    info.compress_type = zipfile.ZIP_STORED if name.lower().endswith(_COMPRESSED) else zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def _readable(value: Any) -> bytes:
    import msgspec

    return msgspec.json.format(encode(value), indent=2) + b"\n"


def _file(path: Path) -> Iterator[bytes]:
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        while piece := stream.read(_PIECE):
            yield piece


def _log(copy: LogCopy) -> Iterator[bytes]:
    with copy:
        while piece := copy.read(_PIECE):
            yield piece


def _safe(name: str) -> str:
    """A relative path without `..`, drive or root, whatever the name says; the recorder refuses such names too."""
    parts = name.replace("\\", "/").replace("\0", "").split("/")
    return "/".join(part.replace(":", "_") for part in parts if part not in ("", ".", "..")) or "unnamed"
