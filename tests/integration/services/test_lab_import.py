"""From lab to lab: an export's runs are the same in another one, once, whatever is killed when."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from flasklab.errors import ImportFailedError
from flasklab.runs.arriving import Arriving, ArrivingFile, Piece
from flasklab.runs.artifacts import Artifact
from flasklab.runs.metrics import Points
from flasklab.runs.run import NewRun, Run, RunError, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services import run_export
from flasklab.services.lab_export import Exported, export_lab
from flasklab.services.lab_import import runs_of_lab
from flasklab.services.lab_lines import read_line
from flasklab.services.run_export import Wanted
from flasklab.services.run_import import IMPORTED, Imported, RunImport
from flasklab.services.run_read import RunRead
from flasklab.services.run_search import RunSearch, read_query
from flasklab.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flasklab.config import Settings


@pytest.fixture
def other_settings(settings: Settings, tmp_path: Path) -> Settings:
    results = tmp_path / "other" / "results"
    return replace(settings, root=tmp_path / "other", results=results, database_url=f"sqlite:///{results / 'lab.db'}")


@pytest.fixture
def other(other_settings: Settings) -> Iterator[Store]:
    store = Store(other_settings, checkpointing=True).open()
    yield store
    store.close()


def ended(store: Store, count: int = 5, state: RunState = RunState.SUCCEEDED, content: bytes = b"abc") -> Run:
    upload = store.files.add_stream(io.BytesIO(b"upload"))
    stored = store.files.add_stream(io.BytesIO(content))
    source = store.files.add_stream(io.BytesIO(b"def train(): ..."))
    params: dict[str, Any] = {"rate": 0.1, "data": {"file": "x.csv", "sha256": upload.sha256, "size": upload.size}}
    new = NewRun(
        id=new_run_id(), experiment="train", params=params, given=("rate",), tags=("a",), note="n", created_by="ada"
    )
    writer = store.logs.writer(new.id, 10**6)
    writer.append("out", b"one\ntwo\n", 1000.0)
    writer.append("err", "für\n".encode(), 1001.0)
    writer.say("said", 1002.0)
    writer.close()
    with store.write() as unit:
        run = unit.runs.add(new, now())
        assert unit.runs.claim(run.id, now()) == 1
        unit.runs.begin(run.id, 1, now())
        points = Points(steps=range(count), values=[0.5] * count, times=[1000.0] * count, seqs=[5] * count)
        unit.metrics.append(run.number, {"loss": points, "system/cpu": points})
        unit.artifacts.add(
            run.number,
            Artifact(
                name="a/b.txt",
                media_type="text/plain",
                size=stored.size,
                sha256=stored.sha256,
                shown="b",
                meta={"w": 1},
            ),
        )
        unit.events.add(run.number, 6, "note", {"x": 1}, now())
        error = None if state is RunState.SUCCEEDED else RunError(type="ValueError", message="m", traceback="t")
        unit.runs.settle(run.id, 1, state=state, output={"y": "NaN"}, error=error, at=now(), seq=7)
        environment = unit.environments.add({"python": "3.11", "files": {"train.py": source.sha256}})
    with store._engine.begin() as connection:  # as the child's start does
        connection.exec_driver_sql("UPDATE runs SET environment_id = ? WHERE id = ?", (environment, run.id))
    return RunRead(store).get(run.id)


def taken_over(settings: Settings, store: Store, path: Path) -> Imported:
    with runs_of_lab(path, settings.results) as runs:
        return RunImport(store, settings, wait=lambda _: None)(runs, "bob")


def exported(settings: Settings, store: Store, path: Path, **wanted: Any) -> Exported:
    return export_lab(settings, store, Wanted(**wanted), path)


def test_an_imported_run_is_the_same_run(
    settings: Settings, store: Store, other_settings: Settings, other: Store, tmp_path: Path
) -> None:
    run = ended(store, state=RunState.FAILED)
    file = tmp_path / "export.zip"
    told = exported(settings, store, file)

    done = taken_over(other_settings, other, file)

    assert (told.runs, told.unfinished, told.missing) == (1, 0, ())
    assert (done.added, done.there, done.passed) == (1, 0, [])
    there = RunRead(other).get(run.id)
    assert replace(there, tags=("a",), seq=run.seq, number=run.number) == run
    assert there.tags == ("a", IMPORTED)
    events = RunRead(other).events(run.id)
    assert [event.kind for event in events] == ["note", IMPORTED]
    assert events[-1].data == {"kind": "lab", "from": tmp_path.name, "number": run.number, "by": "bob"}
    assert RunRead(other).attempts(run.id) == RunRead(store).attempts(run.id)
    assert RunRead(other).environment(there) == RunRead(store).environment(run)
    assert other.logs.read(run.id).pieces == store.logs.read(run.id).pieces
    with store.read() as mine, other.read() as theirs:
        for key in ("loss", "system/cpu"):
            assert theirs.points.series(there.number, key) == mine.points.series(run.number, key)
    contents = [path.name for path in (settings.results / "files").rglob("*") if path.is_file()]
    assert len(contents) == 3
    assert sorted(contents) == sorted(p.name for p in (other_settings.results / "files").rglob("*") if p.is_file())


def test_the_same_again_adds_nothing_and_numbers_are_given_anew(
    settings: Settings, store: Store, other_settings: Settings, other: Store, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(run_export, "_PAGE", 2)
    own = ended(other)
    runs = [ended(store) for _ in range(5)]
    exported(settings, store, tmp_path / "export.zip")

    first = taken_over(other_settings, other, tmp_path / "export.zip")
    runs.append(ended(store))
    exported(settings, store, tmp_path / "more.zip")
    second = taken_over(other_settings, other, tmp_path / "more.zip")
    third = taken_over(other_settings, other, tmp_path / "more.zip")

    assert [(done.added, done.there) for done in (first, second, third)] == [(5, 0), (1, 5), (0, 6)]
    assert [RunRead(other).get(run.id).number for run in (own, *runs)] == [1, 2, 3, 4, 5, 6, 7]


def test_what_has_not_ended_is_left_out(
    settings: Settings, store: Store, other_settings: Settings, other: Store, tmp_path: Path
) -> None:
    run = ended(store)
    with store.write() as unit:
        unit.runs.add(NewRun(id=new_run_id(), experiment="train", params={}), now())
    told = exported(settings, store, tmp_path / "export.zip")
    waiting = replace(run, id=new_run_id(), state=RunState.QUEUED)

    done = RunImport(other, other_settings)([Arriving(run=waiting, origin={})])

    assert (told.runs, told.unfinished) == (1, 1)
    assert [one.why for one in done.passed] == ["it has not ended: it is queued"]
    with other.read() as unit:
        assert unit.runs.count() == 0


def test_a_run_with_many_points_is_not_seen_before_it_is_whole(
    settings: Settings, store: Store, other_settings: Settings, other: Store, tmp_path: Path
) -> None:
    run = ended(store, count=200_000)
    exported(settings, store, tmp_path / "export.zip")

    class KilledError(Exception):
        pass

    def killed(_: float) -> None:
        raise KilledError

    with (
        runs_of_lab(tmp_path / "export.zip", other_settings.results) as runs,
        pytest.raises(KilledError),
    ):
        RunImport(other, other_settings, wait=killed)(runs)
    assert RunSearch(other)(read_query()).runs == ()
    assert RunSearch(other)(read_query(deleted=True)).runs == ()

    done = taken_over(other_settings, other, tmp_path / "export.zip")

    assert done.added == 1
    there = RunRead(other).get(run.id)
    assert there.metrics == run.metrics
    assert (there.deleted_at, there.metrics["loss"].count) == (None, 200_000)


def test_a_run_in_the_bin_is_there_already(
    settings: Settings, store: Store, other_settings: Settings, other: Store, tmp_path: Path
) -> None:
    run = ended(store)
    exported(settings, store, tmp_path / "export.zip")
    taken_over(other_settings, other, tmp_path / "export.zip")
    with other.write() as unit:
        unit.keeping.delete(run.id, now())

    assert taken_over(other_settings, other, tmp_path / "export.zip").there == 1
    assert RunRead(other).get(run.id).deleted_at is not None


def test_contents_that_are_gone_are_named_and_the_rest_is_brought_in(
    settings: Settings, store: Store, other_settings: Settings, other: Store, tmp_path: Path
) -> None:
    run = ended(store)
    store.files.path(run.artifacts[0].sha256).unlink()

    told = exported(settings, store, tmp_path / "export.zip")

    assert told.missing == (run.artifacts[0].sha256,)
    assert taken_over(other_settings, other, tmp_path / "export.zip").added == 1
    assert RunRead(other).get(run.id).artifacts == run.artifacts


def rewritten(file: Path, name: str, data: bytes) -> Path:
    """The export with another content of one member."""
    target = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, data if entry.filename.startswith(name) else old.read(entry))
    return target


@pytest.mark.parametrize("member", ["runs/", "metrics/", "logs/", "files/", "environments/", "manifest"])
def test_a_changed_export_is_refused_and_leaves_no_run(
    settings: Settings, store: Store, other_settings: Settings, other: Store, tmp_path: Path, member: str
) -> None:
    ended(store)
    exported(settings, store, tmp_path / "export.zip")
    changed = rewritten(tmp_path / "export.zip", member, b"something else")

    with pytest.raises(ImportFailedError):
        taken_over(other_settings, other, changed)
    with other.read() as unit:
        assert unit.runs.count() == 0


def test_other_zips_are_no_export(other_settings: Settings, other: Store, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("../../evil", b"")

    with pytest.raises(ImportFailedError, match="no whole export"):
        taken_over(other_settings, other, tmp_path / "x.zip")


def test_an_export_is_never_half_there(settings: Settings, store: Store, tmp_path: Path) -> None:
    ended(store)
    (tmp_path / "export.zip").write_bytes(b"mine")

    with pytest.raises(Exception, match="--force"):
        exported(settings, store, tmp_path / "export.zip")

    assert (tmp_path / "export.zip").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.glob("*export.zip*")] == ["export.zip"]


@pytest.mark.parametrize(
    "piece",
    [
        Piece(key="x", steps=[2**63], values=[1.0], times=[1.0]),
        Piece(key="x", steps=[0], values=[1.0], times=[float("nan")]),
        ValueError("no number"),
    ],
)
def test_a_run_whose_points_are_nonsense_is_left_out_and_the_others_come_in(
    store: Store, other_settings: Settings, other: Store, piece: Piece | ValueError
) -> None:
    def points() -> Iterator[Piece]:
        yield Piece(key="y", steps=[0], values=[1.0], times=[1.0])
        if isinstance(piece, ValueError):
            raise piece
        yield piece

    run = replace(ended(store), environment_id=None, artifacts=())
    bad, good = replace(run, id=new_run_id()), replace(run, id=new_run_id())

    done = RunImport(other, other_settings)(
        [Arriving(run=bad, origin={}, points=points), Arriving(run=good, origin={})]
    )

    assert (done.added, [one.name for one in done.passed]) == (1, [bad.id])
    assert [one.id for one in RunSearch(other)(read_query()).runs] == [good.id]


def test_what_a_hostile_export_claims_reaches_no_page_as_an_error(
    settings: Settings, store: Store, other_settings: Settings, other: Store, tmp_path: Path
) -> None:
    run = ended(store)
    exported(settings, store, tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        line = msgspec.json.decode(archive.read("runs/00000001.jsonl"))
    for field, value in (
        ("id", "../../x"),
        ("state", "mad"),
        ("created_at", "2026-01-01T00:00:00"),
        ("seq", -1),
        ("attempts", [{"attempt": 0, "claimed_at": "2026-01-01T00:00:00Z"}]),
        ("files", [{**line["files"][0], "sha256": "../x"}]),
        ("seed", "1e9"),
        ("params", []),
    ):
        with pytest.raises(msgspec.MsgspecError):
            read_line(msgspec.json.encode({**line, field: value}))
    outside = read_line(msgspec.json.encode({**line, "files": [{**line["files"][0], "name": "../x"}]}))
    file = ArrivingFile(**msgspec.structs.asdict(outside.files[0]), open=None)
    with pytest.raises(ImportFailedError, match="leaves its folder"):
        RunImport(other, other_settings)([Arriving(run=run, origin={}, files=(file,))])
