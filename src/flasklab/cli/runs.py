"""`flasklab runs`: what has been run, newest first."""

from __future__ import annotations

import click

from flasklab.cli.console import console, print_json
from flasklab.cli.desk import opened
from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.cli.run_text import runs_table
from flasklab.runs.state import RunState
from flasklab.services.run_query import read_query
from flasklab.services.run_record import run_record

STATES = tuple(state.value for state in RunState)


@click.command(short_help="List runs.")
@click.argument("query", nargs=-1)
@click.option("--state", type=click.Choice(STATES), help="Only runs in this state.")
@click.option("--experiment", help="Only runs of this experiment.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 1000), help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_flags("results", "database_url")
def runs(query: tuple[str, ...], state: str | None, experiment: str | None, limit: int, as_json: bool) -> None:
    """List runs, the newest first.

    QUERY narrows the list: a state's name, or a text in the runs' experiment, parameters, tags or note.
    """
    try:
        asked = read_query(" ".join(query), RunState(state) if state else None)
    except ValueError as error:
        raise click.UsageError(f"QUERY {error}.") from error
    with opened(lab_settings()) as desk:
        page = desk.read.page(state=asked.state, text=asked.text, experiment=experiment, limit=limit)
    if as_json:
        print_json({"runs": [run_record(run) for run in page.runs], "next": page.next})
    elif page.runs:
        out = console()
        out.print(runs_table(page.runs, out.width))
    else:
        click.echo("No runs.", err=True)
