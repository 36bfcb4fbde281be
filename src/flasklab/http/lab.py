"""The lab of the app at hand: its settings and services, as views ask for them.

An app keeps this under `app.extensions["flasklab"]`; nothing in these rooms holds an app, so that several
live in one process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from flasklab.config import Settings
    from flasklab.services.checkpoint_read import CheckpointRead
    from flasklab.services.curve_compare import CurveCompare
    from flasklab.services.disk_use import DiskRead
    from flasklab.services.experiment_read import ExperimentRead
    from flasklab.services.file_upload import FileUpload
    from flasklab.services.group_search import GroupSearch
    from flasklab.services.lab_status import LabStatus
    from flasklab.services.metric_read import MetricRead
    from flasklab.services.preset_keep import PresetKeep
    from flasklab.services.run_act import RunAct
    from flasklab.services.run_annotate import RunAnnotate
    from flasklab.services.run_cancel import RunCancel
    from flasklab.services.run_compare import RunCompare
    from flasklab.services.run_diff import RunDiff
    from flasklab.services.run_export import RunExport
    from flasklab.services.run_files import RunFiles
    from flasklab.services.run_follow import RunFollow
    from flasklab.services.run_keep import RunKeep
    from flasklab.services.run_read import RunRead
    from flasklab.services.run_same import RunSame
    from flasklab.services.run_search import RunSearch
    from flasklab.services.run_submit import RunSubmit
    from flasklab.services.run_wait import RunWait
    from flasklab.services.table_read import TableRead
    from flasklab.services.waiting import Waiting
    from flasklab.store import Store

EXTENSION = "flasklab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Every service over one open store."""

    store: Store
    submit: RunSubmit
    wait: RunWait
    cancel: RunCancel
    keep: RunKeep
    presets: PresetKeep
    annotate: RunAnnotate
    act: RunAct
    disk: DiskRead
    read: RunRead
    same: RunSame
    search: RunSearch
    groups: GroupSearch
    follow: RunFollow
    metrics: MetricRead
    files: RunFiles
    export: RunExport
    tables: TableRead
    experiments: ExperimentRead
    upload: FileUpload
    status: LabStatus
    checkpoints: CheckpointRead
    waiting: Waiting
    compare: RunCompare
    diff: RunDiff
    curves: CurveCompare


@dataclass(frozen=True, slots=True, kw_only=True)
class LabState:
    """What one app knows of its lab."""

    settings: Settings
    prefix: str  # where the pages are mounted: "" or "/lab"
    open: Callable[[], Services]  # the services of this process; the store is opened when first asked for
    attend: Callable[[], None]  # makes sure that a supervisor runs; cheap, never raises
    links: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)  # a run's, by where the app is mounted

    @property
    def services(self) -> Services:
        """The services of this process."""
        return self.open()


def lab_of(app: Flask) -> LabState:
    """The lab of `app`.

    Raises:
        KeyError: `Lab(app)` was never called for it.
    """
    return cast("LabState", app.extensions[EXTENSION])


def current_lab() -> LabState:
    """The lab of the app that answers the present request."""
    return lab_of(current_app)
