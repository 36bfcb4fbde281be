"""How columns of points become the bytes of a chunk, and back.

An open chunk is raw, since it is soon joined with others: steps, values, times and event numbers, eight bytes each, one
column after the other. A closed chunk, which is written once and read often, is packed column by column, each in the
shortest of the forms that were measured to be quick (65,536 points on one core: 4 ms to pack, 1.5 ms to unpack):

    RAW          the eight-byte values
    PROGRESSION  first value and stride, for steps that count up evenly
    DELTAS       first value, then the differences in the fewest bytes that hold them, by weight, deflated
    DEFLATED     the values, deflated, where a sample of them shrinks

Times are doubles; those of the years 2004 to 2038 are whole multiples of 2**-22 s, and so packed without loss as
integers. Everything is little-endian.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from flasklab.runs.buckets import Buckets, Raw
    from flasklab.runs.metrics import Points

OPEN: Final = 0  # codings of a chunk, kept in its row
CLOSED: Final = 1
BUCKETS: Final = 2

_RAW, _PROGRESSION, _DELTAS, _DEFLATED = range(4)
_HEAD = struct.Struct("<BI")  # form, bytes that follow
_TWO = struct.Struct("<qq")
_DELTA_HEAD = struct.Struct("<qB")  # first value, bytes of each difference
_CODES = "qddq"  # steps, values, times, event numbers
_TICKS = 2.0**22  # a second
_SAMPLE = 8_192  # bytes looked at to tell whether deflating is worth it
_WORTH = 0.8
_SWAP = sys.byteorder == "big"


def open_bytes(points: Points, first: int, last: int) -> bytes:
    """The points from `first` to before `last` as an open chunk."""
    columns = (points.steps, points.values, points.times, points.seqs)
    return b"".join(_bytes(code, column[first:last]) for code, column in zip(_CODES, columns, strict=True))


def _bytes(code: str, values: Sequence[float]) -> bytes:
    column: array[Any] = array(code, values)
    if _SWAP:
        column.byteswap()
    return column.tobytes()


def joined(chunks: Sequence[bytes]) -> bytes:
    """Open chunks, one after the other, as one."""
    if len(chunks) == 1:
        return chunks[0]
    quarters = [len(chunk) // len(_CODES) for chunk in chunks]
    return b"".join(
        chunk[at * size : (at + 1) * size]
        for at in range(len(_CODES))
        for chunk, size in zip(chunks, quarters, strict=True)
    )


def cut(chunk: bytes, first: int, last: int) -> bytes:
    """The points from `first` to before `last` of an open chunk."""
    size = len(chunk) // len(_CODES)
    return b"".join(chunk[at * size + 8 * first : at * size + 8 * last] for at in range(len(_CODES)))


def opened(chunk: bytes) -> tuple[array[int], array[float], array[float], array[int]]:
    """Steps, values, times and event numbers of an open chunk."""
    size = len(chunk) // len(_CODES)
    columns: list[array[Any]] = []
    for at, code in enumerate(_CODES):
        column: array[Any] = array(code, chunk[at * size : (at + 1) * size])
        if _SWAP:
            column.byteswap()
        columns.append(column)
    return columns[0], columns[1], columns[2], columns[3]


def closed_bytes(chunk: bytes) -> bytes:
    """An open chunk, packed."""
    steps, values, times, seqs = open_arrays(chunk)
    return b"".join((_packed_whole(steps), _packed_real(values), _packed_times(times), _packed_whole(seqs)))


def closed_arrays(chunk: bytes) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Steps, values, times and event numbers of a closed chunk."""
    steps, values, times, seqs = _unpacked(chunk, (False, True, True, False))
    return steps, values, times, seqs


def open_arrays(chunk: bytes) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Steps, values, times and event numbers of an open chunk, as arrays that share its memory."""
    import numpy as np

    size = len(chunk) // len(_CODES)
    steps, values, times, seqs = (
        np.frombuffer(chunk, f"<{'i8' if code == 'q' else 'f8'}", size // 8, at * size)
        for at, code in enumerate(_CODES)
    )
    return steps, values, times, seqs


def points_of(coding: int, chunk: bytes) -> Raw:
    """The points of a chunk, open or closed."""
    from flasklab.runs.buckets import Raw

    steps, values, times, _ = open_arrays(chunk) if coding == OPEN else closed_arrays(chunk)
    return Raw(steps=steps, values=values, times=times)


def bucket_bytes(buckets: Buckets) -> bytes:
    """Buckets, packed."""
    whole = (buckets.steps, buckets.low_steps, buckets.high_steps, buckets.numbers)
    times = (buckets.times, buckets.low_times, buckets.high_times)
    real = (buckets.low, buckets.high, buckets.means)
    return b"".join((*map(_packed_whole, whole), *map(_packed_times, times), *map(_packed_real, real)))


def buckets_of(chunk: bytes) -> Buckets:
    """The buckets of a packed chunk."""
    from flasklab.runs.buckets import Buckets

    columns = _unpacked(chunk, (False,) * 4 + (True,) * 6)
    steps, low_steps, high_steps, numbers, times, low_times, high_times, low, high, means = columns
    return Buckets(
        steps=steps,
        times=times,
        low=low,
        low_steps=low_steps,
        low_times=low_times,
        high=high,
        high_steps=high_steps,
        high_times=high_times,
        means=means,
        numbers=numbers,
    )


def _headed(form: int, data: bytes) -> bytes:
    return _HEAD.pack(form, len(data)) + data


def _packed_whole(values: NDArray[np.int64]) -> bytes:
    import numpy as np

    if len(values) < 2:
        return _headed(_RAW, values.astype("<i8").tobytes())
    with np.errstate(over="ignore"):
        differences = np.diff(values)  # wraps around, and so does the sum that undoes it
    stride = differences[0]
    if np.all(differences == stride):
        return _headed(_PROGRESSION, _TWO.pack(int(values[0]), int(stride)))
    least, most = int(differences.min()), int(differences.max())
    width = next(size for size in (1, 2, 4, 8) if -(1 << (8 * size - 1)) <= least and most < 1 << (8 * size - 1))
    narrow = differences.astype(f"<i{width}")
    planes = narrow.view(np.uint8).reshape(-1, width).T.tobytes()
    return _headed(_DELTAS, _DELTA_HEAD.pack(int(values[0]), width) + zlib.compress(planes, 1))


def _packed_times(times: NDArray[np.float64]) -> bytes:
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        ticks = times * _TICKS
    if len(times) > 1 and np.all(np.abs(ticks) < 2.0**62):
        whole = ticks.astype(np.int64)
        if np.array_equal(whole, ticks):
            return _packed_whole(whole)
    return _packed_real(times)


def _packed_real(values: NDArray[np.float64]) -> bytes:
    data = values.astype("<f8").tobytes()
    sample = data[:_SAMPLE]
    if len(zlib.compress(sample, 1)) < _WORTH * len(sample):
        return _headed(_DEFLATED, zlib.compress(data, 1))
    return _headed(_RAW, data)


def _unpacked(chunk: bytes, real: Sequence[bool]) -> list[NDArray[Any]]:
    """The columns of a packed chunk, doubles where `real` says so, else integers; all of one length."""
    import numpy as np

    parts: list[tuple[int, bytes]] = []
    position = 0
    for _ in real:
        form, size = _HEAD.unpack_from(chunk, position)
        position += _HEAD.size + size
        parts.append((form, chunk[position - size : position]))
    columns: list[NDArray[Any] | None] = [
        None if form == _PROGRESSION else _column(form, data, is_real=is_real)
        for (form, data), is_real in zip(parts, real, strict=True)
    ]
    length = next((len(column) for column in columns if column is not None), 0)
    found: list[NDArray[Any]] = []
    for column, (_, data), is_real in zip(columns, parts, real, strict=True):
        if column is None:
            first, stride = _TWO.unpack(data)
            with np.errstate(over="ignore"):
                column = first + stride * np.arange(length, dtype=np.int64)
            if is_real:
                column = column / _TICKS
        found.append(column)
    return found


def _column(form: int, data: bytes, *, is_real: bool) -> NDArray[Any]:
    import numpy as np

    if form == _DELTAS:
        first, width = _DELTA_HEAD.unpack_from(data)
        planes = np.frombuffer(zlib.decompress(data[_DELTA_HEAD.size :]), np.uint8)
        narrow = np.ascontiguousarray(planes.reshape(width, -1).T).view(f"<i{width}").ravel()
        values = np.empty(len(narrow) + 1, np.int64)
        values[0] = first
        with np.errstate(over="ignore"):
            np.cumsum(narrow, dtype=np.int64, out=values[1:])
            values[1:] += first
        return values / _TICKS if is_real else values
    raw = zlib.decompress(data) if form == _DEFLATED else data
    return np.frombuffer(raw, "<f8" if is_real else "<i8")
