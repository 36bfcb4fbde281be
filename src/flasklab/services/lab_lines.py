"""A run as a line of an export for another lab, and its points as frames of bytes.

A frame is the length of what follows it (32 bits, little-endian) and a msgpack array: the run's position in its part,
the metric's name, and its steps (64-bit integers), values and times (doubles), each as little-endian bytes.
"""

from __future__ import annotations

import struct
import sys
from array import array
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import msgspec

from flasklab.runs.arriving import Piece
from flasklab.runs.history import Attempt, RunEvent
from flasklab.runs.json import finite
from flasklab.runs.progress import Progress
from flasklab.runs.run import Run, RunError
from flasklab.runs.state import RunState  # noqa: TC001 - read by msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flasklab.runs.metrics import Series

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
_Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
_Step = Annotated[int, msgspec.Meta(ge=-(2**62), lt=2**62)]
_Small = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
_LENGTH = struct.Struct("<I")
_MOST_FRAME = 1 << 26  # bytes
_SWAP = sys.byteorder == "big"


class ErrorLine(msgspec.Struct, frozen=True, kw_only=True):
    """Why a run did not succeed."""

    type: str
    message: str
    traceback: str = ""
    where: str = ""


class FileLine(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a run."""

    name: _Name
    media_type: str
    size: _Count
    sha256: _Hash
    shown: str | None = None
    step: _Step | None = None
    order: _Count = 0
    seq: _Count = 0
    meta: dict[str, Any] = {}


class AttemptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One time that a run was taken up."""

    attempt: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
    claimed_at: _Moment
    begun_at: _Moment | None = None
    ended_at: _Moment | None = None
    pid: _Count | None = None
    exit_code: _Small | None = None
    signal: _Small | None = None
    reason: str = ""
    state: str | None = None
    supervisor: str | None = None


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a run."""

    seq: _Count
    kind: str
    at: _Moment
    data: dict[str, Any] = {}


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has ended, with all that is known of it but points, log and contents."""

    id: _Id
    number: _Count
    experiment: _Name
    state: RunState
    params: dict[str, Any]
    given: tuple[str, ...] = ()
    output: Any = None
    error: ErrorLine | None = None
    progress: dict[str, Any] | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    attempt: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
    begun: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
    created_at: _Moment
    started_at: _Moment | None = None
    finished_at: _Moment | None = None
    created_by: str = ""
    cancel_requested_by: str | None = None
    cancel_requested_at: _Moment | None = None
    rerun_of: str | None = None
    seed: Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,4000}$")] | None = None
    seq: _Count
    dropped: _Count = 0
    priority: _Small = 0
    not_before: _Moment | None = None
    resources: dict[str, _Count] = {}
    retries: _Small = 0
    retry_wait: float = 0.0
    restore_from: str | None = None
    pinned: bool = False
    environment: _Hash | None = None
    files: tuple[FileLine, ...] = ()
    attempts: tuple[AttemptLine, ...] = ()
    events: tuple[EventLine, ...] = ()


_decoder = msgspec.json.Decoder(RunLine)
_AS_IT_IS = (
    *("id", "number", "experiment", "state", "given", "output", "tags", "note", "attempt", "begun", "created_at"),
    *("started_at", "finished_at", "created_by", "cancel_requested_by", "cancel_requested_at", "rerun_of", "seq"),
    *("dropped", "priority", "not_before", "retries", "retry_wait", "restore_from", "pinned"),
)
_FILE = ("name", "media_type", "size", "sha256", "shown", "step", "order", "seq")
_ATTEMPT = AttemptLine.__struct_fields__


def line_of(run: Run, attempts: Iterable[Attempt], events: Iterable[RunEvent]) -> bytes:
    """A run as a line, without its line end."""
    line = {name: getattr(run, name) for name in _AS_IT_IS} | {
        "params": dict(run.params),
        "resources": dict(run.resources),
        "error": run.error,
        "progress": run.progress and run.progress.to_json(),
        "seed": None if run.seed is None else str(run.seed),
        "environment": run.environment_id,
        "files": [{name: getattr(one, name) for name in _FILE} | {"meta": dict(one.meta)} for one in run.artifacts],
        "attempts": [{name: getattr(one, name) for name in _ATTEMPT} for one in attempts],
        "events": [{"seq": one.seq, "kind": one.kind, "at": one.at, "data": dict(one.data)} for one in events],
    }
    return msgspec.json.encode(finite(line))


def read_line(line: bytes) -> RunLine:
    """The line as values of the types that it must have.

    Raises:
        msgspec.MsgspecError: it has others.
    """
    return _decoder.decode(line)


def run_of(line: RunLine) -> Run:
    """The run that a line tells of.

    Raises:
        ValueError, TypeError: its progress is none.
    """
    values = {name: getattr(line, name) for name in _AS_IT_IS} | {
        "params": line.params,
        "resources": line.resources,
        "error": line.error and RunError(**msgspec.structs.asdict(line.error)),
        "progress": line.progress and Progress.from_json(line.progress),
        "seed": None if line.seed is None else int(line.seed),
    }
    return Run(**values)


def attempts_of(line: RunLine) -> tuple[Attempt, ...]:
    """Its attempts."""
    return tuple(Attempt(**msgspec.structs.asdict(one)) for one in line.attempts)


def events_of(line: RunLine) -> tuple[RunEvent, ...]:
    """What happened to it."""
    return tuple(RunEvent(**msgspec.structs.asdict(one)) for one in line.events)


def frame_of(position: int, series: Series) -> bytes:
    """Some points of the run at `position` of its part."""
    columns = (_bytes("q", series.steps), _bytes("d", series.values), _bytes("d", series.times))
    body = msgspec.msgpack.encode((position, series.key, *columns))
    return _LENGTH.pack(len(body)) + body


class Frames:
    """The points of a part's runs, run by run.

    Args:
        stream: the part's frames, checked
    """

    _Frame = tuple[int, str, bytes, bytes, bytes]
    _decoder = msgspec.msgpack.Decoder(_Frame)

    def __init__(self, stream: BinaryIO | None) -> None:
        self._stream = stream
        self._next: tuple[int, str, bytes, bytes, bytes] | None = None
        self._take()

    def of(self, position: int) -> Iterator[Piece]:
        """The points of the run at `position`; those of runs before it are gone.

        Raises:
            ValueError: a frame is none.
        """
        while self._next is not None and self._next[0] < position:
            self._take()
        while self._next is not None and self._next[0] == position:
            _, key, steps, values, times = self._next
            piece = Piece(key=key, steps=_read("q", steps), values=_read("d", values), times=_read("d", times))
            if not len(piece.steps) == len(piece.values) == len(piece.times):
                raise ValueError("a frame's columns are not of one length")
            yield piece
            self._take()

    def _take(self) -> None:
        head = b"" if self._stream is None else self._stream.read(_LENGTH.size)
        if self._stream is None or not head:
            self._next = None
            return
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else _MOST_FRAME + 1
        body = b"" if length > _MOST_FRAME else self._stream.read(length)
        if len(body) != length:
            raise ValueError("a frame is cut short")
        self._next = self._decoder.decode(body)


def _bytes(code: str, values: Sequence[float]) -> bytes:
    column: array[Any] = array(code, values)
    if _SWAP:
        column.byteswap()
    return column.tobytes()


def _read(code: str, data: bytes) -> list[Any]:
    column: array[Any] = array(code)
    column.frombytes(data)  # raises ValueError where it is cut
    if _SWAP:
        column.byteswap()
    return column.tolist()
