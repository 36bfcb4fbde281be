"""Stores that MLflow 3.17 itself wrote: the same two runs that ended, one that did not, one that was deleted."""

from __future__ import annotations

import math
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.foreign.guessing import kind_of, runs_of
from flasklab.foreign.mlflow import experiment_name, typed
from flasklab.foreign.options import Options
from flasklab.runs.arriving import Arriving, Passed
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parent / "data"


def folder_store(tmp_path: Path) -> Path:
    shutil.copytree(DATA / "mlruns", tmp_path / "mlruns")
    return tmp_path


def database_store(tmp_path: Path) -> Path:
    artifacts = tmp_path / "artifacts"
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.executescript((DATA / "mlflow.sql").read_text().replace("{artifacts}", str(artifacts)))
        (uri,) = database.execute("SELECT artifact_uri FROM runs WHERE name = 'first'").fetchone()
    folder = Path(uri.removeprefix("file://")) / "notes"
    folder.mkdir(parents=True)
    (folder / "hello.txt").write_text("hello\n")
    return tmp_path / "mlflow.db"


@pytest.mark.parametrize("make", [folder_store, database_store])
def test_a_store_is_read_without_mlflow(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    assert kind_of(path) == "mlflow"

    found: list[Any] = []
    for one in runs_of("mlflow", path, Options()):
        pieces = {p.key: p for p in one.points()} if isinstance(one, Arriving) else {}
        found.append((one, pieces))

    passed = sorted(one.why for one, _ in found if isinstance(one, Passed))
    assert passed == ["it has not ended: MLflow calls it RUNNING", "it was deleted in MLflow"]
    (first, pieces), (second, none) = [(one, pieces) for one, pieces in found if isinstance(one, Arriving)]
    assert first.run.params == {"rate": 0.1, "epochs": 3, "model": "cnn", "shuffle": True, "none": None}
    assert (first.run.experiment, first.run.state) == ("digits_cnn", RunState.SUCCEEDED)
    assert first.run.tags == ("team=vision",)
    assert first.run.note == "first\n\nA *note*."
    assert first.run.created_by == "ada"
    assert pieces["loss"].steps == [0, 1, 2]
    assert pieces["loss"].values == [1.0, 0.5, pytest.approx(1 / 3)]
    assert math.isnan(pieces["val/acc"].values[0])
    assert abs(pieces["loss"].times[0] - first.run.created_at.timestamp()) < 60
    (file,) = first.files
    assert (file.name, file.media_type) == ("notes/hello.txt", "text/plain")
    assert file.open is not None
    with file.open() as stream:
        assert stream.read() == b"hello\n"
    assert (second.run.state, second.run.params, none) == (RunState.FAILED, {"rate": 0.001}, {})
    assert second.run.error is not None


def test_ids_are_those_of_the_source_whichever_way_it_is_read(tmp_path: Path) -> None:
    path = folder_store(tmp_path)

    def ids(at: Path) -> list[str]:
        return [one.run.id for one in runs_of("mlflow", at, Options()) if isinstance(one, Arriving)]

    assert ids(path) == ids(path / "mlruns")
    assert len(set(ids(path))) == 2


def test_a_link_out_of_the_artifacts_is_not_followed(tmp_path: Path) -> None:
    path = folder_store(tmp_path)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("x")
    for artifacts in path.glob("mlruns/*/*/artifacts"):
        (artifacts / "link").symlink_to(tmp_path / "secret" / "key")
        (artifacts / "folder").symlink_to(tmp_path / "secret")

    names = [file.name for one in runs_of("mlflow", path, Options()) if isinstance(one, Arriving) for file in one.files]

    assert names == ["notes/hello.txt"]


def test_a_run_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    path = folder_store(tmp_path)
    metas = sorted(path.glob("mlruns/*/*/meta.yaml"))
    metas[0].write_text("{")

    passed = [one for one in runs_of("mlflow", path, Options()) if isinstance(one, Passed)]

    assert any("cannot be read" in one.why for one in passed)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-1.5", -1.5),
        ("1e-3", 0.001),
        ("True", True),
        ("None", None),
        ("007", "007"),
        ("1_000", "1_000"),
        (" 3", " 3"),
        ("1e400", "1e400"),
        ("inf", math.inf),
        ("cnn", "cnn"),
        ("", ""),
    ],
)
def test_texts_of_parameters_become_what_they_say(text: str, value: Any) -> None:
    found = typed(text)

    assert found == value
    assert type(found) is type(value)


def test_names_of_experiments_fit_into_addresses() -> None:
    assert experiment_name("../digits / cnn?") == "digits_cnn"
    assert experiment_name("/") == "imported"
