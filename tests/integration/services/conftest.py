from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flasklab.config import Settings
from flasklab.experiments.description import Description
from flasklab.services.experiment_read import ExperimentRead
from flasklab.services.waiting import Waiting
from flasklab.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Bell:
    """Counts how often the supervisor would have been woken."""

    def __init__(self) -> None:
        self.rings = 0

    def __call__(self) -> None:
        self.rings += 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    results = tmp_path / "results"
    (tmp_path / "experiments").mkdir()
    return Settings(
        root=tmp_path,
        results=results,
        experiments=str(tmp_path / "experiments"),
        database_url=f"sqlite:///{results / 'lab.db'}",
        workers=2,
        max_queued=3,
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = Store(settings, checkpointing=True).open()
    yield store
    store.close()


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def experiments(store: Store, settings: Settings, bell: Bell) -> ExperimentRead:
    return ExperimentRead(store, settings, bell)


@pytest.fixture
def waiting(store: Store, settings: Settings, experiments: ExperimentRead) -> Waiting:
    return Waiting(store, settings, experiments)


@pytest.fixture
def double() -> Description:
    return Description(
        name="double",
        title="Double",
        summary="",
        doc="",
        module="experiments.double",
        function="double",
        file="/lab/experiments/double.py",
        line=1,
        parameters={"type": "object"},
        timeout_seconds=60.0,
        memory_bytes=2**30,
        retries=1,
    )
