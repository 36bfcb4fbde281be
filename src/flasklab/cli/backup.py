"""`flasklab backup`: the lab in one file, made while runs go on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flasklab.cli.console import print_json
from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.runs import amounts

if TYPE_CHECKING:
    from flasklab.services.backup import Backup


@click.command(short_help="Put the lab into one file, or look whether such a file is whole.")
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--verify", "only_verify", is_flag=True, help="Read FILE to its end and say whether it is whole.")
@click.option("--without-secret-key", is_flag=True, help="Leave out the key that signs sessions.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_flags("results", "database_url")
def backup(file: Path, only_verify: bool, without_secret_key: bool, force: bool, as_json: bool) -> None:
    """Put the whole lab into FILE, while runs go on: database, files, logs, checkpoints and its secret key.

    FILE is written whole or not at all, and read back before it is called done. Whoever can read it can read the lab.
    """
    from flasklab.services.backup import back_up, verify
    from flasklab.store import Store

    if only_verify:
        _tell(verify(file), "is whole", as_json=as_json)
        return
    settings = lab_settings()
    if not settings.results.exists():
        raise click.ClickException(f"There is no results folder {settings.results}: there is nothing to back up.")
    store = Store(settings).open()
    try:
        made = back_up(settings, store, file, secret_key=not without_secret_key, replace=force)
    finally:
        store.close()
    _tell(made, "is made", as_json=as_json)


def _tell(found: Backup, what: str, *, as_json: bool) -> None:
    head, members = found.manifest.head, found.manifest.members
    if as_json:
        told = {
            "file": str(found.path),
            "size": found.size,
            "runs": head.runs,
            "files": len(members),
            "bytes": found.manifest.size,
            "made_at": head.made_at,
            "schema": head.revision,
            "version": head.version,
            "missing": list(head.missing),
        }
        print_json(told)
    else:
        runs = "1 run" if head.runs == 1 else f"{head.runs:,} runs"
        click.echo(f"The backup {found.path} {what}: {runs}, {amounts.size(found.size)}, of {head.made_at}.")
    for sha256 in head.missing:
        click.echo(f"The lab itself did not have the content {sha256[:12]} any more, or not unchanged.", err=True)
    sys.stdout.flush()
