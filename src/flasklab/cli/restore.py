"""`flasklab restore`: a lab out of its backup."""

from __future__ import annotations

from pathlib import Path

import click

from flasklab.cli.console import print_json
from flasklab.cli.entrance import lab_settings, setting_flags


@click.command(short_help="Make a lab out of a backup.")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Move a lab that is there aside; nothing of it is deleted.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_flags("results", "database_url")
def restore(file: Path, force: bool, as_json: bool) -> None:
    """Make the results folder what the backup FILE holds; the folder must be new or empty.

    Everything is checked before the lab begins to exist. Runs that were under way are taken up as after a crash.
    """
    from flasklab.services.restore import restore as bring_back
    from flasklab.store import Store

    settings = lab_settings()
    restored = bring_back(settings, file, replace=force)
    store = Store(settings).open()  # an older schema is brought up to date
    store.close()
    head = restored.backup.manifest.head
    if as_json:
        aside = None if restored.aside is None else str(restored.aside)
        print_json({"results": str(settings.results), "runs": head.runs, "made_at": head.made_at, "aside": aside})
        return
    runs = "1 run" if head.runs == 1 else f"{head.runs:,} runs"
    click.echo(f"{settings.results} is the lab of {head.made_at} again, with {runs}.")
    if restored.aside is not None:
        click.echo(f"What was there before lies in {restored.aside}.", err=True)
