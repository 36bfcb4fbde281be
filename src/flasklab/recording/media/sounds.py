"""Sounds: samples become a WAV file without any library."""

from __future__ import annotations

import array
import io
import math
import sys
import wave
from dataclasses import dataclass
from typing import Any

from flasklab.recording.media.bundle import Bundle, Rendering

_MOST_RATE = 768_000  # samples a second, the most that any sound card plays
_LARGEST = 32_767  # of 16 bits
_MOST_CHANNELS = 8


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound for `run.show`, played on the run's page.

    Args:
        samples: numbers of Python, NumPy or torch: of shape (time,), (time, channels) or (channels, time); floats from
            -1 to 1 (louder ones are scaled down together), or integers of 16 bits
        rate: samples a second
    """

    samples: Any
    rate: int = 16_000


def audio(obj: Any) -> Bundle | None:
    """An `Audio` as WAV of 16 bits.

    Raises:
        ValueError: its samples or its rate are none.
    """
    if not isinstance(obj, Audio):
        return None
    content, channels, length = encode_wav(obj.samples, obj.rate)
    meta = {"seconds": round(length / obj.rate, 3), "channels": channels, "rate": int(obj.rate)}
    return Bundle(
        name="audio",
        renderings=(Rendering(ending=".wav", media_type="audio/wav", content=content, meta=meta),),
    )


def encode_wav(samples: Any, rate: int) -> tuple[bytes, int, int]:
    """WAV of 16 bits, how many channels it has, and samples in each.

    Raises:
        ValueError: not one or two dimensions, too many channels, or no sensible rate.
    """
    import numpy as np  # a dependency, imported by what asks for it

    if not 1 <= rate <= _MOST_RATE:
        raise ValueError(f"rate={rate} is not between 1 and {_MOST_RATE:,} samples a second")
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(samples, torch.Tensor):
        samples = samples.detach().cpu()
        samples = (samples.float() if samples.is_floating_point() else samples).numpy()
    values = np.asarray(samples)
    if values.ndim == 1:
        values = values[:, np.newaxis]
    if values.ndim != 2 or values.dtype.kind not in "iuf":
        raise ValueError(f"samples of shape {values.shape} and type {values.dtype} are no sound")
    if values.shape[1] > _MOST_CHANNELS and values.shape[0] <= _MOST_CHANNELS:
        values = values.T  # channels first, as torchaudio has them
    if not 1 <= values.shape[1] <= _MOST_CHANNELS:
        raise ValueError(f"{values.shape[1]} channels are more than {_MOST_CHANNELS}")
    if values.dtype.kind == "f":
        loud = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=1.0, neginf=-1.0)
        peak = float(np.abs(loud).max()) if loud.size else 0.0
        values = np.rint(loud * (_LARGEST / (peak if peak > 1.0 and math.isfinite(peak) else 1.0)))
    packed = array.array("h", values.clip(-_LARGEST - 1, _LARGEST).astype(np.int16).tobytes())
    if sys.byteorder == "big":
        packed.byteswap()
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(values.shape[1])
        file.setsampwidth(2)
        file.setframerate(int(rate))
        file.writeframes(packed.tobytes())
    return buffer.getvalue(), int(values.shape[1]), int(values.shape[0])
