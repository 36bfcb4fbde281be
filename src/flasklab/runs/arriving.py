"""Runs that come from elsewhere: what an importer needs to know of one, whatever it was read from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager
    from typing import Any, BinaryIO

    from flasklab.runs.history import Attempt, RunEvent
    from flasklab.runs.json import Json
    from flasklab.runs.log import LogPiece
    from flasklab.runs.run import Run

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # as in `new_run_id`


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some points of one metric, column by column."""

    key: str
    steps: list[int]
    values: list[float]
    times: list[float]  # Unix seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivingFile:
    """A file of an arriving run."""

    name: str  # relative path with forward slashes
    media_type: str
    open: Callable[[], AbstractContextManager[BinaryIO]] | None  # None where its content is lost
    sha256: str = ""  # what it must be; "" where the source does not say
    size: int = 0  # bytes; known where the hash is
    shown: str | None = None
    step: int | None = None
    order: int = 0
    seq: int = 0
    meta: Mapping[str, Json] = field(default_factory=dict)


def _nothing() -> Iterable[Any]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """A run to be brought in. What costs to read is read when it is asked for."""

    run: Run  # its number is that of the source; without metrics, artifacts and `environment_id`
    origin: Mapping[str, Json]  # where it comes from, as its event tells
    attempts: tuple[Attempt, ...] = ()
    events: tuple[RunEvent, ...] = ()
    environment: Mapping[str, Any] | None = None
    files: tuple[ArrivingFile, ...] = ()
    # What else it needs, by SHA-256: uploads among its parameters, sources of its code.
    contents: Mapping[str, Callable[[], AbstractContextManager[BinaryIO]]] = field(default_factory=dict)
    points: Callable[[], Iterable[Piece]] = _nothing
    log: Callable[[], Iterable[LogPiece]] = _nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A run that cannot be brought in."""

    name: str  # as the source calls it
    why: str  # "it has not ended"


def id_of(kind: str, *parts: str) -> str:
    """The id of a run that comes from another tool: the same for the same run, whenever it is imported.

    Args:
        kind: the tool
        parts: what tells the run from every other one of that tool
    """
    digest = hashlib.sha256("\0".join((kind, *parts)).encode("utf-8", "surrogatepass")).digest()
    bits = int.from_bytes(digest[:8], "big") >> 4
    return "".join([_ALPHABET[bits >> shift & 31] for shift in range(0, 60, 5)])
