from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from typing import TYPE_CHECKING

import pytest

from flasklab.errors import FileMissingError, RunNotFoundError, TooLargeError
from flasklab.runs.artifacts import Artifact
from flasklab.runs.metrics import Points
from flasklab.runs.run import NewRun, Run
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services.file_upload import FileUpload
from flasklab.services.lab_status import LabStatus
from flasklab.services.metric_read import MetricRead
from flasklab.services.run_files import RunFiles
from flasklab.store.presence import SupervisorLock

if TYPE_CHECKING:
    from flasklab.config import Settings
    from flasklab.services.waiting import Waiting
    from flasklab.store.store import Store


@pytest.fixture
def files(store: Store) -> RunFiles:
    return RunFiles(store)


@pytest.fixture
def run(store: Store) -> Run:
    """A finished run with two files, two metrics and a log."""
    contents = {"fig.png": b"\x89PNG" * 1000, "tables/a b.csv": b"x,y\n1,2\n"}
    stored = {name: store.files.add_stream(io.BytesIO(content)) for name, content in contents.items()}
    writer = store.logs.writer("abc", 10**6)
    writer.append("out", b"hello\n", 1.0)
    writer.close()
    with store.write() as unit:
        run = unit.runs.add(NewRun(id="abc", experiment="double", params={"param": 21.0}), now())
        unit.hot.claim(unit.runs.queued(1)[0], unit.environments.add({"python": "3.11"}))
        assert unit.hot.flush() == set()
        for name, file in stored.items():
            artifact = Artifact(name=name, media_type="x/y", size=file.size, sha256=file.sha256)
            unit.artifacts.add(run.number, artifact)
        for key, values in {"loss": [0.5, math.nan], "=cmd()": [1.0]}.items():
            steps = list(range(len(values)))
            points = Points(steps=steps, values=values, times=[2.0] * len(values), seqs=[3] * len(values))
            unit.metrics.append(run.number, {key: points})
        unit.runs.settle("abc", 1, state=RunState.SUCCEEDED, output={"output": math.inf}, error=None, at=now(), seq=4)
    return run


def test_a_zip_holds_all_of_a_run(files: RunFiles, run: Run) -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(files.zip("abc")))) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
        kinds = {info.filename: info.compress_type for info in archive.infolist()}

    assert set(found) == {
        "run.json",
        "params.json",
        "output.json",
        "log.txt",
        "metrics.csv",
        "files/fig.png",
        "files/tables/a b.csv",
    }
    record = json.loads(found["run.json"])
    assert (record["id"], record["state"], record["environment"]) == ("abc", "succeeded", {"python": "3.11"})
    assert json.loads(found["params.json"]) == {"param": 21.0}
    assert json.loads(found["output.json"]) == {"output": "Infinity"}
    assert found["log.txt"] == b"hello\n"
    rows = list(csv.reader(io.StringIO(found["metrics.csv"].decode())))
    assert rows[0] == ["metric", "step", "value", "time"]
    assert rows[1:] == [["'=cmd()", "0", "1.0", "2.0"], ["loss", "0", "0.5", "2.0"], ["loss", "1", "nan", "2.0"]]
    assert found["files/fig.png"] == b"\x89PNG" * 1000
    assert kinds["files/fig.png"] == zipfile.ZIP_STORED
    assert kinds["files/tables/a b.csv"] == zipfile.ZIP_DEFLATED


def test_a_zip_is_made_piece_by_piece(files: RunFiles, store: Store, run: Run) -> None:
    size = 5 * 1024 * 1024
    large = store.files.add_stream(io.BytesIO(bytes(range(256)) * (size // 256)))
    with store.write() as unit:
        unit.artifacts.add(run.number, Artifact(name="big.npz", media_type="x/y", size=size, sha256=large.sha256))
    pieces = list(files.zip("abc"))
    assert max(map(len, pieces)) < 1024 * 1024
    assert sum(map(len, pieces)) > size


def test_a_zip_says_which_content_is_gone(files: RunFiles, store: Store, run: Run) -> None:
    with store.read() as unit:
        artifact = unit.artifacts.find(run.number, "fig.png")
    assert artifact is not None
    store.files.path(artifact.sha256).unlink()
    with zipfile.ZipFile(io.BytesIO(b"".join(files.zip("abc")))) as archive:
        assert "files/fig.png.missing.txt" in archive.namelist()
    with pytest.raises(FileMissingError):
        files.find("abc", "fig.png")


def test_a_queued_runs_zip_is_whole_too(files: RunFiles, store: Store) -> None:
    with store.write() as unit:
        unit.runs.add(NewRun(id="new", experiment="double", params={}), now())
    with zipfile.ZipFile(io.BytesIO(b"".join(files.zip("new")))) as archive:
        assert json.loads(archive.read("run.json"))["state"] == "queued"
        assert archive.read("log.txt") == b""


def test_an_unknown_run_is_refused_before_the_first_piece(files: RunFiles) -> None:
    with pytest.raises(RunNotFoundError):
        files.zip("nope")


def test_one_file_is_found_by_its_name_only(files: RunFiles, run: Run) -> None:
    artifact, path = files.find("abc", "tables/a b.csv")
    assert path.read_bytes() == b"x,y\n1,2\n"
    assert artifact.size == 8
    for name in ("tables/../tables/a b.csv", "../run.json", "", "a b.csv"):
        with pytest.raises(FileMissingError):
            files.find("abc", name)


def test_series_are_read_whole_or_reduced(store: Store, run: Run) -> None:
    read = MetricRead(store)
    assert [found.key for found in read.series("abc").series] == ["=cmd()", "loss"]
    assert [found.steps for found in read.series("abc", ["loss", "unknown", "loss"]).series] == [[0, 1]]
    assert read.series("abc", ["unknown"]).series == ()
    with store.write() as unit:
        steps = list(range(2, 5002))
        points = Points(steps=steps, values=[float(step) for step in steps], times=[0.0] * 5000, seqs=[5] * 5000)
        unit.metrics.append(run.number, {"loss": points})
    (found,) = read.series("abc", ["loss"], points=50).series
    assert len(found.values) <= 50
    assert (found.values[-1], found.count) == (5001.0, 5002)
    with pytest.raises(RunNotFoundError):
        read.series("nope")


def test_an_upload_becomes_the_value_of_a_file_parameter(store: Store) -> None:
    upload = FileUpload(store)
    value = upload(io.BytesIO(b"a,b\n"), "C:\\data\\table.csv", 4)
    assert value["file"] == "table.csv"
    assert value["size"] == 4
    assert store.files.path(value["sha256"]).read_bytes() == b"a,b\n"
    with pytest.raises(TooLargeError):
        upload(io.BytesIO(b"a,b\nc"), "table.csv", 4)


def test_the_labs_status_says_whether_somebody_gets_runs_done(
    store: Store, settings: Settings, waiting: Waiting
) -> None:
    status = LabStatus(store, settings, waiting)
    assert (status().reason, status().supervised, status().workers) == ("", False, 2)
    with store.write() as unit:
        unit.runs.add(NewRun(id="new", experiment="double", params={}), now())
    assert "flasklab serve" in status().reason
    lock = SupervisorLock(settings.results)
    assert lock.acquire()
    assert status().supervised
    assert "imported" in status().reason
    lock.release()
