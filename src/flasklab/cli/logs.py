"""`flasklab logs`: what a run printed."""

from __future__ import annotations

import click

from flasklab.cli.desk import opened
from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.cli.following import follow, write_log


@click.command(short_help="Print a run's log.")
@click.argument("run_id", metavar="ID")
@click.option("--follow", "-f", "following", is_flag=True, help="Go on until the run has ended.")
@setting_flags("results", "database_url")
def logs(run_id: str, following: bool) -> None:
    """Print the log of run ID.

    ID is a run's id, the beginning of one, or a number like 12.
    """
    with opened(lab_settings()) as desk:
        run = desk.read.resolve(run_id)
        if following:
            follow(desk, run.id, write=_write)
        else:
            write_log(desk, run.id, 0, _write)
        for piece in desk.logs.unfinished(run.id):
            _write(f"{piece.text}\n")


def _write(text: str) -> None:
    click.echo(text, nl=False)
