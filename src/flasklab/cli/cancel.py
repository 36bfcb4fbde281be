"""`flasklab cancel`: stop a run, or take it out of the queue."""

from __future__ import annotations

import click

from flasklab.cli.console import print_json
from flasklab.cli.desk import opened, whoever_asks
from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.runs.state import RunState
from flasklab.services.run_record import run_record

_PATIENCE_SECONDS = 15.0  # a process is given some seconds to end by itself before it is killed


@click.command(short_help="Cancel a run.")
@click.argument("run_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
@setting_flags("results", "database_url")
def cancel(run_id: str, as_json: bool) -> None:
    """Cancel run ID, and wait until its process is gone.

    ID is a run's id, the beginning of one, or a number like 12.
    """
    with opened(lab_settings()) as desk:
        run = desk.cancel(desk.read.resolve(run_id).id, whoever_asks())
        if not run.state.is_final:
            run = desk.wait(run.id, _PATIENCE_SECONDS)
    if as_json:
        print_json(run_record(run))
    elif run.state is RunState.CANCELED:
        click.echo(f"Run #{run.number} of {run.experiment} is canceled.")
    elif run.state.is_final:
        click.echo(f"Run #{run.number} of {run.experiment} had {run.state.value} before it could be canceled.")
    else:
        click.echo(f"Run #{run.number} of {run.experiment} was asked to stop and has not ended yet.")
