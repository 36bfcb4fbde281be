"""`flasklab runs`: what has been run, newest first."""

from __future__ import annotations

import click

from flasklab.cli.console import console, print_json
from flasklab.cli.desk import opened
from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.cli.run_text import runs_table
from flasklab.runs.state import RunState
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
    words = [word for word in query if word not in STATES]
    states = {word for word in query if word in STATES} | ({state} if state else set())
    if len(states) > 1:
        raise click.UsageError(f"A run has one state only; say {' or '.join(sorted(states))}.")
    with opened(lab_settings()) as desk:
        page = desk.read.page(
            state=RunState(states.pop()) if states else None,
            experiment=experiment,
            text=" ".join(words) or None,
            limit=limit,
        )
    if as_json:
        print_json({"runs": [run_record(run) for run in page.runs], "next": page.next})
    elif page.runs:
        console().print(runs_table(page.runs))
    else:
        click.echo("No runs.", err=True)
