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
@click.option("--deleted", is_flag=True, help="Only runs in the bin.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 1000), help="The newest so many.")
@click.option(
    "--after", metavar="NEXT", type=click.IntRange(0, 2**62), help="Older than that: `next` of the JSON before."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_flags("results", "database_url")
def runs(
    query: tuple[str, ...],
    state: str | None,
    experiment: str | None,
    deleted: bool,
    limit: int,
    after: int | None,
    as_json: bool,
) -> None:
    """List runs, the newest first.

    QUERY narrows the list: a state's name, or a text in the runs' experiment, parameters, tags or note.
    """
    try:
        asked = read_query(" ".join(query), RunState(state) if state else None)
    except ValueError as error:
        raise click.UsageError(f"QUERY {error}.") from error
    with opened(lab_settings()) as desk:
        page = desk.read.page(
            state=asked.state, text=asked.text, experiment=experiment, before=after, limit=limit, deleted=deleted
        )
    if as_json:
        following = None if page.next is None else str(page.next)  # text, as over HTTP
        print_json({"runs": [run_record(run) for run in page.runs], "next": following})
    elif page.runs:
        out = console()
        out.print(runs_table(page.runs, out.width))
    else:
        click.echo("No runs.", err=True)
