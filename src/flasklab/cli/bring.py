"""`flasklab import`: runs of another lab or another tool, each once."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flasklab.cli.console import print_json
from flasklab.cli.desk import whoever_asks
from flasklab.cli.entrance import lab_settings, setting_flags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flasklab.foreign.options import Options
    from flasklab.runs.arriving import Arriving, Passed
    from flasklab.services.run_import import Imported

_SHOWN = 20  # runs that were left out, named one by one


@click.command("import", short_help="Bring in runs of another lab or another tool.")
@click.argument("path", metavar="PATH", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--from",
    "kind",
    type=click.Choice(("lab", "mlflow", "tensorboard", "csv")),
    help="What PATH is, where it does not say so itself.",
)
@click.option("--experiment", metavar="NAME", help="The experiment of runs whose source names none.")
@click.option("--param", "params", metavar="COLUMN", multiple=True, help="A CSV's column that is a parameter.")
@click.option("--metric", "metrics", metavar="COLUMN", multiple=True, help="A CSV's column that is a metric.")
@click.option("--output", "outputs", metavar="COLUMN", multiple=True, help="A CSV's column that is an output.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_flags("results", "database_url")
def bring(
    path: Path,
    kind: str | None,
    experiment: str | None,
    params: tuple[str, ...],
    metrics: tuple[str, ...],
    outputs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Bring in the runs of PATH: another lab's export, MLflow's folder or SQLite file, TensorBoard's logs, or a CSV.

    Runs keep their ids and get numbers of this lab. One that is here already is left as it is, so that the same import
    may be made again, after an interruption too. Only runs that have ended are brought in.
    """
    from flasklab.foreign.guessing import kind_of
    from flasklab.foreign.options import Options
    from flasklab.services.run_import import RunImport
    from flasklab.store import Store

    settings = lab_settings()
    options = Options(experiment=experiment, params=params, metrics=metrics, outputs=outputs)
    store = Store(settings).open()
    try:
        with _source(kind or kind_of(path), path, settings.results, options) as runs:
            done = RunImport(store, settings)(runs, whoever_asks())
    finally:
        store.close()
    _tell(done, as_json=as_json)


@contextmanager
def _source(kind: str, path: Path, room: Path, options: Options) -> Iterator[Iterable[Arriving | Passed]]:
    if kind == "lab":
        from flasklab.services.lab_import import runs_of_lab

        with runs_of_lab(path, room) as runs:
            yield runs
        return
    from flasklab.foreign.guessing import runs_of

    yield runs_of(kind, path, options)


def _tell(done: Imported, *, as_json: bool) -> None:
    if as_json:
        passed = [{"name": one.name, "why": one.why} for one in done.passed]
        print_json({"imported": done.added, "there": done.there, "left_out": passed})
        return
    click.echo(f"{done.added:,} imported, {done.there:,} were here already, {len(done.passed):,} left out.")
    for one in done.passed[:_SHOWN]:
        click.echo(f"{one.name} is left out: {one.why}.", err=True)
    if len(done.passed) > _SHOWN:
        click.echo(f"... and {len(done.passed) - _SHOWN:,} more; --json names all of them.", err=True)
