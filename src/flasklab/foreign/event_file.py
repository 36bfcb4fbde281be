"""TensorBoard's event files: TFRecords that hold protocol buffers, of which only the fields that are needed are read.

A record is its length (64 bits), the masked CRC-32C of that, its bytes, and the masked CRC-32C of those
(https://www.tensorflow.org/tutorials/load_data/tfrecord). The messages are Event, Summary, TensorProto and
HParamsPluginData of TensorFlow and TensorBoard.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = struct.Struct("<QI")
_CRC = struct.Struct("<I")
_MOST = 1 << 28  # bytes of a record
_CHECKED = 1 << 14  # bytes of a record up to which its checksum is looked at: scalars are short
_FLOATS = {1: "<f", 2: "<d", 3: "<i", 9: "<q"}  # by TensorProto.dtype
_TYPED = {1: (5, "<f"), 2: (6, "<d")}  # field of the values where there is no tensor_content
_VARINTS = {3: 7, 9: 10}


@dataclass(slots=True, kw_only=True)
class Event:
    """What one record says."""

    time: float = 0.0  # Unix seconds
    step: int = 0
    scalars: dict[str, float] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)  # tags of what is no scalar
    params: dict[str, Any] = field(default_factory=dict)


def events_of(stream: BinaryIO) -> Iterator[Event]:
    """The events of a file, up to where it is cut short.

    Raises:
        ValueError: it is damaged.
    """
    while True:
        head = stream.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return
        length, check = _LENGTH.unpack(head)
        if _masked(head[:8]) != check or length > _MOST:
            raise ValueError("a record's length is damaged")
        data = stream.read(length)
        tail = stream.read(_CRC.size)
        if len(data) < length or len(tail) < _CRC.size:
            return  # it was being written
        if length <= _CHECKED and _masked(data) != _CRC.unpack(tail)[0]:
            raise ValueError("a record is damaged")
        yield _event(data)


def _event(data: bytes) -> Event:
    event = Event()
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            event.time = struct.unpack("<d", value)[0]
        elif number == 2 and isinstance(value, int):
            event.step = value - 2**64 if value >= 2**63 else value
        elif number == 5 and isinstance(value, bytes):
            for inner, part in _fields(value):
                if inner == 1 and isinstance(part, bytes):
                    _summary_value(part, event)
    return event


def _summary_value(data: bytes, event: Event) -> None:
    found: dict[int, Any] = dict(_fields(data))
    tag = found.get(1, b"").decode("utf-8", "replace")
    plugin = dict(_fields(dict(_fields(found.get(9, b""))).get(1, b"")))  # type: ignore[arg-type]  # a message
    name = plugin.get(1, b"")
    if name == b"hparams":
        event.params |= _hparams(plugin.get(2, b""))
    elif 2 in found:
        event.scalars[tag] = struct.unpack("<f", found[2])[0]
    elif 8 in found and name in (b"", b"scalars") and (value := _scalar(found[8])) is not None:
        event.scalars[tag] = value
    else:
        event.others.append(tag)


def _scalar(tensor: bytes) -> float | None:
    found: dict[int, Any] = dict(_fields(tensor))
    kind, content = found.get(1), found.get(4, b"")
    if not isinstance(kind, int) or any(number == 2 for number, _ in _fields(found.get(2, b""))):
        return None  # it has dimensions
    if kind in _FLOATS and len(content) == struct.calcsize(_FLOATS[kind]):
        return float(struct.unpack(_FLOATS[kind], content)[0])
    where, code = _TYPED.get(kind, (0, ""))
    if where in found and isinstance(found[where], bytes) and len(found[where]) == struct.calcsize(code):
        return float(struct.unpack(code, found[where])[0])
    packed = found.get(_VARINTS.get(kind, 0))
    if isinstance(packed, bytes) and packed:
        packed = _varint(packed, 0)[0]
    return float(packed - 2**64 if packed >= 2**63 else packed) if isinstance(packed, int) else None


def _hparams(data: Any) -> dict[str, Any]:
    """The parameters of HParamsPluginData.session_start_info: a map of google.protobuf.Value."""
    params: dict[str, Any] = {}
    for number, started in _fields(data):
        if number == 3 and isinstance(started, bytes):
            for inner, entry in _fields(started):
                if inner == 1 and isinstance(entry, bytes):
                    pair: dict[int, Any] = dict(_fields(entry))
                    params[pair.get(1, b"").decode("utf-8", "replace")] = _value(pair.get(2, b""))
    return params


def _value(data: bytes) -> Any:
    for number, value in _fields(data):
        if number == 2 and isinstance(value, bytes):
            real = struct.unpack("<d", value)[0]
            return int(real) if real == real // 1 and abs(real) < 2**53 else real
        if number == 3 and isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        if number == 4:
            return bool(value)
    return None


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of a message's fields; fixed ones as their bytes.

    Raises:
        ValueError: it is no message.
    """
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if kind == 2:
            length, position = _varint(data, position)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError("a message has a field of an unknown kind")
        if position + length > len(data):
            raise ValueError("a message is cut short")
        yield number, data[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(data) and shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a number is cut short")


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def _masked(data: bytes) -> int:
    """CRC-32C (Castagnoli), rotated and shifted by a constant."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
