"""The wire between a run and its supervisor: small binary packets on a pipe.

A packet is at most PIPE_BUF bytes, so that one write is atomic however many threads and forked workers
write: no lock is needed, and what was written is the supervisor's even if the writer is killed the next
instant. What is larger travels in parts that carry an id of their stream.

    packet   u16 length of the payload | u8 kind | payload
    METRICS  f64 Unix time | i64 step, or INT64_MIN for none | u16 n | n x f64 | n x (u16 length | UTF-8 key)
    EVENT    a JSON object with "type"
    PART     u64 stream | u8 1 if it is the last | bytes; all parts joined are u8 kind | payload

Everything is little-endian.
"""

from __future__ import annotations

import os
import select
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from flasklab.recording.plain import as_json
from flasklab.runs.json import finite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

METRICS: Final = 1
EVENT: Final = 2
PART: Final = 3

MAX_PACKET: Final = min(4096, getattr(select, "PIPE_BUF", 4096))  # bytes; 512 on macOS
NO_STEP: Final = -(2**63)
MAX_KEY: Final = 2_000  # bytes of UTF-8; a longer key is cut, as PostgreSQL's indexes hold at most 2,704
MAX_KEYS: Final = 65_535  # values in one frame
MAX_MESSAGE: Final = 64 * 2**20  # bytes of one message in parts, and of all unfinished ones together

_HEADER = struct.Struct("<HB")
_METRICS_HEAD = struct.Struct("<dqH")
_PART_HEAD = struct.Struct("<QB")
_KEY_LENGTH = struct.Struct("<H")
_MAX_PAYLOAD = MAX_PACKET - _HEADER.size
_MAX_LAYOUTS = 1_024  # tuples of keys remembered on either side
_FIRST_BATCH = 4  # packets looked at together before it is known whether they are alike


@dataclass(frozen=True, slots=True)
class Metrics:
    """Calls of `run.log` with the same keys, one directly after the other: a column per key, a row per call."""

    keys: tuple[str, ...]
    times: tuple[float, ...]  # Unix seconds
    steps: tuple[int, ...]  # NO_STEP where the call gave none
    columns: tuple[tuple[float, ...], ...]  # values, in the order of `keys`


class Layout:
    """How the values of one tuple of keys are packed; made once, used for every call with these keys."""

    __slots__ = ("_block", "_count", "_length", "_pack")

    def __init__(self, keys: Sequence[str]) -> None:
        self._block = b"".join(_key(key) for key in keys)
        self._count = len(keys)
        self._length = _METRICS_HEAD.size + 8 * self._count + len(self._block)
        fits = self._length <= _MAX_PAYLOAD
        self._pack = struct.Struct(f"<{'HB' if fits else 'B'}dqH{self._count}d").pack

    @property
    def fits(self) -> bool:
        """Whether a frame is one packet."""
        return self._length <= _MAX_PAYLOAD

    def packet(self, time: float, step: int, values: Iterable[Any]) -> bytes:
        """The one packet of these values; only if `fits`.

        Raises:
            struct.error: a value is no number, or the step has more than 64 bits.
        """
        return self._pack(self._length, METRICS, time, step, self._count, *values) + self._block

    def message(self, time: float, step: int, values: Iterable[Any]) -> bytes:
        """Kind and payload of a frame too large for a packet; only if not `fits`."""
        return self._pack(METRICS, time, step, self._count, *values) + self._block


def _key(key: str) -> bytes:
    text = str.encode(key, "utf-8", "backslashreplace")
    if len(text) > MAX_KEY:
        text = text[:MAX_KEY].decode("utf-8", "ignore").encode()
    return _KEY_LENGTH.pack(len(text)) + text


def encode_metrics(time: float, step: int | None, values: Mapping[str, float]) -> list[bytes]:
    """The packets of one call of `run.log`.

    Raises:
        struct.error: a value is no number, or the step has more than 64 bits.
    """
    keys = list(values)
    numbers = list(values.values())
    at = NO_STEP if step is None else step
    packets: list[bytes] = []
    for start in range(0, len(keys), MAX_KEYS):
        layout = Layout(keys[start : start + MAX_KEYS])
        part = numbers[start : start + MAX_KEYS]
        if layout.fits:
            packets.append(layout.packet(time, at, part))
        else:
            packets += split(layout.message(time, at, part))
    return packets


def encode_event(event: Mapping[str, Any]) -> list[bytes]:
    """The packets of an event; what JSON cannot hold in it becomes its repr."""
    try:
        payload = msgspec.json.encode(finite(event))
    except Exception:  # encoding runs code of the author's objects
        payload = msgspec.json.encode(as_json(dict(event)))
    if len(payload) <= _MAX_PAYLOAD:
        return [_HEADER.pack(len(payload), EVENT) + payload]
    return split(bytes((EVENT,)) + payload)


def split(message: bytes) -> list[bytes]:
    """A message (u8 kind, payload) as parts of one stream."""
    stream = int.from_bytes(os.urandom(8), "little")  # unique among forked writers without asking any of them
    room = _MAX_PAYLOAD - _PART_HEAD.size
    packets = []
    for start in range(0, len(message), room):
        piece = message[start : start + room]
        last = start + room >= len(message)
        packets.append(_HEADER.pack(_PART_HEAD.size + len(piece), PART) + _PART_HEAD.pack(stream, last) + piece)
    return packets


class Decoder:
    """Turns the bytes read from a pipe into what was said, in the order it was completed.

    Bytes may arrive cut anywhere. What is damaged is left out and counted, and never hides what follows it.
    """

    def __init__(self) -> None:
        self.dropped = 0  # messages that could not be read
        self._rest = b""
        self._streams: dict[int, list[bytes]] = {}
        self._pending = 0  # bytes of unfinished streams
        self._abandoned: set[int] = set()  # streams grown too large, of which more parts may come
        self._keys: dict[bytes, tuple[str, ...]] = {}
        self._alike: dict[tuple[int, int], struct.Struct] = {}  # packets of one length and count of values

    @property
    def unfinished(self) -> int:
        """Messages of which only a part has come; at the end of the pipe they are lost."""
        return len(self._streams) + bool(self._rest)

    def feed(self, data: bytes) -> list[Metrics | dict[str, Any]]:
        """What the bytes read so far complete.

        Args:
            data: the next bytes from the pipe
        """
        buffer = self._rest + data if self._rest else data
        found: list[Metrics | dict[str, Any]] = []
        position, end, most = 0, len(buffer), _FIRST_BATCH
        while end - position >= _HEADER.size:
            length, kind = _HEADER.unpack_from(buffer, position)
            stop = position + _HEADER.size + length
            if stop > end:
                break
            batch = self._batch(buffer, position, stop, most) if kind == METRICS else None
            if batch is None:
                self._message(kind, buffer[position + _HEADER.size : stop], found)
                position = stop
            else:
                found.append(batch)
                position += len(batch.steps) * (stop - position)
            # A loop logs the same keys again and again: the longer it has done so, the more is taken at once.
            most = 4 * most if batch is not None and len(batch.steps) == most else _FIRST_BATCH
        self._rest = buffer[position:]
        return found

    def _batch(self, buffer: bytes, position: int, stop: int, most: int) -> Metrics | None:
        """The packet from `position` to `stop` and those like it that follow, `most` at most; None if it is damaged."""
        size = stop - position
        head = _HEADER.size + _METRICS_HEAD.size
        if size < head:
            return None
        (count,) = _KEY_LENGTH.unpack_from(buffer, position + head - _KEY_LENGTH.size)
        block_at = head + 8 * count
        if block_at > size:
            return None
        block = buffer[position + block_at : stop]
        keys = self._known_keys(block)
        if keys is None or len(keys) != count:
            return None
        alike = self._alike.get((size, count))
        if alike is None:
            if len(self._alike) >= _MAX_LAYOUTS:
                self._alike.clear()
            alike = self._alike[size, count] = struct.Struct(f"<HBdqH{count}d{size - block_at}s")
        rows = min(most, (len(buffer) - position) // size)
        if rows < 2 or buffer[stop + block_at : stop + size] != block:  # another loop's turn: take this one alone
            _, _, time, step, _, *values, _ = alike.unpack_from(buffer, position)
            return Metrics(keys, (time,), (step,), tuple((value,) for value in values))
        packets = memoryview(buffer)[position : position + rows * size]
        lengths, kinds, times, steps, counts, *columns, blocks = zip(*alike.iter_unpack(packets), strict=True)
        header = (size - _HEADER.size, METRICS, count, block)
        for have, column in zip(header, (lengths, kinds, counts, blocks), strict=True):
            if column.count(have) != len(column):  # the others speak of something else
                rows = min(rows, next(at for at, other in enumerate(column) if other != have))
        return Metrics(keys, times[:rows], steps[:rows], tuple(column[:rows] for column in columns))

    def _known_keys(self, block: bytes) -> tuple[str, ...] | None:
        keys = self._keys.get(block)
        if keys is None:
            try:
                keys = _keys(block)
            except (ValueError, struct.error):
                return None
            if len(self._keys) >= _MAX_LAYOUTS:
                self._keys.clear()
            self._keys[block] = keys
        return keys

    def _message(self, kind: int, payload: bytes, found: list[Metrics | dict[str, Any]]) -> None:
        try:
            if kind == EVENT:
                found.append(_event(payload))
            elif kind == PART:
                whole = self._part(payload)
                if whole is not None:
                    found.append(_whole(whole))
            else:
                self.dropped += 1
        except (ValueError, RecursionError, struct.error):
            self.dropped += 1

    def _part(self, payload: bytes) -> bytes | None:
        stream, last = _PART_HEAD.unpack_from(payload)
        if stream in self._abandoned:
            if last:
                self._abandoned.discard(stream)
            return None
        pieces = self._streams.setdefault(stream, [])
        pieces.append(payload[_PART_HEAD.size :])
        self._pending += len(pieces[-1])
        too_much = self._pending > MAX_MESSAGE
        if last or too_much:
            del self._streams[stream]
            self._pending -= sum(len(piece) for piece in pieces)
        if too_much:
            if not last:
                self._abandoned.add(stream)
            raise ValueError("a message is larger than a supervisor keeps in memory")
        return b"".join(pieces) if last else None


def _whole(message: bytes) -> Metrics | dict[str, Any]:
    if message[:1] == bytes((METRICS,)):
        return _metrics(message[1:])
    if message[:1] == bytes((EVENT,)):
        return _event(message[1:])
    raise ValueError("joined parts are metrics or an event")


def _metrics(payload: bytes) -> Metrics:
    """One call of so many values that no packet holds them."""
    time, step, count = _METRICS_HEAD.unpack_from(payload)
    values = struct.unpack_from(f"<{count}d", payload, _METRICS_HEAD.size)
    keys = _keys(payload[_METRICS_HEAD.size + 8 * count :])
    if len(keys) != count:
        raise ValueError("as many keys as values were promised")
    return Metrics(keys, (time,), (step,), tuple((value,) for value in values))


def _event(payload: bytes) -> dict[str, Any]:
    event = msgspec.json.decode(payload)
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise ValueError("an event is an object with a type")  # noqa: TRY004 - damaged bytes, not a wrong argument
    return event


def _keys(block: bytes) -> tuple[str, ...]:
    keys, position = [], 0
    while position < len(block):
        (length,) = _KEY_LENGTH.unpack_from(block, position)
        position += _KEY_LENGTH.size + length
        if position > len(block):
            raise ValueError("a key is cut")
        keys.append(block[position - length : position].decode("utf-8", "replace").replace("\0", "\ufffd"))
    return tuple(keys)
