"""`flasklab rerun`: a run once more, with or without changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flasklab.cli.desk import opened
from flasklab.cli.entrance import WHERE, lab_settings, setting_flags
from flasklab.cli.given import given_parameters, merged, parameter_options
from flasklab.cli.start import describe, queue_options, see_through, start, start_options
from flasklab.services.checkpoint_read import CheckpointRead

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Run a run again, with or without changes.")
@click.argument("run_id", metavar="ID")
@click.option("--restore", is_flag=True, help="Go on from its last checkpoint.")
@parameter_options
@queue_options
@start_options
@setting_flags(*WHERE)
def rerun(
    run_id: str,
    *,
    restore: bool,
    texts: tuple[str, ...],
    files: tuple[str, ...],
    params_file: Path | None,
    priority: int | None,
    not_before: str | None,
    **shown: Any,
) -> None:
    """Run again what run ID did, with the parameters given here changed.

    ID is a run's id, the beginning of one, or a number like 12.
    """
    with opened(lab_settings()) as desk:
        before = desk.read.resolve(run_id)
        description = describe(desk, before.experiment)
        changes = given_parameters(desk, description, texts=texts, files=files, params_file=params_file)
        source = CheckpointRead(desk.settings.results).source(before) if restore else None
        values = merged(before.params, changes)
        again = start(
            desk,
            description,
            values,
            rerun_of=before.id,
            restore_from=source,
            priority=priority,
            not_before=not_before,
        )
        see_through(desk, again, **shown)
