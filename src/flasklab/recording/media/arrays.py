"""NumPy arrays and torch tensors: the whole array as a file, and what a page can draw of it."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from flasklab.recording.media.bundle import Bundle, Rendering
from flasklab.recording.media.images import encode_png
from flasklab.recording.media.texts import text_bundle
from flasklab.recording.plain import described
from flasklab.runs.artifacts import ARRAY
from flasklab.runs.json import finite

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

MAX_POINTS = 4_000  # of a curve
MAX_CELLS = 256  # of a heatmap along one axis
_MAX_PIXELS = 4_096  # of an image along one axis
_CHANNELS = (3, 4)
_MAX_DECIMALS = 200  # rounding multiplies by a power of ten, which must be finite
_NUMERIC = "biuf"  # kinds of dtype that are real numbers


def array(obj: Any) -> Bundle | None:
    """An array as `.npy`, and as an image (H x W x 3 or 4), heatmap (2-D), curve (1-D) or text."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    values = _as_numpy(obj, numpy)
    if values is None:
        return None
    if values.dtype.kind == "O":
        return text_bundle(described(obj, 100_000), "array")
    whole = Rendering(
        ending=".npy",
        media_type="application/x-npy",
        content=lambda path: _save(path, values),
        meta={"shape": list(values.shape), "dtype": str(values.dtype)},
    )
    picture = _picture(values)
    if picture is None and values.ndim == 0:
        return text_bundle(str(values.item()), "value")
    return Bundle(name="array", renderings=(picture or _summary(values), whole))


def _save(path: Path, values: NDArray[Any]) -> None:
    import numpy as np  # the array at hand shows that it is imported

    with path.open("wb") as file:
        np.save(file, values, allow_pickle=False)


def _as_numpy(obj: Any, numpy: Any) -> NDArray[Any] | None:
    if isinstance(obj, numpy.ma.MaskedArray) and obj.dtype.kind in _NUMERIC:
        return numpy.ma.filled(obj.astype(float), numpy.nan)  # type: ignore[no-any-return]  # numpy is Any here
    if isinstance(obj, (numpy.ndarray, numpy.generic)):
        return numpy.asarray(obj)  # type: ignore[no-any-return]  # as above
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(obj, torch.Tensor):
        return None
    tensor = obj.detach().cpu()
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    tensor = tensor.resolve_conj().resolve_neg()  # views that NumPy has no word for
    if tensor.is_floating_point() and tensor.dtype not in {torch.float16, torch.float32, torch.float64}:
        tensor = tensor.float()  # NumPy has no bfloat16
    values: NDArray[Any] = tensor.numpy()
    if values.ndim == 3 and values.shape[0] in _CHANNELS and values.shape[2] not in _CHANNELS:
        return values.transpose(1, 2, 0)  # torch has the channels first
    return values


def pictures(obj: Any) -> list[Any] | None:
    """The images of a batch: of an array of shape (n, height, width, 1, 3 or 4), or a tensor of (n, channels, ...)."""
    numpy = sys.modules.get("numpy")
    values = None if numpy is None else _as_numpy(obj, numpy)
    if values is None or values.ndim != 4 or values.dtype.kind not in _NUMERIC or not values.size:
        return None
    if values.shape[3] not in (1, *_CHANNELS) and values.shape[1] in (1, *_CHANNELS):
        values = values.transpose(0, 2, 3, 1)  # torch has the channels first
    return list(values) if values.shape[3] in (1, *_CHANNELS) else None


def grey_picture(obj: Any) -> Bundle | None:
    """A 2-D array in a gallery: an image in shades of grey rather than a heatmap, with the whole array as `.npy`."""
    bundle = array(obj)
    if bundle is None or bundle.renderings[0].media_type != ARRAY or len(bundle.renderings[0].meta["shape"]) < 2:
        return None
    import numpy as np  # the array at hand shows that it is imported

    values = _as_numpy(obj, np)
    if values is None:
        return None
    flat = values.reshape(values.shape[:2])
    return Bundle(name="image", renderings=(_image(np.stack([flat] * 3, axis=2)), *bundle.renderings[1:]))


def _picture(values: NDArray[Any]) -> Rendering | None:
    if values.dtype.kind not in _NUMERIC or values.size == 0:
        return None
    if values.ndim == 3 and values.shape[2] in _CHANNELS:  # height, width, channels
        return _image(values)
    if values.ndim == 3 and values.shape[2] == 1:  # height, width, one channel
        values = values[:, :, 0]
    if values.ndim == 2:  # rows and columns
        return _drawn(values, heatmap_cells(values))
    return _drawn(values, curve_points(values)) if values.ndim == 1 else None


def _drawn(values: NDArray[Any], data: dict[str, Any]) -> Rendering:
    low, high = extremes(values)
    meta = {"shape": list(values.shape), "dtype": str(values.dtype), "min": low, "max": high}
    return Rendering(
        ending=".array.json",
        media_type=ARRAY,
        content=msgspec.json.encode(finite(meta | data)),
        meta=meta,
    )


def extremes(values: NDArray[Any]) -> tuple[float | None, float | None]:
    """Smallest and largest finite value, (None, None) without any."""
    import numpy as np  # the array at hand shows that it is imported

    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else (None, None)


def heatmap_cells(values: NDArray[Any]) -> dict[str, Any]:
    """The means of at most 256 x 256 blocks of a 2-D array, row by row; NaN where none is finite."""
    import numpy as np  # the array at hand shows that it is imported

    rows, columns = (_starts(size, MAX_CELLS) for size in values.shape)
    cells = []
    for start, stop in zip(rows, [*rows[1:], values.shape[0]], strict=True):  # by rows, to copy little at a time
        block = values[start:stop].astype(np.float64)
        known = np.isfinite(block)
        sums = np.add.reduceat(np.where(known, block, 0.0).sum(axis=0), columns)
        counts = np.add.reduceat(known.sum(axis=0), columns)
        means = np.divide(sums, counts, out=np.full(len(columns), np.nan), where=counts > 0)
        cells.append(means)
    return {"data": _short(np.array(cells)).tolist()}


def _short(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers with the digits that colours can show: seven of the largest."""
    import numpy as np  # the array at hand shows that it is imported

    low, high = extremes(cells)
    largest = max(abs(low or 0.0), abs(high or 0.0))
    decimals = 7 - math.ceil(math.log10(largest)) if largest else 0
    return cells if abs(decimals) > _MAX_DECIMALS else np.round(cells, decimals)


def curve_points(values: NDArray[Any]) -> dict[str, Any]:
    """A 1-D array, or the smallest and the largest value of each of 2,000 stretches; `x` tells where."""
    import numpy as np  # the array at hand shows that it is imported

    if len(values) <= MAX_POINTS:
        return {"data": values.astype(np.float64).tolist()}
    starts = _starts(len(values), MAX_POINTS // 2)
    positions: list[int] = []
    for start, stop in zip(starts, [*starts[1:], len(values)], strict=True):
        stretch = values[start:stop].astype(np.float64)
        if np.isnan(stretch).all():
            positions.append(start)
            continue
        positions += sorted({start + int(np.nanargmin(stretch)), start + int(np.nanargmax(stretch))})
    return {"x": positions, "data": values[positions].astype(np.float64).tolist()}


def _starts(size: int, parts: int) -> list[int]:
    """Where each of at most `parts` stretches of nearly one length begins."""
    parts = min(size, parts)
    return [part * size // parts for part in range(parts)]


def _image(values: NDArray[Any]) -> Rendering:
    import numpy as np  # the array at hand shows that it is imported

    height, width = values.shape[:2]
    stride = max(1, math.ceil(max(height, width) / _MAX_PIXELS))
    pixels = values[::stride, ::stride]
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * 255
    elif pixels.dtype != np.uint8:
        pixels = _as_bytes(pixels)
    return Rendering(
        ending=".png",
        media_type="image/png",
        content=encode_png(np.ascontiguousarray(pixels)),
        meta={"width": width, "height": height},
    )


def _as_bytes(pixels: NDArray[Any]) -> NDArray[Any]:
    """Pixels as 0 to 255: floats in 0..1 are scaled, 0..255 is kept, the rest stretched to fit."""
    import numpy as np  # the array at hand shows that it is imported

    low, high = extremes(pixels)
    low, high = low or 0.0, high or 0.0
    numbers = np.nan_to_num(pixels.astype(np.float64), nan=0.0, posinf=high, neginf=low)
    if pixels.dtype.kind == "f" and low >= 0.0 and high <= 1.0:
        numbers = numbers * 255.0
    elif low < 0.0 or high > 255.0:  # what a byte holds
        numbers = (numbers - low) * (255.0 / ((high - low) or 1.0))
    return np.rint(numbers).clip(0, 255).astype(np.uint8)


def _summary(values: NDArray[Any]) -> Rendering:
    shape = " x ".join(map(str, values.shape))
    lines = [f"array of {shape}, {values.dtype}"]
    if values.size and values.dtype.kind in _NUMERIC:
        low, high = extremes(values)
        lines.append(f"min {low}, max {high}")
    lines.append(described(values, 10_000))
    return Rendering(ending=".txt", media_type="text/plain", content="\n".join(lines).encode())
