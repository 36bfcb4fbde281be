"""A lab in one file and back, with either database; archives that mean harm are refused."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import stat
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.errors import BackupError
from flasklab.runs.artifacts import Artifact
from flasklab.runs.metrics import Points
from flasklab.runs.run import NewRun, Run, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.services.backup import back_up, verify
from flasklab.services.restore import restore
from flasklab.store.backup_archive import MANIFEST
from flasklab.store.store import Store
from flasklab.store.sweep_lock import sweeping

if TYPE_CHECKING:
    from pathlib import Path

    from flasklab.config import Settings


def finished(store: Store, experiment: str = "double", content: bytes = b"kept", **params: Any) -> Run:
    """A run with a metric, a log, a file and an answer."""
    new = NewRun(id=new_run_id(), experiment=experiment, params=params)
    with store.write() as unit:
        run = unit.runs.add(new, now())
        attempt = unit.runs.claim(run.id, now())
        assert attempt is not None
        unit.hot.open_attempt(run.number, attempt, now(), "here 1")
        assert unit.hot.flush() == set()
        unit.runs.begin(run.id, attempt, now())
    writer = store.logs.writer(run.id, 10**6)
    writer.append("out", b"said\n", 1000.0)
    writer.close()
    stored = store.files.add_stream(io.BytesIO(content))
    artifact = Artifact(name="a.txt", media_type="text/plain", size=stored.size, sha256=stored.sha256, seq=5)
    points = Points(steps=[0, 1], values=[1.5, float("inf")], times=[1e9, 2e9], seqs=[3, 4])
    with store.write() as unit:
        unit.artifacts.add(run.number, artifact)
        unit.metrics.append(run.number, {"loss": points})
        unit.runs.settle(run.id, attempt, state=RunState.SUCCEEDED, output={"x": 1.5}, error=None, at=now(), seq=6)
    with store.read() as unit:
        return unit.runs.get(run.id)


def elsewhere(settings: Settings, database_url: str | None = None) -> Settings:
    results = settings.results.with_name("restored")
    return settings.replaced(results=results, database_url=database_url or f"sqlite:///{results / 'lab.db'}")


def seen(store: Store) -> list[Any]:
    with store.read() as unit:
        runs = unit.runs.page()
        points = [list(unit.points.series(run.number, "loss").values) for run in runs if run.metrics]
        attempts = [unit.attempts.of(run.number) for run in runs]
    logs = [store.logs.read(run.id).pieces for run in runs]
    contents = [[store.files.path(one.sha256).read_bytes() for one in run.artifacts] for run in runs]
    return [*runs, points, attempts, logs, contents]


def test_a_lab_comes_back_as_it_was(store: Store, settings: Settings, tmp_path: Path) -> None:
    upload = store.files.add_stream(io.BytesIO(b"a,b\n1,2\n"))
    given = {"file": "x.csv", "sha256": upload.sha256, "size": upload.size}
    finished(store), finished(store, "train", data=given)
    (settings.results / "secret_key").write_bytes(b"s" * 32)
    target = tmp_path / "lab.backup"

    made = back_up(settings, store, target)
    restored = elsewhere(settings)
    restore(restored, target)

    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.glob(".*")) == []
    other = Store(restored).open()
    assert seen(other) == seen(store)
    assert other.files.path(upload.sha256).read_bytes() == b"a,b\n1,2\n"
    assert (restored.results / "secret_key").read_bytes() == b"s" * 32
    assert made.manifest.head.runs == 2
    other.close()


def test_a_lab_moves_between_the_databases(
    store: Store, settings: Settings, tmp_path: Path, second_database: str
) -> None:
    finished(store, note="\u00e9 \U0001f642")
    latest = finished(store)
    with store.write() as unit:
        assert unit.keeping.delete(latest.id, now())
        assert unit.keeping.begin_purge(latest.number)
        assert unit.keeping.purge(latest.number)
    back_up(settings, store, tmp_path / "lab.backup")

    restored = elsewhere(settings, second_database)
    restore(restored, tmp_path / "lab.backup")

    other = Store(restored).open()
    assert seen(other) == seen(store)
    with other.write() as unit:  # a number never comes back
        assert unit.runs.add(NewRun(id=new_run_id(), experiment="double", params={}), now()).number == 3
    other.close()
    with pytest.raises(BackupError, match=r"already"):
        restore(restored.replaced(results=tmp_path / "third"), tmp_path / "lab.backup")


def test_what_was_running_is_running_in_the_copy_and_its_code_counts_as_begun(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    with store.write() as unit:
        run = unit.runs.add(NewRun(id=new_run_id(), experiment="double", params={}), now())
        unit.runs.claim(run.id, now())
    begun = settings.results / "work" / f"{run.id}-1" / "begun"
    begun.parent.mkdir(parents=True)
    begun.touch()
    checkpoint = settings.results / "checkpoints" / run.id / "0001-000001.ckpt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"state")

    back_up(settings, store, tmp_path / "lab.backup", secret_key=False)
    restored = elsewhere(settings)
    restore(restored, tmp_path / "lab.backup")

    assert (restored.results / begun.relative_to(settings.results)).exists()
    assert (restored.results / checkpoint.relative_to(settings.results)).read_bytes() == b"state"


def test_a_lab_that_is_there_is_moved_aside_only_when_asked(store: Store, settings: Settings, tmp_path: Path) -> None:
    finished(store)
    back_up(settings, store, tmp_path / "lab.backup")
    finished(store)
    store.close()
    with pytest.raises(BackupError, match="--force"):
        restore(settings, tmp_path / "lab.backup")

    if not settings.database_url.startswith("sqlite"):
        return
    aside = restore(settings, tmp_path / "lab.backup", replace=True).aside

    assert aside is not None
    with sqlite3.connect(aside / "lab.db") as old, sqlite3.connect(settings.results / "lab.db") as new:
        counts = [one.execute("SELECT count(*) FROM runs").fetchone()[0] for one in (old, new)]
    old.close()
    new.close()
    assert counts == [2, 1]


def test_a_lab_in_use_is_not_restored_over(settings: Settings, store: Store, tmp_path: Path) -> None:
    from flasklab.store.presence import Attendance

    back_up(settings, store, tmp_path / "lab.backup")
    with Attendance(settings.results), pytest.raises(BackupError, match="in use"):
        restore(settings, tmp_path / "lab.backup", replace=True)


def test_nothing_is_swept_while_a_backup_is_made(
    store: Store, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = []
    copy = Store.copy_database

    def copy_and_look(self: Store, target: Path) -> None:
        copy(self, target)
        with sweeping(settings.results) as got:
            free.append(got)

    monkeypatch.setattr(Store, "copy_database", copy_and_look)
    back_up(settings, store, tmp_path / "lab.backup")

    assert free == [False]
    with sweeping(settings.results) as got:
        assert got


def test_a_content_that_the_lab_has_lost_is_named(store: Store, settings: Settings, tmp_path: Path) -> None:
    lost, changed = finished(store, content=b"1").artifacts[0], finished(store, content=b"2").artifacts[0]
    store.files.path(lost.sha256).unlink()
    path = store.files.path(changed.sha256)
    path.chmod(0o600)
    path.write_bytes(b"3")

    made = back_up(settings, store, tmp_path / "lab.backup")

    assert set(made.manifest.head.missing) == {lost.sha256, changed.sha256}
    restore(elsewhere(settings), tmp_path / "lab.backup")


@pytest.fixture
def good(sqlite_store: Store, sqlite_settings: Settings, tmp_path: Path) -> Path:
    finished(sqlite_store)
    back_up(sqlite_settings, sqlite_store, tmp_path / "lab.backup")
    return tmp_path / "lab.backup"


def rewritten(
    good: Path, bad: Path, change: dict[str, bytes], manifest: dict[str, dict[str, Any]] | None = None, twice: str = ""
) -> Path:
    """The backup with members of other content (told truly in the manifest unless `manifest` says otherwise)."""
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as new:
        head, *lines = old.read(MANIFEST).splitlines()
        contents = {name: old.read(name) for name in old.namelist() if name != MANIFEST} | change
        for name, content in contents.items():
            new.writestr(name, content)
        if twice:
            with pytest.warns(UserWarning, match="Duplicate"):
                new.writestr(twice, contents[twice])
        members = [
            {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            | (manifest or {}).get(name, {})
            for name, content in contents.items()
        ]
        assert lines
        new.writestr(MANIFEST, b"\n".join([head, *(json.dumps(one).encode() for one in members)]))
    return bad


HOSTILE = (
    *("../escaped", "/escaped", "files/../../escaped", "files\\..\\escaped", "C:escaped", "logs/ab/../../x.log"),
    *(
        "work/r-1/begun/../../../escaped",
        "files/ab/" + "c" * 61,
        "lab.db\n",
        "lab.db-wal",
        ".",
        "files/",
        "\u2024\u2024/x",
    ),
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_no_backup_has_is_refused(good: Path, sqlite_settings: Settings, tmp_path: Path, name: str) -> None:
    bad = rewritten(good, tmp_path / "bad", {name: b"planted"})
    before = sorted(path for path in tmp_path.rglob("*"))

    with pytest.raises(BackupError, match="no whole backup"):
        restore(elsewhere(sqlite_settings), bad)

    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_links_and_bombs_and_lies_are_refused(good: Path, sqlite_settings: Settings, tmp_path: Path) -> None:
    key = hashlib.sha256(b"kept").hexdigest()
    held = f"files/{key[:2]}/{key[2:]}"
    cases = {
        "longer": rewritten(good, tmp_path / "longer", {"secret_key": b"0" * 10**8}, {"secret_key": {"size": 32}}),
        "damaged": rewritten(good, tmp_path / "hash", {"secret_key": b"1"}, {"secret_key": {"sha256": "0" * 64}}),
        "content": rewritten(good, tmp_path / "content", {held: b"other"}),
        "twice": rewritten(good, tmp_path / "twice", {}, twice=held),
        "cannot be used|damaged": rewritten(good, tmp_path / "database", {"lab.db": b"no database" * 1000}),
    }
    link = zipfile.ZipInfo(held)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    shutil.copy(good, tmp_path / "cut")
    with (tmp_path / "cut").open("r+b") as file:
        file.truncate(good.stat().st_size // 2)
    (tmp_path / "noise").write_bytes(b"PK\x03\x04" + b"\xff" * 999)
    cases |= {"no whole": tmp_path / "cut", "no whole backup": tmp_path / "noise"}

    for why, bad in cases.items():
        with pytest.raises(BackupError, match=why):
            verify(bad)
        with pytest.raises(BackupError, match=why):
            restore(elsewhere(sqlite_settings), bad)
        assert not elsewhere(sqlite_settings).results.exists()


def test_any_changed_byte_is_noticed(good: Path, tmp_path: Path) -> None:
    whole = good.read_bytes()
    with zipfile.ZipFile(good) as archive:
        contents = {one.filename: archive.read(one) for one in archive.infolist()}
        spans = [
            (one.filename, one.header_offset + 30 + len(one.filename) + 20, one.compress_size)
            for one in archive.infolist()
        ]
    # Not the last byte, of which some bits may mean nothing.
    places = [(name, start + part * (size - 1) // 3) for name, start, size in spans if size > 1 for part in range(3)]
    bad = tmp_path / "bad"

    same = 0
    for name, place in places:
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        if _content(bad, name) == contents[name]:  # among zeros, a copy from elsewhere is the same content
            same += 1
            continue
        with pytest.raises(BackupError):
            verify(bad)
    assert same <= 1


def _content(path: Path, name: str) -> bytes | None:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return None
