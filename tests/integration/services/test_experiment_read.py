from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.errors import ExperimentNotFoundError
from flasklab.experiments.catalog import fingerprint
from flasklab.experiments.description import BrokenModule, Catalog, Description
from flasklab.services.experiment_read import ExperimentBrokenError, ExperimentRead, ExperimentsLoadingError

if TYPE_CHECKING:
    from flasklab.config import Settings
    from flasklab.store.store import Store

BAD = BrokenModule(
    module="experiments.good",
    file="/lab/good.py",
    line=9,
    error="parameter x has no type; write it.",
    traceback="",
    experiment="bad",
)
TORN = BrokenModule(module="experiments.torn", file="/lab/torn.py", line=3, error="SyntaxError: no", traceback="")


@pytest.fixture
def read(store: Store, settings: Settings, bell: Any) -> ExperimentRead:
    Path(settings.experiments, "double.py").write_text("first\n")
    return ExperimentRead(store, settings, bell)


def save(store: Store, settings: Settings, *found: Description, **more: Any) -> Catalog:
    known = fingerprint(settings.experiments, settings.root)
    catalog = Catalog(**{"fingerprint": known, "ready": True, "experiments": found, **more})
    with store.write() as unit:
        unit.catalog.save(catalog)
    return catalog


def test_before_the_first_import_the_catalog_is_empty_and_the_supervisor_woken(read: ExperimentRead, bell: Any) -> None:
    catalog = read.catalog()
    assert (catalog.ready, catalog.experiments) == (False, ())
    assert bell.rings == 1
    with pytest.raises(ExperimentsLoadingError, match="still being imported"):
        read.get("double")


def test_a_catalog_of_unchanged_sources_is_used_as_it_is(
    read: ExperimentRead, store: Store, settings: Settings, bell: Any, double: Description
) -> None:
    save(store, settings, double)
    assert read.get("double", 30) == double
    assert read.catalog(30).ready
    assert bell.rings == 0


def test_an_edit_wakes_the_supervisor_and_its_new_description_is_waited_for(
    read: ExperimentRead, store: Store, settings: Settings, bell: Any, double: Description
) -> None:
    save(store, settings, double)
    source = Path(settings.experiments, "double.py")
    source.write_text("second\n")
    os.utime(source, ns=(1, 1))
    edited = replace(double, summary="Edited.")
    supervisor = threading.Timer(0.1, save, (store, settings, edited))
    supervisor.start()
    assert read.get("double", 30) == edited
    supervisor.join()
    assert bell.rings == 1


def test_without_a_supervisor_the_old_description_comes_after_the_wait(
    read: ExperimentRead, store: Store, settings: Settings, double: Description
) -> None:
    save(store, settings, double)
    Path(settings.experiments, "another.py").write_text("new\n")
    began = time.monotonic()
    assert read.get("double", 0.05) == double
    assert time.monotonic() - began < 5


def test_a_catalog_of_older_code_is_not_ready(
    read: ExperimentRead, store: Store, settings: Settings, double: Description
) -> None:
    save(store, settings, double)
    Path(settings.experiments, "another.py").write_text("new\n")
    old = read.catalog()
    assert (old.experiments, old.ready) == ((double,), False)
    with pytest.raises(ExperimentsLoadingError):
        read.get("another")
    save(store, settings, double, replace(double, name="another"))
    assert read.catalog().ready


def test_an_experiment_that_is_described_already_need_not_wait_for_the_others(
    read: ExperimentRead, store: Store, settings: Settings, double: Description
) -> None:
    save(store, settings, double, ready=False)
    began = time.monotonic()
    assert read.get("double", 30) == double
    assert time.monotonic() - began < 5
    with pytest.raises(ExperimentsLoadingError):
        read.get("triple", 0.01)


def test_an_unknown_experiment_is_an_error_that_names_the_known(
    read: ExperimentRead, store: Store, settings: Settings, double: Description
) -> None:
    save(store, settings, double)
    with pytest.raises(ExperimentNotFoundError, match="double"):
        read.get("treble")


def test_a_broken_experiment_is_not_just_unknown(
    read: ExperimentRead, store: Store, settings: Settings, double: Description
) -> None:
    save(store, settings, double, broken=(TORN,))
    with pytest.raises(ExperimentBrokenError, match=r"/lab/torn.py:3: SyntaxError") as caught:
        read.get("torn")
    assert caught.value.broken == TORN
    assert read.get("double") == double


def test_an_experiment_whose_module_broke_since_is_told_as_broken(
    read: ExperimentRead, store: Store, settings: Settings, double: Description
) -> None:
    save(store, settings, replace(double, module="experiments.torn"))
    read.get("double")
    Path(settings.experiments, "torn.py").write_text("torn\n")
    save(store, settings, broken=(TORN,))
    with pytest.raises(ExperimentBrokenError):
        read.get("double")


def test_a_new_catalog_is_seen_without_asking_for_all_of_it_each_time(
    read: ExperimentRead, store: Store, settings: Settings, double: Description
) -> None:
    save(store, settings, double)
    first = read.catalog()
    assert read.catalog() is first
    Path(settings.experiments, "triple.py").write_text("another\n")
    save(store, settings, double, replace(double, name="triple"))
    assert [found.name for found in read.catalog().experiments] == ["double", "triple"]


def test_a_function_that_cannot_be_used_is_told_by_its_own_name(
    read: ExperimentRead, store: Store, settings: Settings, double: Description
) -> None:
    save(store, settings, replace(double, module="experiments.good"), broken=(BAD,))
    with pytest.raises(ExperimentBrokenError, match=r"parameter x has no type; write it\.$"):
        read.get("bad")
    assert read.get("double").name == "double"
