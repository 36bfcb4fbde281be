from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flasklab.experiments.description import Description
from flasklab.runs.run import Run
from flasklab.runs.state import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class FakeLab:
    """The lab at a moment."""

    counts: Mapping[RunState, int] = field(default_factory=dict)
    workers: int = 2
    supervised: bool = True
    reason: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class FakeLinks:
    """Addresses that say what they are for."""

    page: str = "/results/x"
    form: str = "/run/train?from=x"
    cancel: str = "/cancel/x"
    rerun: str = "/rerun/x"
    download: str = "/download/x"
    live: str = "/live/x"
    metrics: str = "/metrics/x"
    log: str = "/log/x"

    def file(self, name: str) -> str:
        return f"/download/x/{name}"

    def shown(self, name: str) -> str:
        return f"/shown/key/{name}"

    def rows(self, name: str) -> str:
        return f"/rows/x/{name}"

    def steps(self, heading: str) -> str:
        return f"/steps/x?shown={heading}"


class Makers:
    """Runs and descriptions with only what a test is about."""

    now = NOW
    lab = FakeLab
    links = FakeLinks

    @staticmethod
    def run(**changes: Any) -> Run:
        started = NOW - timedelta(minutes=10)
        values: dict[str, Any] = {
            "id": "abc123",
            "number": 12,
            "experiment": "train",
            "state": RunState.RUNNING,
            "params": {"lr": 0.1, "epochs": 20},
            "given": ("lr",),
            "created_at": started - timedelta(seconds=3),
            "started_at": started,
        } | changes
        return Run(**values)

    @staticmethod
    def description(**changes: Any) -> Description:
        values: dict[str, Any] = {
            "name": "train",
            "title": "Train",
            "summary": "Train a network.",
            "doc": "Train a network.\n\nOn digits.",
            "module": "experiments.train",
            "function": "train",
            "file": "/lab/experiments/train.py",
            "line": 19,
            "parameters": {
                "type": "object",
                "properties": {
                    "lr": {"type": "number", "description": "how far", "x-flasklab": {"kind": "number", "unit": "1/s"}},
                    "epochs": {"type": "integer", "x-flasklab": {"kind": "integer"}},
                },
            },
            "defaults": {"lr": 0.01, "epochs": 20},
        } | changes
        return Description(**values)


@pytest.fixture
def make() -> type[Makers]:
    return Makers
