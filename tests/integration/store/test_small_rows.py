from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from flasklab.experiments.description import BrokenModule, Catalog, Description, WatchedFile
from flasklab.runs.artifacts import Artifact
from flasklab.runs.times import now

if TYPE_CHECKING:
    from flasklab.store.store import Store


def artifact(name: str, **more: Any) -> Artifact:
    return Artifact(**{"name": name, "media_type": "text/plain", "size": 1, "sha256": "0" * 64, **more})


def test_artifacts_come_back_in_the_order_in_which_they_were_shown(store: Store, queue: Any) -> None:
    number = queue().number
    shown = artifact("fig.png", shown="fig", step=3, order=2, seq=9, meta={"width": 640, "ratio": math.nan})
    with store.write() as unit:
        unit.artifacts.add(number, shown)
        unit.artifacts.add(number, artifact("b.txt", order=1, seq=5))
        unit.artifacts.add(number, artifact("a.txt", order=1, seq=5))
        found = unit.artifacts.of(number)
    assert [one.name for one in found] == ["a.txt", "b.txt", "fig.png"]
    assert found[2] == artifact("fig.png", shown="fig", step=3, order=2, seq=9, meta={"width": 640, "ratio": "NaN"})


def test_a_file_of_the_same_name_replaces_the_one_before(store: Store, queue: Any) -> None:
    number, other = queue().number, queue().number
    with store.write() as unit:
        unit.artifacts.add(number, artifact("model.joblib", size=1))
        unit.artifacts.add(other, artifact("model.joblib", size=7))
        unit.artifacts.add(number, artifact("model.joblib", size=2**40))
        assert [one.size for one in unit.artifacts.of(number)] == [2**40]
        found = unit.artifacts.find(other, "model.joblib")
        assert found is not None
        assert found.size == 7
        assert unit.artifacts.find(other, "MODEL.joblib") is None


def test_a_run_brings_its_artifacts_and_metrics_along(store: Store, queue: Any) -> None:
    from flasklab.runs.metrics import Points

    runs = [queue() for _ in range(3)]
    with store.write() as unit:
        for run in runs[:2]:
            unit.runs.claim(run.id, now())
        unit.artifacts.add(runs[0].number, artifact("of the first"))
        unit.metrics.append(runs[1].number, {"loss": Points(steps=[0], values=[0.5], times=[0.0], seqs=[1])})
        page = unit.runs.page()
    assert [[one.name for one in run.artifacts] for run in page] == [[], [], ["of the first"]]
    assert [list(run.metrics) for run in page] == [[], ["loss"], []]


def test_events_are_told_in_order_and_after_a_number(store: Store, queue: Any) -> None:
    run = queue()
    at = now()
    with store.write() as unit:
        for seq, kind in ((2, "running"), (3, "artifact"), (3, "note"), (4, "succeeded")):
            unit.events.add(run.number, seq, kind, {"seq": seq}, at)
        everything = unit.events.of(run.number)
        later = unit.events.of(run.number, 2, limit=2)
    assert [event.kind for event in everything] == ["running", "artifact", "note", "succeeded"]
    assert everything[0].at == at
    assert everything[0].data == {"seq": 2}
    assert [event.kind for event in later] == ["artifact", "note"]


def test_the_catalog_is_one_and_its_version_grows(store: Store) -> None:
    description = Description(
        name="double",
        title="Double",
        summary="Twice.",
        doc="",
        module="experiments.double",
        function="double",
        file="/lab/double.py",
        line=3,
        parameters={"type": "object", "properties": {"param": {"type": "number"}}},
        defaults={"param": 21.0},
        tags=("a",),
        timeout_seconds=5.0,
    )
    catalog = Catalog(
        fingerprint="f1",
        ready=True,
        experiments=(description,),
        broken=(BrokenModule(module="m", file="/m.py", line=None, error="SyntaxError: x", traceback=""),),
        watched=(WatchedFile(path="/x.py", mtime_ns=1, size=2),),
        described_at=5.5,
    )
    with store.write() as unit:
        assert unit.catalog.load() is None
        assert unit.catalog.version() == 0
        unit.catalog.save(Catalog(fingerprint="f0"))
        unit.catalog.save(catalog)
    with store.read() as unit:
        assert unit.catalog.load() == catalog
        assert unit.catalog.version() == 2


def test_a_default_that_is_not_finite_survives_the_catalog(store: Store) -> None:
    description = Description(
        name="e",
        title="",
        summary="",
        doc="",
        module="m",
        function="e",
        file="",
        line=1,
        parameters={},
        defaults={"limit": math.inf},
    )
    with store.write() as unit:
        unit.catalog.save(Catalog(fingerprint="f", experiments=(description,)))
        found = unit.catalog.load()
    assert found is not None
    assert found.experiments[0].defaults == {"limit": "Infinity"}


def test_equal_environments_are_kept_once(store: Store) -> None:
    with store.write() as unit:
        first = unit.environments.add({"python": "3.11", "packages": {"numpy": "2", "pandas": "3"}})
        again = unit.environments.add({"packages": {"pandas": "3", "numpy": "2"}, "python": "3.11"})
        other = unit.environments.add({"python": "3.12"})
        assert first == again != other
        assert unit.environments.get(first) == {"python": "3.11", "packages": {"numpy": "2", "pandas": "3"}}
        assert unit.environments.get("none") is None
