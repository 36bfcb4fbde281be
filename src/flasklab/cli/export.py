"""`flasklab export`: runs as a file, for a notebook, a spreadsheet or another lab."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.cli.runs import STATES
from flasklab.runs import amounts
from flasklab.runs.state import RunState
from flasklab.search.errors import QueryError
from flasklab.services.run_search import read_query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flasklab.services.lab_export import Exported
    from flasklab.services.run_export import Wanted

_TEXTS = ("jsonl", "csv")  # formats that a terminal or a pipe takes


@click.command(short_help="Write runs into a file.")
@click.argument("query", nargs=-1)
@click.option("--state", type=click.Choice(STATES), help="Only runs in this state.")
@click.option("--experiment", help="Only runs of this experiment.")
@click.option("--sort", metavar="NAME", help="By this name; with a minus in front, the largest first.")
@click.option("--limit", type=click.IntRange(1), help="The first so many; all unless given.")
@click.option(
    "--format",
    "form",
    type=click.Choice((*_TEXTS, "parquet", "lab")),
    help="What is written; by the ending of FILE, else jsonl, unless given.",
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Where to.")
@click.option("--columns", metavar="NAMES", help="Columns of the table, with commas; all that are found unless given.")
@click.option("--with-metrics", is_flag=True, help="All points in jsonl; least and greatest values in tables.")
@click.option("--with-files", is_flag=True, help="Copy the runs' files too, into FILE.files/<run id>/.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@setting_flags("results", "database_url")
def export(
    query: tuple[str, ...],
    state: str | None,
    experiment: str | None,
    sort: str | None,
    limit: int | None,
    form: str | None,
    output: Path | None,
    columns: str | None,
    with_metrics: bool,
    with_files: bool,
    force: bool,
) -> None:
    """Write runs, the newest first, as JSON lines, CSV or Parquet, or all of them for another lab (a zip).

    QUERY narrows them as in `flasklab runs`. Without -o, jsonl and csv go to standard output.
    """
    from flasklab.services.run_export import Wanted

    form = form or _by_ending(output) or "jsonl"
    if output is None and form not in _TEXTS:
        raise click.UsageError(f"{form} is no text: say where to with -o FILE.")
    if with_files and output is None:
        raise click.UsageError("Files are copied beside FILE: say where with -o FILE.")
    try:
        asked = read_query(" ".join(query), sort or "").within(
            state=RunState(state) if state else None, experiment=experiment
        )
    except QueryError as error:
        raise click.UsageError(str(error)) from error
    wanted = Wanted(
        query=asked,
        limit=limit,
        columns=tuple(name for name in (columns or "").split(",") if name),
        metrics=with_metrics,
    )
    _write(form, wanted, output, files=with_files, replace=force)


def _by_ending(output: Path | None) -> str | None:
    ending = "" if output is None else output.suffix.lower().removeprefix(".")
    return "lab" if ending == "zip" else ending if ending in (*_TEXTS, "parquet") else None


def _write(form: str, wanted: Wanted, output: Path | None, *, files: bool, replace: bool) -> None:
    from flasklab.services.file_export import copy_files
    from flasklab.services.lab_export import export_lab
    from flasklab.services.run_export import RunExport
    from flasklab.store import Store

    settings = lab_settings()
    if not settings.results.exists():
        raise click.ClickException(f"There is no results folder {settings.results}: there is nothing to export.")
    store = Store(settings).open()
    try:
        if form == "lab" and output is not None:
            _tell(export_lab(settings, store, wanted, output, replace=replace))
            return
        pieces = RunExport(store)(form, wanted)
        if output is None:
            _pass_on(pieces, sys.stdout.buffer)
        else:
            _place(pieces, output, replace=replace)
            if files:
                _tell_files(*copy_files(store, RunExport(store).runs(wanted), output.with_name(f"{output.name}.files")))
    finally:
        store.close()


def _tell(made: Exported) -> None:
    runs = "1 run" if made.runs == 1 else f"{made.runs:,} runs"
    click.echo(f"{made.path} is made: {runs}, {amounts.size(made.size)}.")
    if made.unfinished:
        click.echo(f"{made.unfinished:,} that have not ended are left out.", err=True)
    for sha256 in made.missing:
        click.echo(f"The lab itself did not have the content {sha256[:12]} any more, or not unchanged.", err=True)


def _tell_files(copied: int, gone: int) -> None:
    click.echo(f"{copied:,} file{'' if copied == 1 else 's'} copied.", err=True)
    if gone:
        click.echo(
            f"{gone:,} {'is' if gone == 1 else 'are'} gone: the lab itself does not have the content any more.",
            err=True,
        )


def _pass_on(pieces: Iterable[bytes], target: BinaryIO) -> None:
    for piece in pieces:
        target.write(piece)
    target.flush()


def _place(pieces: Iterable[bytes], output: Path, *, replace: bool) -> None:
    """Write a file that is whole or not there."""
    if output.exists() and not replace:
        raise click.ClickException(f"{output} is there already. Give another name, or --force to replace it.")
    unfinished = output.with_name(f".{output.name}.{secrets.token_hex(6)}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            _pass_on(pieces, target)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
