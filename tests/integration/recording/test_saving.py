"""Files as authors save them, read back by the libraries they are for."""

from __future__ import annotations

import io
import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import altair as alt
import joblib
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import polars as pl
import pytest
from matplotlib.figure import Figure
from PIL import Image
from sklearn.linear_model import LogisticRegression

from flasklab.recording.proxy import record_locally, run


def saved(name: str, *obj: Any) -> bytes:
    with record_locally() as recorded:
        path = run.save(name, *obj)
    assert recorded.complaints == []
    assert path.is_file()
    assert [file.name for file in recorded.files] == [name]
    content = recorded.saved[name].read_bytes()
    assert content == path.read_bytes()
    return content


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".jsonl", ".json", ".feather", ".xlsx"])
def test_pandas_frames_come_back_from_every_format(ending: str) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    readers: dict[str, Any] = {
        ".csv": pd.read_csv,
        ".tsv": lambda file: pd.read_csv(file, sep="\t"),
        ".parquet": pd.read_parquet,
        ".json": pd.read_json,
        ".jsonl": lambda file: pd.read_json(file, lines=True),
        ".feather": pd.read_feather,
        ".xlsx": pd.read_excel,
    }
    back = readers[ending](io.BytesIO(saved(f"tables/frame{ending}", frame)))
    assert back.to_dict("list") == frame.to_dict("list")


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".jsonl", ".json", ".arrow"])
def test_polars_frames_come_back_from_every_format(ending: str) -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    readers: dict[str, Any] = {
        ".csv": pl.read_csv,
        ".tsv": lambda file: pl.read_csv(file, separator="\t"),
        ".parquet": pl.read_parquet,
        ".json": pl.read_json,
        ".jsonl": pl.read_ndjson,
        ".arrow": pl.read_ipc,
    }
    assert readers[ending](io.BytesIO(saved(f"frame{ending}", frame))).equals(frame)


def test_an_index_that_says_something_is_saved_with_its_frame() -> None:
    series = pd.Series([1, 2], index=pd.Index(["a", "b"], name="letter"), name="count")
    assert saved("s.csv", series).decode().splitlines() == ["letter,count", "a,1", "b,2"]


def test_arrays_come_back_from_every_format() -> None:
    values = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(np.load(io.BytesIO(saved("a.npy", values))), values)
    assert np.array_equal(np.load(io.BytesIO(saved("a.npz", values)))["arr_0"], values)
    several = np.load(io.BytesIO(saved("b.npz", {"w": values, "b": [1, 2]})))
    assert np.array_equal(several["w"], values)
    assert several["b"].tolist() == [1, 2]
    assert np.array_equal(np.loadtxt(io.BytesIO(saved("a.csv", values)), delimiter=","), values)


def test_arrays_of_objects_are_refused_rather_than_pickled() -> None:
    with record_locally() as recorded:
        run.save("a.npy", np.array([object()], dtype=object))
    assert (recorded.files, recorded.dropped) == ([], 1)


def test_models_come_back_from_joblib_and_pickle() -> None:
    model = LogisticRegression(C=0.25)
    assert joblib.load(io.BytesIO(saved("model.joblib", model))).C == 0.25
    assert pickle.loads(saved("model.pkl", model)).C == 0.25  # noqa: S301 - written two lines above


def test_figures_images_and_charts_are_written_by_their_endings() -> None:
    figure = Figure(figsize=(1, 1))
    figure.subplots()
    assert saved("a.png", figure).startswith(b"\x89PNG")
    assert saved("a.pdf", figure).startswith(b"%PDF")
    assert b"<svg" in saved("a.svg", figure)
    assert saved("a.jpg", Image.new("RGB", (2, 2))).startswith(b"\xff\xd8")
    assert b"plotly" in saved("a.html", go.Figure())
    assert json.loads(saved("p.json", go.Figure(go.Bar(y=[1]))))["data"][0]["type"] == "bar"
    chart = alt.Chart(pd.DataFrame({"a": [1]})).mark_bar().encode(x="a")
    assert "$schema" in json.loads(saved("c.json", chart))


def test_text_bytes_and_plain_values_are_written_as_they_are() -> None:
    assert saved("a.txt", "é\n") == "é\n".encode()
    assert saved("a.unknown", b"\0\1") == b"\0\1"
    assert saved("b.bin", io.BytesIO(b"in memory")) == b"in memory"
    assert saved("dumped.json", json.dumps({"a": 1})) == b'{"a": 1}'
    assert json.loads(saved("a.json", {"a": np.float32(0.5), "b": float("nan")})) == {"a": 0.5, "b": "NaN"}
    assert saved("a.jsonl", [{"a": 1}, {"a": 2}]) == b'{"a":1}\n{"a":2}\n'


def test_a_file_written_to_the_work_folder_is_kept_by_its_name() -> None:
    with record_locally() as recorded:
        (run.workdir / "sub").mkdir()
        (run.workdir / "sub" / "a.bin").write_bytes(b"mine")
        path = run.save("sub/a.bin")
        (run.workdir / "sub" / "a.bin").write_bytes(b"changed later")
    assert path == recorded.workdir / "sub" / "a.bin"
    assert recorded.saved["sub/a.bin"].read_bytes() == b"mine"


def test_a_file_in_the_current_folder_is_found_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.txt").write_text("here")
    with record_locally() as recorded:
        assert run.save("here.txt").is_absolute()
    assert recorded.saved["here.txt"].read_text() == "here"


def test_a_path_is_copied_and_a_folder_with_all_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "deep" / "b.txt").write_text("b")
    os.mkfifo(folder / "pipe")
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    with record_locally() as recorded:
        assert run.save("copy.txt", folder / "a.txt") == folder / "a.txt"
        run.save("weights", folder)
    assert {name: path.read_text() for name, path in recorded.saved.items()} == {
        "copy.txt": "a",
        "weights/a.txt": "a",
        "weights/deep/b.txt": "b",
    }
    assert recorded.complaints == []


@pytest.mark.parametrize("name", ["/etc/cron.d/x", "../outside.txt", "a/../../x", "", "a\0b"])
def test_names_that_leave_the_folder_are_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with record_locally() as recorded:
        path = run.save(name, "text")
        assert recorded.workdir in path.parents
        written = [found for found in recorded.workdir.parent.rglob("*") if found.is_file()]
    assert (recorded.files, recorded.dropped, written) == ([], 1, [])


@pytest.mark.parametrize(
    ("name", "obj", "reason"),
    [
        ("a.foo", object(), "cannot be written as 'a.foo'"),
        ("a.parquet", {"a": 1}, "cannot be written as 'a.parquet'"),
        ("missing.txt", Path("/nowhere/missing.txt"), "there is no file"),
        ("a.pkl", (lambda: 1), "pickle"),
        (b"bytes", "text", "the name cannot be used"),
        (3, "text", "the name cannot be used"),
    ],
)
def test_what_cannot_be_saved_is_said_and_leaves_no_half_written_file(name: Any, obj: Any, reason: str) -> None:
    with record_locally() as recorded:
        run.save(name, obj)
        left = [found for found in recorded.workdir.rglob("*") if found.is_file()]
    assert (recorded.files, left) == ([], [])
    assert reason.lower() in recorded.complaints[0].lower()


def test_what_needs_a_package_that_is_missing_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with record_locally() as recorded:
        run.save("a.pt", {"w": 1})
    assert "needs the package 'torch'" in recorded.complaints[0]
    assert recorded.files == []


def test_a_failed_save_leaves_the_earlier_file_as_it_was() -> None:
    with record_locally() as recorded:
        run.save("a.json", {"a": 1})
        run.save("a.json", Path("/nowhere"))
        run.save("a.pkl", 1)
        run.save("a.pkl", lambda: 2)
        assert pickle.loads((run.workdir / "a.pkl").read_bytes()) == 1  # noqa: S301 - written two lines above
    assert set(recorded.saved) == {"a.json", "a.pkl"}


def test_a_name_saved_again_replaces_the_file() -> None:
    with record_locally() as recorded:
        run.save("a.txt", "one")
        run.save("a.txt", "two")
    assert [file.name for file in recorded.files] == ["a.txt"]
    assert recorded.saved["a.txt"].read_text() == "two"


def test_outside_of_a_run_a_file_is_written_to_the_temporary_folder_only() -> None:
    path = run.save("a.txt", "text")
    assert path == run.workdir / "a.txt"
    assert path.read_text() == "text"
