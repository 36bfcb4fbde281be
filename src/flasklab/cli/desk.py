"""The open store of a command's lab, with the services that commands call."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flasklab.config import Settings
    from flasklab.services.experiment_read import ExperimentRead
    from flasklab.services.file_upload import FileUpload
    from flasklab.services.preset_keep import PresetKeep
    from flasklab.services.run_annotate import RunAnnotate
    from flasklab.services.run_cancel import RunCancel
    from flasklab.services.run_follow import RunFollow
    from flasklab.services.run_keep import RunKeep
    from flasklab.services.run_read import RunRead
    from flasklab.services.run_same import RunSame
    from flasklab.services.run_search import RunSearch
    from flasklab.services.run_submit import RunSubmit
    from flasklab.services.run_wait import RunWait
    from flasklab.services.waiting import Waiting
    from flasklab.store.logs import LogStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The services that commands call, over one open store."""

    settings: Settings
    submit: RunSubmit
    wait: RunWait
    cancel: RunCancel
    keep: RunKeep
    presets: PresetKeep
    annotate: RunAnnotate
    read: RunRead
    same: RunSame
    search: RunSearch
    follow: RunFollow
    waiting: Waiting
    experiments: ExperimentRead
    upload: FileUpload
    logs: LogStore


@contextmanager
def opened(settings: Settings, *, new: bool = False) -> Iterator[Desk]:
    """The lab's services while the context lasts.

    Args:
        settings: the lab's
        new: whether a lab that has no results yet may begin here

    Raises:
        click.ClickException: there is no lab here.
    """
    if not new and not settings.results.exists():
        raise click.ClickException(
            f"There is no results folder {settings.results}: nothing has run here yet. Start this lab with "
            "`flasklab serve`, or say where yours is with `flasklab -C DIR ...` or --results."
        )
    from flasklab.services.experiment_read import ExperimentRead
    from flasklab.services.file_upload import FileUpload
    from flasklab.services.preset_keep import PresetKeep
    from flasklab.services.run_annotate import RunAnnotate
    from flasklab.services.run_cancel import RunCancel
    from flasklab.services.run_follow import RunFollow
    from flasklab.services.run_keep import RunKeep
    from flasklab.services.run_read import RunRead
    from flasklab.services.run_same import RunSame
    from flasklab.services.run_search import RunSearch
    from flasklab.services.run_submit import RunSubmit
    from flasklab.services.run_wait import RunWait
    from flasklab.services.waiting import Waiting
    from flasklab.store import Store
    from flasklab.store.doorbell import Doorbell
    from flasklab.store.intake import Intake
    from flasklab.store.presence import Attendance

    store = Store(settings).open()
    wake = Doorbell(settings.results).ring
    intake = Intake(settings.results)
    wait = RunWait(store, intake)
    experiments = ExperimentRead(store, settings, wake)
    waiting = Waiting(store, settings, experiments)
    attendance = Attendance(settings.results)
    attendance.join()  # a supervisor stays for as long as someone is there
    try:
        yield Desk(
            settings=settings,
            submit=RunSubmit(store, settings, intake, wait, wake),
            wait=wait,
            cancel=RunCancel(store, wake),
            keep=RunKeep(store),
            presets=PresetKeep(store),
            annotate=RunAnnotate(store),
            read=RunRead(store),
            same=RunSame(store, experiments),
            search=RunSearch(store),
            follow=RunFollow(store, waiting),
            waiting=waiting,
            experiments=experiments,
            upload=FileUpload(store),
            logs=store.logs,
        )
    finally:
        attendance.leave()
        store.close()


def whoever_asks() -> str:
    """Who calls the command, as runs note it down; "" where the system does not say."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
