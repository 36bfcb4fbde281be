from __future__ import annotations

import io
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from flasklab.recording.media.arrays import array
from flasklab.recording.media.images import encode_png


def first(obj: Any) -> Any:
    bundle = array(obj)
    assert bundle is not None
    return bundle.renderings[0]


def drawn(obj: Any) -> Any:
    rendering = first(obj)
    assert rendering.ending == ".array.json"
    return msgspec.json.decode(rendering.content)


def pixels(obj: Any) -> Any:
    rendering = first(obj)
    assert rendering.media_type == "image/png"
    return np.asarray(Image.open(io.BytesIO(rendering.content)))


def test_a_small_matrix_is_a_heatmap_of_its_cells() -> None:
    found = drawn(np.array([[1.0, 2.0], [np.nan, np.inf]]))
    assert found == {
        "shape": [2, 2],
        "dtype": "float64",
        "min": 1.0,
        "max": 2.0,
        "data": [[1.0, 2.0], ["NaN", "NaN"]],
    }


def test_a_large_matrix_is_a_heatmap_of_means_with_the_extremes_of_all() -> None:
    values = np.zeros((1000, 700), dtype=np.float32)
    values[0, 0] = 100.0
    values[:, 350:] = 2.0
    found = drawn(values)
    cells = np.array(found["data"])
    assert cells.shape == (256, 256)
    assert found["max"] == 100.0
    assert 0 < cells[0, 0] < 100
    assert cells[100, 0] == 0.0
    assert cells[100, 255] == 2.0
    assert cells.mean() == pytest.approx(1.0, abs=0.01)


def test_blocks_of_a_heatmap_leave_out_what_is_not_finite() -> None:
    values = np.ones((512, 512))
    values[::2] = np.nan
    assert np.all(np.array(drawn(values)["data"]) == 1.0)


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1.0, 1e12, 1e300])
def test_cells_keep_what_matters_of_numbers_of_any_size(scale: float) -> None:
    cells = np.array(drawn(np.array([[1 / 3, 2 / 3]]) * scale)["data"])
    assert cells / scale == pytest.approx(np.array([[1 / 3, 2 / 3]]), rel=1e-6)


def test_a_short_vector_is_a_curve_of_all_its_points() -> None:
    assert drawn(np.array([True, False]))["data"] == [1.0, 0.0]


def test_a_long_vector_keeps_its_peaks() -> None:
    values = np.sin(np.linspace(0, 100, 1_000_000))
    values[[123_456, 777_777]] = [50.0, -60.0]
    values[500_000:510_000] = np.nan
    found = drawn(values)
    assert len(found["data"]) == len(found["x"]) <= 4000
    assert found["data"][found["x"].index(123_456)] == 50.0
    assert found["data"][found["x"].index(777_777)] == -60.0
    assert found["x"] == sorted(set(found["x"]))
    assert found["x"][-1] > 999_000


@pytest.mark.parametrize("channels", [3, 4])
def test_bytes_in_three_or_four_channels_are_the_image_itself(channels: int) -> None:
    values = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    assert np.array_equal(pixels(values), values)
    assert first(values).meta == {"width": 7, "height": 5}


def test_pixels_of_other_types_are_brought_to_bytes() -> None:
    ones = np.ones((2, 2, 3))
    assert pixels(ones * 0.5)[0, 0, 0] == 128
    assert pixels(ones.astype(bool))[0, 0, 0] == 255
    assert pixels((ones * 200).astype(np.int64))[0, 0, 0] == 200
    wide = ones * 1000
    wide[0, 0] = -1000
    assert (pixels(wide)[0, 0, 0], pixels(wide)[1, 1, 0]) == (0, 255)
    wide[0, 1] = np.nan
    assert pixels(wide).shape == (2, 2, 3)


def test_a_huge_image_is_thinned_out_but_its_size_is_told() -> None:
    rendering = first(np.zeros((5, 10_000, 3), dtype=np.uint8))
    assert rendering.meta == {"width": 10_000, "height": 5}
    assert Image.open(io.BytesIO(rendering.content)).width <= 4096


def test_one_channel_is_a_heatmap() -> None:
    assert drawn(np.zeros((2, 3, 1)))["data"] == [[0.0] * 3] * 2


@pytest.mark.parametrize(
    "values", [np.zeros((2, 3, 4, 5)), np.zeros(0), np.array(["a"]), np.zeros(3, dtype=complex), np.zeros((0, 3))]
)
def test_other_arrays_are_told_in_text_and_kept_whole(values: Any) -> None:
    bundle = array(values)
    assert bundle is not None
    assert [rendering.ending for rendering in bundle.renderings] == [".txt", ".npy"]


def test_a_masked_value_is_not_shown() -> None:
    found = drawn(np.ma.array([[1, 2], [3, 4]], mask=[[True, False], [False, False]]))
    assert found["data"] == [["NaN", 2.0], [3.0, 4.0]]


def test_arrays_of_objects_are_never_pickled() -> None:
    bundle = array(np.array([object()], dtype=object))
    assert bundle is not None
    assert [rendering.ending for rendering in bundle.renderings] == [".txt"]


def test_scalars_are_text() -> None:
    assert first(np.float64(2.5)).content == b"2.5"
    assert array(2.5) is None


def test_png_is_written_as_a_reader_expects_it() -> None:
    values = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    image = Image.open(io.BytesIO(encode_png(values)))
    image.verify()
    assert image.mode == "RGB"
