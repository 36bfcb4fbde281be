from __future__ import annotations

import io
import wave
from typing import Any

import numpy as np
import pytest

from flasklab.recording.media.sounds import Audio, audio, encode_wav


def played(samples: Any, rate: int = 8000) -> tuple[wave._wave_params, Any]:
    content, _, _ = encode_wav(samples, rate)
    with wave.open(io.BytesIO(content)) as file:
        return file.getparams(), np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


def test_floats_become_sixteen_bits() -> None:
    about, values = played([0.0, 1.0, -1.0, 0.5])
    assert (about.nchannels, about.sampwidth, about.framerate, about.nframes) == (1, 2, 8000, 4)
    assert values.tolist() == [0, 32767, -32767, 16384]


def test_too_loud_and_not_finite_samples_are_brought_into_range() -> None:
    assert played([0.0, 2.0, -1.0])[1].tolist() == [0, 32767, -16384]
    assert played([np.nan, np.inf, -np.inf])[1].tolist() == [0, 32767, -32767]


def test_integers_are_kept_and_channels_may_come_first_or_last() -> None:
    stereo = np.array([[1, -1], [2, -2], [3, -3]] * 10, dtype=np.int16)
    last, values = played(stereo)
    first, same = played(stereo.T)
    assert (last.nchannels, first.nchannels, first.nframes) == (2, 2, 30)
    assert values.tolist() == same.tolist() == stereo.ravel().tolist()


@pytest.mark.parametrize(
    ("samples", "rate"), [([0.0], 0), (np.zeros((2, 2, 2)), 8000), (["a"], 8000), (np.zeros((100, 100)), 8000)]
)
def test_what_is_no_sound_is_refused(samples: Any, rate: int) -> None:
    with pytest.raises(ValueError, match=r"sound|rate|channels"):
        encode_wav(samples, rate)


def test_a_sound_says_how_long_it_is() -> None:
    bundle = audio(Audio(np.zeros(12_000), rate=8000))
    assert bundle is not None
    assert bundle.renderings[0].meta == {"seconds": 1.5, "channels": 1, "rate": 8000}
    assert audio([0.0]) is None
