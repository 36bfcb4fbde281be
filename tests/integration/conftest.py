"""A lab with hand-made experiments and no supervisor: runs stay as a test leaves them."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flasklab.experiments.catalog import fingerprint
from flasklab.experiments.description import BrokenModule, Catalog, Description
from flasklab.extension import Lab
from flasklab.http.lab import lab_of
from flasklab.runs.artifacts import Artifact
from flasklab.runs.metrics import Points
from flasklab.runs.state import RunState
from flasklab.runs.times import now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from werkzeug.test import TestResponse

    from flasklab.http.lab import Services
    from flasklab.runs.run import Run, RunError

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Site": "same-origin"}

DOUBLE = {
    "type": "object",
    "properties": {"param": {"title": "Param", "type": "number", "default": 21.0, "x-flasklab": {"kind": "number"}}},
    "additionalProperties": False,
}
TRAIN = {
    "type": "object",
    "properties": {
        "data": {
            "title": "Data",
            "type": "object",
            "properties": {
                "file": {"type": "string"},
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "size": {"type": "integer"},
            },
            "required": ["file", "sha256", "size"],
            "x-flasklab": {"kind": "table", "accept": [".csv"], "reads": "pandas"},
        },
        "epochs": {"title": "Epochs", "type": "integer", "minimum": 1, "maximum": 500, "default": 20},
        "shuffle": {"title": "Shuffle", "type": "boolean", "default": True},
        "metrics": {
            "title": "Metrics",
            "type": "array",
            "items": {"enum": ["accuracy", "loss", "recall"], "type": "string"},
            "default": ["accuracy"],
            "x-flasklab": {"kind": "choices"},
        },
        "errors": {"title": "Errors", "anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "optimizer": {"$ref": "#/$defs/Optimizer", "default": {"name": "adam", "lr": 0.1}},
    },
    "required": ["data"],
    "additionalProperties": False,
    "$defs": {
        "Optimizer": {
            "title": "Optimizer",
            "type": "object",
            "properties": {
                "name": {"title": "Name", "enum": ["adam", "sgd"], "type": "string", "default": "adam"},
                "lr": {"title": "Learning rate", "type": "number", "exclusiveMinimum": 0, "default": 0.1},
            },
            "additionalProperties": False,
        }
    },
}


def _described(name: str, schema: dict[str, Any], **more: Any) -> Description:
    defaults = {key: found["default"] for key, found in schema["properties"].items() if "default" in found}
    return Description(
        name=name,
        title=name.capitalize(),
        summary=f"What {name} does.",
        doc="",
        module=f"experiments.{name}",
        function=name,
        file=f"/lab/experiments/{name}.py",
        line=4,
        parameters=schema,
        defaults=defaults,
        **more,
    )


BROKEN = BrokenModule(
    module="experiments.torn",
    file="/lab/experiments/torn.py",
    line=2,
    error="ModuleNotFoundError: No module named 'sklearn'",
    traceback="Traceback (most recent call last): ...",
    needs="scikit-learn",
)


class _ReadingClient(FlaskClient):
    """Reads every answer to its end, so that files are closed as a server closes them."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True, **kwargs})


@dataclass(frozen=True)
class Bench:
    """An app with its lab, and what a test does to runs in a supervisor's place."""

    app: Flask
    client: FlaskClient
    browser: FlaskClient  # sends what a browser sends

    @property
    def services(self) -> Services:
        return lab_of(self.app).services

    def queue(self, experiment: str = "double", **params: Any) -> Run:
        description = self.services.experiments.get(experiment)
        return self.services.submit(description, {**description.defaults, **params}, tuple(params))[0]

    def begin(self, run: Run) -> int:
        with self.services.store.write() as unit:
            attempt = unit.runs.claim(run.id, now())
            assert attempt is not None
            unit.runs.begin(run.id, attempt, now())
        return attempt

    def finish(
        self,
        run: Run,
        output: Any = None,
        *,
        state: RunState = RunState.SUCCEEDED,
        error: RunError | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        points: Mapping[str, list[float]] | None = None,
        log: str = "",
    ) -> Run:
        """End a run with this output, files (name to type and content), metrics and log."""
        store = self.services.store
        attempt = self.begin(run)
        seq = 10
        if log:
            writer = store.logs.writer(run.id, 10**6)
            writer.append("out", log.encode(), 1000.0)
            writer.close()
        for order, (name, (media_type, content)) in enumerate((files or {}).items()):
            stored = store.files.add_stream(io.BytesIO(content))
            seq += 1
            with store.write() as unit:
                unit.artifacts.add(
                    run.number,
                    Artifact(
                        name=name,
                        media_type=media_type,
                        size=stored.size,
                        sha256=stored.sha256,
                        shown=name.partition(".")[0],
                        order=order,
                        seq=seq,
                    ),
                )
        with store.write() as unit:
            for key, values in (points or {}).items():
                steps = list(range(len(values)))
                times = [1000.0 + step for step in steps]
                given = Points(steps=steps, values=values, times=times, seqs=[seq] * len(values))
                unit.metrics.append(run.number, {key: given})
            unit.runs.settle(run.id, attempt, state=state, output=output, error=error, at=now(), seq=seq + 1)
        return self.services.read.get(run.id)


@pytest.fixture
def make_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bench]:
    """An app with a lab; `prefix` mounts it, `prepare` sees the app before the lab, other names are settings."""
    for name in [name for name in os.environ if name.startswith("FLASKLAB_")]:
        monkeypatch.delenv(name)

    def make(prefix: str = "", prepare: Callable[[Flask], None] | None = None, **config: Any) -> Bench:
        root = tmp_path / "lab"
        (root / "experiments").mkdir(parents=True, exist_ok=True)
        app = Flask("lab_of_a_test", root_path=str(root))
        app.config.update(config)
        app.test_client_class = _ReadingClient
        if prepare is not None:
            prepare(app)
        Lab(app, prefix, supervise=False)
        lab = lab_of(app)
        catalog = Catalog(
            fingerprint=fingerprint(lab.settings.experiments, lab.settings.root),
            ready=True,
            experiments=(_described("double", DOUBLE), _described("train", TRAIN, timeout_seconds=60.0)),
            broken=(BROKEN,),
        )
        with lab.services.store.write() as unit:
            unit.catalog.save(catalog)
        browser = app.test_client()
        browser.environ_base.update({f"HTTP_{key.upper().replace('-', '_')}": text for key, text in BROWSER.items()})
        return Bench(app=app, client=app.test_client(), browser=browser)

    return make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()
