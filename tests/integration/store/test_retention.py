"""What is kept and what goes: the bin, old runs, and contents that nothing refers to."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.errors import WrongStateError
from flasklab.runs.artifacts import Artifact
from flasklab.runs.metrics import Points
from flasklab.runs.run import NewRun, Run, new_run_id
from flasklab.runs.state import RunState
from flasklab.runs.times import now
from flasklab.search.ordering import NEWEST
from flasklab.services import retention
from flasklab.services.disk_use import DiskRead
from flasklab.services.retention import Pruning, plan_prune, prune, sweep
from flasklab.services.run_keep import RunKeep
from flasklab.store.keeping_rows import KeepingRows
from flasklab.store.sweep_lock import keeping_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flasklab.config import Settings
    from flasklab.store.store import Store

    Ending = Callable[..., Run]

DAY = timedelta(days=1)


@pytest.fixture
def ended(store: Store) -> Ending:
    """Ends a run with a file of this content, a log, a checkpoint and a metric."""

    def end(content: bytes, at: datetime | None = None, experiment: str = "double", **params: Any) -> Run:
        new = NewRun(id=new_run_id(), experiment=experiment, params=params)
        at = at or now()
        stored = store.files.add_stream(io.BytesIO(content))
        with store.write() as unit:
            run = unit.runs.add(new, at)
            attempt = unit.runs.claim(run.id, at)
            assert attempt is not None
            artifact = Artifact(name="a", media_type="text/plain", size=stored.size, sha256=stored.sha256, seq=5)
            unit.artifacts.add(run.number, artifact)
            unit.metrics.append(run.number, {"loss": Points(steps=[0], values=[1.0], times=[1e9], seqs=[3])})
            unit.runs.settle(run.id, attempt, state=RunState.SUCCEEDED, output=1, error=None, at=at, seq=6)
        writer = store.logs.writer(run.id, 10**6)
        writer.append("out", b"said\n", 1000.0)
        writer.close()
        (store.results / "checkpoints" / run.id).mkdir(parents=True)
        (store.results / "checkpoints" / run.id / "0001-000001.ckpt").write_bytes(b"state")
        return run

    return end


def later(days: float) -> datetime:
    return now() + days * DAY


def traces_of(store: Store, run: Run) -> list[str]:
    return sorted(path.name for path in store.results.rglob(f"{run.id}*"))


def has(store: Store, content: bytes) -> bool:
    return store.files.has(store.files.add_stream(io.BytesIO(content)).sha256)


def test_a_deleted_run_can_be_restored_until_the_bin_is_emptied(
    store: Store, settings: Settings, ended: Ending
) -> None:
    run, keep = ended(b"one"), RunKeep(store)
    assert keep.delete(run.id).deleted_at is not None
    with store.read() as unit:
        assert (unit.runs.page(), unit.runs.count()) == ([], 0)
        assert [one.number for one in unit.search(deleted=True).page(None, NEWEST, None, 9)] == [run.number]
    assert sweep(store, settings, later(6)).runs == 0
    assert keep.restore(run.id).deleted_at is None
    assert sweep(store, settings, later(60)).runs == 0

    keep.delete(run.id)
    done = sweep(store, settings, later(8))

    assert (done.runs, done.files) == (1, 1)
    assert done.freed > len(b"one") + len(b"said\n") + len(b"state")
    assert traces_of(store, run) == []
    with store.read() as unit:
        assert unit.runs.find(run.id) is None
        assert unit.runs.count() == 0


def test_only_what_has_ended_is_deleted(store: Store) -> None:
    with store.write() as unit:
        run = unit.runs.add(NewRun(id=new_run_id(), experiment="double", params={}), now())
    with pytest.raises(WrongStateError, match="cancel it first"):
        RunKeep(store).delete(run.id)


def test_a_content_stays_while_anything_refers_to_it(store: Store, settings: Settings, ended: Ending) -> None:
    first, second = ended(b"shared"), ended(b"shared")
    upload = store.files.add_stream(io.BytesIO(b"uploaded"))
    third = ended(b"third", data={"file": "x", "sha256": upload.sha256, "size": upload.size})
    source = store.files.add_stream(io.BytesIO(b"code"))
    with store.write() as unit:
        unit.environments.add({"files": {"experiments/double.py": source.sha256}})
    never = store.files.add_stream(io.BytesIO(b"uploaded, and never started"))
    RunKeep(store).delete(first.id)

    assert sweep(store, settings, later(1)).files == 0  # an upload waits for its start
    assert sweep(store, settings, later(9)).files == 1

    assert not store.files.has(never.sha256)
    assert all(map(store.files.has, (upload.sha256, source.sha256)))
    RunKeep(store).delete(second.id)
    RunKeep(store).delete(third.id)
    assert sweep(store, settings, later(30)).files == 3  # shared, third and the upload
    assert store.files.has(source.sha256)


def test_old_runs_go_to_the_bin_unless_they_are_pinned(store: Store, settings: Settings, ended: Ending) -> None:
    old, pinned, young = ended(b"1", later(-40)), ended(b"2", later(-40)), ended(b"3", later(-20))
    RunKeep(store).pin(pinned.id, pinned=True)
    assert sweep(store, settings, now()).binned == 0  # off unless asked for

    assert sweep(store, settings.replaced(keep_days=30), now()).binned == 1

    with store.read() as unit:
        assert {run.id for run in unit.runs.page()} == {pinned.id, young.id}
        assert [one.number for one in unit.search(deleted=True).page(None, NEWEST, None, 9)] == [old.number]


def test_a_sweep_takes_few_at_a_time(store: Store, settings: Settings, ended: Ending) -> None:
    for number in range(5):
        RunKeep(store).delete(ended(b"%d" % number).id)
    done = [sweep(store, settings, later(8), limit=2) for _ in range(3)]
    assert [one.runs for one in done] == [2, 2, 1]


def test_many_chunks_of_metrics_go_in_parts(
    store: Store, settings: Settings, ended: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ended(b"1")
    with store.write() as unit:
        for start in range(1, 600):
            points = Points(steps=[start], values=[1.0], times=[1e9], seqs=[3])
            unit.metrics.append(run.number, {f"key{start}": points})
    RunKeep(store).delete(run.id)
    parts = []
    purge = KeepingRows.purge

    def counted(self: KeepingRows, number: int) -> bool:
        parts.append(purge(self, number))
        return parts[-1]

    monkeypatch.setattr(KeepingRows, "purge", counted)
    sweep(store, settings, later(8))
    assert parts == [False, True]
    with store.read() as unit:
        assert unit.runs.find(run.id) is None


def test_a_run_that_is_being_removed_is_not_restored(store: Store, settings: Settings, ended: Ending) -> None:
    run = ended(b"1")
    RunKeep(store).delete(run.id)
    with store.write() as unit:
        assert unit.keeping.begin_purge(run.number)
    with pytest.raises(WrongStateError, match="too late"):
        RunKeep(store).restore(run.id)
    assert sweep(store, settings, later(8)).runs == 1  # taken up again after a crash


def test_a_checkpoint_that_a_run_waits_for_stays(store: Store, settings: Settings, ended: Ending) -> None:
    run = ended(b"1")
    RunKeep(store).delete(run.id)
    with store.write() as unit:
        new = NewRun(id=new_run_id(), experiment="double", params={}, restore_from=run.id)
        unit.runs.add(new, now())
    assert sweep(store, settings, later(8)).runs == 0


def test_what_is_used_again_in_the_midst_of_a_sweep_stays(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each guard alone: a start that has its row, and one that has only asked for the content."""
    named, kept = (store.files.add_stream(io.BytesIO(one)) for one in (b"named", b"kept"))
    referenced, unreferenced = retention._referenced, retention._unreferenced

    def unreferenced_then_kept(*args: Any) -> Any:
        for content in list(unreferenced(*args)):
            assert content.sha256 != kept.sha256 or store.files.keep(kept.sha256)
            yield content

    def start_then_look(*args: Any) -> Any:
        assert not store.files.keep(named.sha256)  # away: a start would be told so
        value = {"file": "x", "sha256": named.sha256, "size": named.size}
        with store.write() as unit:
            unit.runs.add(NewRun(id=new_run_id(), experiment="double", params={"data": value}), now())
        return referenced(*args)

    monkeypatch.setattr(retention, "_unreferenced", unreferenced_then_kept)
    monkeypatch.setattr(retention, "_referenced", start_then_look)

    assert sweep(store, settings, later(3)).files == 0
    assert all(store.files.path(one.sha256).stat().st_size == one.size for one in (named, kept))


def test_what_a_killed_sweep_had_set_aside_comes_back(store: Store, settings: Settings, ended: Ending) -> None:
    artifact = ended(b"one")
    with store.read() as unit:
        sha256 = unit.runs.get(artifact.id).artifacts[0].sha256
    aside = store.files.folder / "aside"
    aside.mkdir()
    store.files.path(sha256).rename(aside / sha256)

    sweep(store, settings, now())

    assert store.files.has(sha256)


def test_leftovers_are_removed_when_they_are_old(store: Store, settings: Settings) -> None:
    left = [
        store.results / "logs" / "ab" / "abcdefghjkmn.log",
        store.results / "files" / "incoming" / "0123",
        store.results / "cache" / "rows-x",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    sweep(store, settings, later(1))
    assert all(path.exists() for path in left)
    sweep(store, settings, later(3))
    assert not any(path.exists() for path in left)


def test_nothing_is_swept_while_a_backup_reads(store: Store, settings: Settings, ended: Ending) -> None:
    RunKeep(store).delete(ended(b"1").id)
    with keeping_files(settings.results):
        assert sweep(store, settings, later(8)).busy
        assert prune(store, settings, Pruning(), later(8)).busy
    assert sweep(store, settings, later(8)).runs == 1


def test_a_plan_says_what_pruning_does(store: Store, settings: Settings, ended: Ending) -> None:
    upload = store.files.add_stream(io.BytesIO(b"uploaded"))
    needed, source = (store.files.add_stream(io.BytesIO(one)) for one in (b"needed", b"code"))
    with store.write() as unit:
        unit.environments.add({"files": {"experiments/double.py": source.sha256}})
    ended(b"young", data={"file": "x", "sha256": needed.sha256, "size": needed.size})
    ended(b"old", later(-40), data={"file": "x", "sha256": upload.sha256, "size": upload.size})
    ended(b"another", later(-40), experiment="other")
    RunKeep(store).delete(ended(b"binned").id)
    at = later(0.5)

    wanted = Pruning(older_than_seconds=30 * 86400, experiment="double")
    told = plan_prune(store, settings, wanted, at)
    done = prune(store, settings, wanted, at)

    assert told == done
    assert (done.runs, done.files, done.by_experiment) == (2, 3, {"double": 2})
    with store.read() as unit:
        assert [run.experiment for run in unit.runs.page()] == ["other", "double"]


def test_room_on_the_disk_is_counted_once_per_content(store: Store, ended: Ending) -> None:
    ended(b"x" * 1000)
    ended(b"x" * 1000)
    ended(b"x" * 1000, experiment="other")

    use = DiskRead(store)()

    assert [(one.experiment, one.runs, one.files) for one in use.experiments] == [
        ("double", 2, 1000),
        ("other", 1, 1000),
    ]
    assert use.contents == 1000
    assert all(one.logs > 10 and one.metrics > 0 for one in use.experiments)
