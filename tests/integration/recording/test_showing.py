"""Objects of real libraries, shown as authors show them."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import altair as alt
import matplotlib as mpl
import msgspec
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import polars as pl
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay

from flasklab import Audio, Histogram, Markdown
from flasklab.recording.proxy import record_locally, run

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.recording.memory import KeptFile, MemoryRecorder

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure


def shown(obj: Any, name: str | None = None, step: Any = None) -> list[KeptFile]:
    with record_locally() as recorded:
        run.show(obj, name=name, step=step)
    assert recorded.complaints == []
    keep.append(recorded)  # the files live as long as their recorder
    return recorded.files


keep: list[MemoryRecorder] = []


def picture(file: KeptFile) -> Image.Image:
    return Image.open(io.BytesIO(file.path.read_bytes()))


def content(file: KeptFile) -> Any:
    return msgspec.json.decode(file.path.read_bytes())


def test_a_figure_is_png_for_fine_screens_and_svg_with_text_as_text() -> None:
    figure, axes = plt.subplots(figsize=(4, 3))
    axes.plot([1, 2, 3])
    axes.set_title("Loss")
    png, svg = shown(figure, name="learning curve")
    assert (png.name, svg.name) == ("learning curve.png", "learning curve.svg")
    assert (png.media_type, svg.media_type) == ("image/png", "image/svg+xml")
    image = picture(png)
    assert png.meta == {"width": image.width, "height": image.height}
    assert abs(svg.meta["width"] / svg.meta["height"] - image.width / image.height) < 0.01
    assert 500 < image.width < 600  # 4 inches at 144 dots
    text = svg.path.read_text()
    assert ">Loss</text>" in text
    assert len(text) < 20_000


def test_the_same_figure_gives_the_same_bytes() -> None:
    def draw() -> Figure:
        figure = Figure()
        figure.subplots().plot([1, 2])
        return figure

    one, other = shown(draw()), shown(draw())
    assert [file.path.read_bytes() for file in one] == [file.path.read_bytes() for file in other]


def test_a_figure_that_pyplot_made_is_closed_and_others_are_left() -> None:
    figure, _ = plt.subplots()
    other, _ = plt.subplots()
    shown(figure)
    assert plt.get_fignums() == [other.number]
    shown(Figure())
    assert plt.get_fignums() == [other.number]
    plt.close(other)


def test_a_figure_closed_after_one_step_can_be_shown_at_the_next() -> None:
    figure, axes = plt.subplots()
    with record_locally() as recorded:
        for step in range(3):
            axes.plot([step])
            run.show(figure, name="field", step=step)
    assert [file.name for file in recorded.files if file.name.endswith("png")] == [
        "field (step 0).png",
        "field (step 1).png",
        "field (step 2).png",
    ]
    assert {file.step for file in recorded.shown["field"]} == {0, 1, 2}


def test_whatever_belongs_to_a_figure_shows_it() -> None:
    figure, grid = plt.subplots(1, 2, figsize=(3, 2))
    lines = grid[0].plot([1, 2], [[1, 2], [3, 4]])
    display = ConfusionMatrixDisplay(np.eye(2)).plot(ax=grid[1])
    for obj in (figure, grid, grid[0], lines, lines[0], display):
        assert [file.media_type for file in shown(obj)] == ["image/png", "image/svg+xml"]
    plt.plot([1])
    assert [file.media_type for file in shown(plt)] == ["image/png", "image/svg+xml"]
    assert plt.get_fignums() == []


def test_very_many_points_do_not_make_a_huge_svg() -> None:
    figure = Figure()
    axes = figure.subplots()
    points = np.random.default_rng(0).random((2, 30_000))
    scatter = axes.scatter(*points)
    _, svg = shown(figure)
    assert svg.path.stat().st_size < 200_000
    assert not scatter.get_rasterized()


def test_a_figure_that_cannot_be_drawn_is_shown_by_its_repr_instead() -> None:
    figure = Figure()
    figure.subplots().set_title("$\\notlatex{$")
    with record_locally() as recorded:
        run.show(figure)
    assert [file.media_type for file in recorded.files] == ["text/plain"]


def test_plotly_figures_are_kept_as_plotly_draws_them() -> None:
    (file,) = shown(go.Figure(go.Scatter(y=[1, 2, 3])), name="roc")
    assert (file.name, file.media_type) == ("roc.plotly.json", "application/vnd.plotly.v1+json")
    assert content(file)["data"][0]["type"] == "scatter"


def test_altair_charts_are_kept_as_their_specification_with_all_rows() -> None:
    frame = pd.DataFrame({"a": range(6000), "b": range(6000)})
    (file,) = shown(alt.Chart(frame).mark_point().encode(x="a", y="b"))
    spec = content(file)
    assert file.name == "chart.vega.json"
    assert f"vega-lite/v{file.media_type.split('.v')[-1].removesuffix('+json')}." in spec["$schema"]
    assert len(next(iter(spec["datasets"].values()))) == 6000


def test_a_pandas_frame_is_a_table_with_types_and_its_csv() -> None:
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "x": [0.5, np.inf],
            "t": ["a", None],
            "day": pd.to_datetime(pd.Series(["2026-01-02", None])),
            "ok": [True, False],
            "kind": pd.Categorical(["u", "v"]),
            "list": [[1], {"a": 2}],
        }
    )
    table, csv = shown(frame, name="measured")
    assert (table.name, csv.name) == ("measured.table.json", "measured.csv")
    assert table.meta == {"rows": 2, "columns": 7}
    found = content(table)
    assert [column["type"] for column in found["columns"]] == [
        "integer",
        "number",
        "text",
        "datetime",
        "boolean",
        "text",
        "text",
    ]
    assert found["data"] == [
        [1, None],
        [0.5, "Infinity"],
        ["a", None],
        ["2026-01-02T00:00:00", None],
        [True, False],
        ["u", "v"],
        ["[1]", "{'a': 2}"],
    ]
    assert (found["rows"], found["shown"]) == (2, 2)
    assert pd.read_csv(csv.path)["x"].tolist() == [0.5, np.inf]


def test_an_index_that_says_something_is_a_column() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=pd.MultiIndex.from_tuples([("x", 1), ("x", 2), ("y", 1)]))
    found = content(shown(frame)[0])
    assert [column["name"] for column in found["columns"]] == ["", "", "a"]
    assert found["data"][0] == ["x", "x", "y"]
    counted = content(shown(pd.Series(["b", "a", "b"], name="letter").value_counts())[0])
    assert [column["name"] for column in counted["columns"]] == ["letter", "count"]
    assert counted["data"] == [["b", "a"], [2, 1]]


def test_columns_of_one_name_or_several_levels_are_kept_apart() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert content(shown(frame)[0])["data"] == [[1], [2]]
    wide = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "min"), ("a", "max")]))
    assert [column["name"] for column in content(shown(wide)[0])["columns"]] == ["a / min", "a / max"]


def test_a_long_and_wide_table_is_cut_for_the_page_and_whole_in_its_csv() -> None:
    frame = pd.DataFrame(np.zeros((20_000, 3)))
    table, csv, parquet = shown(frame)
    assert (parquet.name, len(pd.read_parquet(parquet.path))) == ("table.parquet", 20_000)
    found = content(table)
    assert (found["rows"], found["shown"], len(found["data"][0])) == (20_000, 10_000, 10_000)
    assert len(pd.read_csv(csv.path)) == 20_000
    wide = content(shown(pd.DataFrame(np.zeros((3, 500))))[0])
    assert len(wide["columns"]) == len(wide["data"]) == 200


def test_a_polars_frame_is_a_table_with_nested_values_as_text() -> None:
    frame = pl.DataFrame({"a": [1, None], "b": [[1], None], "c": [float("nan"), 0.5], "d": ["x" * 2000, "y"]})
    table, csv, parquet = shown(frame)
    assert pl.read_parquet(parquet.path).equals(frame, null_equal=True)
    found = content(table)
    assert [column["type"] for column in found["columns"]] == ["integer", "text", "number", "text"]
    assert found["data"][:3] == [[1, None], ["[1]", None], ["NaN", 0.5]]
    assert len(found["data"][3][0]) == 1000
    assert pl.read_csv(csv.path).height == 2
    assert content(shown(pl.Series("s", [1, 2]))[0])["columns"] == [{"name": "s", "type": "integer"}]


def test_empty_tables_are_tables() -> None:
    for frame in (pd.DataFrame(), pl.DataFrame(), pd.DataFrame({"a": []})):
        assert content(shown(frame)[0])["rows"] == 0


def test_arrays_are_kept_whole_beside_what_is_drawn() -> None:
    values = np.random.default_rng(0).random((300, 300))
    drawn, whole = shown(values, name="field")
    assert (drawn.name, whole.name) == ("field.array.json", "field.npy")
    assert np.array_equal(np.load(whole.path, allow_pickle=False), values)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB", "I;16", "F", "LA"])
def test_pil_images_of_every_mode_are_png(mode: str) -> None:
    (file,) = shown(Image.new(mode, (4, 3)))
    assert (file.name, file.meta) == ("image.png", {"width": 4, "height": 3})
    assert picture(file).size == (4, 3)


def test_an_animation_stays_one() -> None:
    buffer = io.BytesIO()
    frames = [Image.new("L", (2, 2), colour) for colour in (0, 255)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    (file,) = shown(Image.open(buffer))
    assert file.name == "image.gif"
    assert getattr(picture(file), "n_frames", 1) == 2
    assert shown(buffer.getvalue())[0].media_type == "image/gif"


def test_a_scikit_learn_estimator_is_its_diagram() -> None:
    (file,) = shown(LogisticRegression())
    assert (file.name, file.media_type) == ("LogisticRegression.html", "text/html")


def test_a_list_of_pictures_is_a_gallery_and_a_list_of_values_is_json() -> None:
    files = shown([Image.new("L", (2, 2)), Image.new("L", (3, 3))], name="digits")
    assert [file.name for file in files] == ["digits/1.png", "digits/2.png"]
    assert [(file.shown, file.meta["caption"]) for file in files] == [("digits", "1"), ("digits", "2")]
    assert shown([1, 2])[0].media_type == "application/json"


def test_a_column_of_several_types_makes_no_parquet_and_no_complaint() -> None:
    frame = pd.DataFrame({"mixed": [1, "a", None]})
    assert [file.media_type for file in shown(frame)][1:] == ["text/csv"]
    late = pd.DataFrame({"mixed": ["a"] * 2000 + [1]})  # told only by pyarrow itself
    assert [file.media_type for file in shown(late)][1:] == ["text/csv"]


def test_galleries_of_figures_steps_and_batches_are_one_thing_each() -> None:
    figures = [Figure(), Figure()]
    assert [file.name for file in shown(figures, name="two")] == ["two/1.png", "two/1.svg", "two/2.png", "two/2.svg"]
    stepped = shown([Image.new("L", (2, 2)) for _ in range(12)], name="digits", step=3)
    assert stepped[0].name == "digits (step 3)/01.png"
    grey = shown(np.zeros((3, 8, 8, 1)), name="batch")
    assert [file.name for file in grey if file.name.endswith("png")] == ["batch/1.png", "batch/2.png", "batch/3.png"]
    assert picture(grey[0]).size == (8, 8)
    flat = shown([np.eye(4), np.eye(4)])
    assert [file.media_type for file in flat][:2] == ["image/png", "application/x-npy"]
    assert {file.shown for file in flat} == {"images"}


def test_a_list_with_pictures_and_tables_shows_each_as_what_it_is() -> None:
    files = shown([Image.new("L", (2, 2)), pd.DataFrame({"a": [1]}), Image.new("L", (2, 2))], name="mixed")
    assert [file.name for file in files if file.media_type == "image/png"] == ["mixed 2/1.png", "mixed 2/2.png"]
    assert "mixed.csv" in {file.name for file in files}


def test_sound_markdown_and_histograms_are_shown_as_such() -> None:
    (sound,) = shown(Audio([0.0, 0.5, -0.5], rate=8000), name="tone")
    assert (sound.name, sound.media_type, sound.meta["channels"]) == ("tone.wav", "audio/wav", 1)
    (text,) = shown(Markdown("# Title"), name="notes")
    assert (text.name, text.media_type, text.path.read_text()) == ("notes.md", "text/markdown", "# Title")
    for obj in (Histogram([1, 2, 2]), np.histogram(np.array([1, 2, 2]))):
        drawn, csv = shown(obj, name="counts", step=1)
        assert drawn.name == "counts (step 1).histogram.json"
        assert sum(pd.read_csv(csv.path)["count"]) == 3


class Hostile:
    """Answers to every name with an error, says that it is of another class, and cannot even say what it is."""

    @property  # type: ignore[misc]  # what proxies do
    def __class__(self) -> Any:
        raise RuntimeError("no class")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class Agreeable:
    """Answers to every name with itself."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self

    def __iter__(self) -> Any:
        return iter(())

    def __repr__(self) -> str:
        return "whatever you say"


@pytest.mark.parametrize(
    ("make", "text"), [(Hostile, "<Hostile object whose repr fails>"), (Agreeable, "whatever you say")]
)
def test_an_object_that_resists_being_asked_is_its_repr(make: Any, text: str) -> None:
    (file,) = shown(make(), name="it")
    assert (file.name, file.path.read_text()) == ("it.txt", text)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((0,)),
        np.zeros((0, 3)),
        np.zeros((3, 0, 3)),
        np.array(3.5),
        np.array([True, False]),
        np.array([1 + 2j, 3]),
        np.array([("a", 1)], dtype=[("name", "U3"), ("n", "i4")]),
        np.array([{"a": 1}, None], dtype=object),
        np.array(["2026-11-24", "NaT"], dtype="datetime64[D]"),
        np.ma.masked_array([1, 2, 3], mask=[False, True, False]),
        np.ma.masked_array(np.eye(3), mask=np.eye(3) > 0),
        np.full((4, 4), np.nan),
        np.array([np.inf, -np.inf, np.nan]),
        np.zeros((2, 2, 2, 2, 2)),
        np.array(["text", "texts"]),
        np.array([1, 2], dtype=np.float16),
        np.zeros((5, 5, 2)),
        np.array([b"ab", b"c"]),
    ],
    ids=lambda values: f"{values.dtype} {values.shape}",
)
def test_no_array_is_too_odd_to_be_shown(values: Any) -> None:
    assert shown(values)


def test_large_arrays_are_drawn_from_few_numbers() -> None:
    long, _ = shown(np.arange(10_000_000, dtype=np.float32))
    assert long.path.stat().st_size < 200_000
    wide, _ = shown(np.ones((5000, 5000), dtype=np.uint8))
    assert np.shape(content(wide)["data"]) == (256, 256)


def test_files_and_folders_are_shown_by_their_types(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.csv").write_text("x\n1\n")
    (tmp_path / "b.html").write_text("<p>")
    (file,) = shown(tmp_path / "b.html")
    assert (file.name, file.media_type) == ("b.html", "text/html")
    assert [file.name for file in shown(tmp_path)] == ["b.html", "sub/a.csv"]
    assert shown(tmp_path / "missing")[0].media_type == "text/plain"


class Stubborn:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("obj", "media_type", "text"),
    [
        ("# plain", "text/plain", "# plain"),
        (3, "text/plain", "3"),
        (None, "text/plain", "None"),
        ({"a": {1, 2}}, "application/json", '{\n  "a": [\n    1,\n    2\n  ]\n}'),
        (Stubborn(), "text/plain", "<Stubborn object whose repr fails>"),
        (range(3), "text/plain", "range(0, 3)"),
    ],
)
def test_anything_else_is_text_or_json(obj: Any, media_type: str, text: str) -> None:
    (file,) = shown(obj)
    assert file.media_type == media_type
    assert file.path.read_text() == text


def test_a_wrong_step_or_name_does_not_hide_the_object() -> None:
    with record_locally() as recorded:
        run.show("text", name=3, step="x")  # type: ignore[arg-type]  # what authors may do
    assert [(file.shown, file.step) for file in recorded.files] == [("3", None)]
    assert recorded.dropped == 1


def test_a_full_disk_is_counted_and_leaves_nothing_half_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with record_locally() as recorded:
        monkeypatch.setattr("os.fsync", full)
        run.show(Image.new("L", (2, 2)))
        run.save("a.txt", "text")
        monkeypatch.undo()
    assert recorded.files == []
    assert recorded.dropped >= 2
    assert [path for path in recorded.staging.rglob("*") if path.is_file() and path.parent.name != "names"] == []


def test_nothing_is_imported_to_show_something() -> None:
    code = (
        "import sys\n"
        "from flasklab.recording.proxy import record_locally, run\n"
        "with record_locally() as r:\n"
        "    run.show({'a': 1}); run.show(object()); run.show('x'); run.save('a.json', [1]); run.log(a=1)\n"
        "names = 'numpy pandas polars matplotlib plotly altair PIL torch pydantic flask sqlalchemy'.split()\n"
        "assert len(r.files) == 4\n"
        "print([name for name in names if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
