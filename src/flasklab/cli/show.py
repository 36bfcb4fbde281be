"""`flasklab show`: everything about one run."""

from __future__ import annotations

import click

from flasklab.cli.console import console, print_json
from flasklab.cli.desk import opened
from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.cli.run_text import print_run
from flasklab.services.run_record import attempt_values, run_record


@click.command(short_help="Show a run.")
@click.argument("run_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_flags("results", "database_url")
def show(run_id: str, as_json: bool) -> None:
    """Show run ID: its state, parameters, output, metrics and files.

    ID is a run's id, the beginning of one, or a number like 12.
    """
    with opened(lab_settings()) as desk:
        run = desk.read.resolve(run_id)
        environment = desk.read.environment(run)
        attempts = desk.read.attempts(run.id)
        waiting = desk.waiting([run]).get(run.id)
    if as_json:
        told = [attempt_values(one) for one in attempts]
        print_json(run_record(run) | {"attempts": told, "waiting": waiting, "environment": environment})
    else:
        print_run(console(), run, attempts, waiting or "")
