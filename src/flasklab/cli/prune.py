"""`flasklab prune` and `flasklab du`: room on the disk, and how to have more of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from flasklab.cli.console import console, print_json, table
from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.config import duration_seconds
from flasklab.runs import amounts
from flasklab.runs.times import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flasklab.config import Settings
    from flasklab.services.retention import Swept
    from flasklab.store import Store


def _duration(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return duration_seconds(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


@click.command(short_help="Remove for good what is in the bin, old runs, and files of no run.")
@click.option("--older-than", metavar="TIME", callback=_duration, help='Also runs that ended longer ago, like "30d".')
@click.option("--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; needs --yes or --dry-run.")
@setting_flags("results", "database_url")
def prune(older_than: float | None, experiment: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Remove for good what lies in the bin, and files that no run needs; old runs too with --older-than.

    Pinned runs and runs that have not ended stay. What is removed does not come back, except from a backup.
    """
    from flasklab.services.retention import Pruning, plan_prune
    from flasklab.services.retention import prune as remove

    if as_json and not (dry_run or yes):
        raise click.UsageError("--json needs --yes or --dry-run: nobody can be asked.")
    wanted = Pruning(older_than_seconds=older_than, experiment=experiment)
    for settings, store in _opened():
        at = now()
        plan = plan_prune(store, settings, wanted, at)
        if not as_json:
            _tell(plan, "would be removed" if dry_run else "are to be removed")
        if not dry_run and (plan.runs or plan.files or plan.freed):
            if not yes:
                click.confirm("Remove all of that for good?", abort=True)
            plan = remove(store, settings, wanted, at)
            if plan.busy:
                raise click.ClickException("A backup is being made, or another prunes. Nothing was done; try again.")
            if not as_json:
                click.echo(f"{amounts.size(plan.freed)} were freed.")
        if as_json:
            print_json(asdict(plan) | {"dry_run": dry_run})


def _opened() -> Iterator[tuple[Settings, Store]]:
    from flasklab.store import Store

    settings = lab_settings()
    if not settings.results.exists():
        raise click.ClickException(f"There is no results folder {settings.results}: nothing has run here yet.")
    store = Store(settings).open()
    try:
        yield settings, store
    finally:
        store.close()


def _tell(plan: Swept, what: str) -> None:
    if plan.by_experiment:
        made = table("experiment", "runs>")
        for name, count in sorted(plan.by_experiment.items()):
            made.add_row(name, f"{count:,}")
        console().print(made)
    if not (plan.runs or plan.files or plan.freed):
        click.echo("There is nothing to remove.")
        return
    counted = ((plan.runs, "run", ""), (plan.files, "file", " of no other run"))
    told = [f"{count:,} {word}{'' if count == 1 else 's'}{more}" for count, word, more in counted if count]
    click.echo(f"{' and '.join(told) or 'Leftovers'}, {amounts.size(plan.freed)} in all, {what}.")


@click.command(short_help="Say how much room each experiment takes.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_flags("results", "database_url")
def du(as_json: bool) -> None:
    """Say how much room on the disk each experiment's runs take.

    Equal contents are stored once: those that several experiments have are counted for each, and once in the total.
    """
    from flasklab.services.disk_use import DiskRead, disk_values

    for _, store in _opened():
        use = DiskRead(store)()
    if as_json:
        print_json(disk_values(use))
        return
    made = table("experiment", "runs>", "files>", "logs>", "metrics>", "total>")
    for one in use.experiments:
        made.add_row(one.experiment, f"{one.runs:,}", *_sizes(one.files, one.logs, one.metrics, one.total))
    made.add_row("all", "", *_sizes(use.contents, use.logs, use.metrics, use.total), style="bold")
    console().print(made)
    if use.binned:
        runs = "1 run lies" if use.binned == 1 else f"{use.binned:,} runs lie"
        click.echo(f"{runs} in the bin; `flasklab prune` empties it.", err=True)
    click.echo(f"{amounts.size(use.free)} are free.", err=True)


def _sizes(*counts: Any) -> list[str]:
    return [amounts.size(count) for count in counts]
