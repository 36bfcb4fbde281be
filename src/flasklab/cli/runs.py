"""`flasklab runs`: what has been run, newest first."""

from __future__ import annotations

import click

from flasklab.cli.console import console, print_json
from flasklab.cli.desk import opened
from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.cli.run_text import runs_table
from flasklab.runs.state import RunState
from flasklab.search.errors import QueryError
from flasklab.services.run_record import run_record
from flasklab.services.run_search import read_query

STATES = tuple(state.value for state in RunState)


@click.command(short_help="List runs.")
@click.argument("query", nargs=-1)
@click.option("--state", type=click.Choice(STATES), help="Only runs in this state.")
@click.option("--experiment", help="Only runs of this experiment.")
@click.option("--deleted", is_flag=True, help="Only runs in the bin.")
@click.option("--sort", metavar="NAME", help="By this name; with a minus in front, the largest first.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 1000), help="The first so many.")
@click.option("--after", metavar="NEXT", help="Those after that: `next` of the JSON before.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_flags("results", "database_url")
def runs(
    query: tuple[str, ...],
    state: str | None,
    experiment: str | None,
    deleted: bool,
    sort: str | None,
    limit: int,
    after: str | None,
    as_json: bool,
) -> None:
    """List runs, the newest first.

    QUERY narrows the list, in one argument or several: words that the runs mention, states, comparisons such as
    'accuracy > 0.9 and model in ("svm", "forest") and created > -7d'.
    """
    try:
        asked = read_query(" ".join(query), sort or "", deleted=deleted)
        asked = asked.within(state=RunState(state) if state else None, experiment=experiment)
    except QueryError as error:
        raise click.UsageError(str(error)) from error
    with opened(lab_settings()) as desk:
        try:
            page = desk.search(asked, after=after, limit=limit)
        except ValueError as error:
            raise click.UsageError(f"--after {error}.") from error
        strangers = "" if page.runs else desk.search.strangers(asked)
    if as_json:
        print_json({"runs": [run_record(run) for run in page.runs], "next": page.next})
    elif page.runs:
        out = console()
        out.print(runs_table(page.runs, out.width))
    else:
        click.echo(f"No runs. {strangers}".strip(), err=True)
