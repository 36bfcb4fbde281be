"""Every service over one open store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flasklab.http.lab import Services
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
from flasklab.services.run_wait import MAX_WAITERS, WAITERS_VARIABLE, RunWait
from flasklab.services.table_read import TableRead
from flasklab.services.waiting import Waiting
from flasklab.store.intake import Intake
from flasklab.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from flasklab.config import Settings


def make_services(settings: Settings, wake: Callable[[], None]) -> Services:
    """The services of the lab with these settings.

    Raises:
        StoreError: the database or the results folder cannot be used.
    """
    store = Store(settings)
    store.open()
    intake = Intake(settings.results)
    wait = RunWait(store, intake, max_waiters=int(os.environ.get(WAITERS_VARIABLE, MAX_WAITERS)))
    experiments = ExperimentRead(store, settings, wake)
    waiting = Waiting(store, settings, experiments)
    submit = RunSubmit(store, settings, intake, wait, wake)
    cancel = RunCancel(store, wake)
    return Services(
        store=store,
        submit=submit,
        wait=wait,
        cancel=cancel,
        keep=RunKeep(store),
        presets=PresetKeep(store),
        annotate=RunAnnotate(store),
        act=RunAct(store, cancel, experiments, submit),
        disk=DiskRead(store),
        read=RunRead(store),
        same=RunSame(store, experiments),
        search=RunSearch(store),
        groups=GroupSearch(store),
        follow=RunFollow(store, waiting),
        metrics=MetricRead(store),
        files=RunFiles(store),
        export=RunExport(store),
        tables=TableRead(settings.results / "cache"),
        experiments=experiments,
        upload=FileUpload(store),
        status=LabStatus(store, settings, waiting),
        checkpoints=CheckpointRead(settings.results),
        waiting=waiting,
        compare=RunCompare(store),
        diff=RunDiff(store),
        curves=CurveCompare(store),
    )
