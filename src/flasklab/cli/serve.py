"""`flasklab serve`: the lab on one screen, served until Ctrl-C."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flasklab.cli.app_file import makes_app
from flasklab.cli.console import without_password
from flasklab.cli.entrance import FLAGS, Entrance, given_flags, setting_flags
from flasklab.cli.served import note_served
from flasklab.config import PREFIX

if TYPE_CHECKING:
    from flasklab.config import Settings
    from flasklab.server.serve import ServeReport


@click.command(short_help="Serve the lab in this folder.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@setting_flags(*FLAGS)
def serve(file: Path | None) -> None:
    """Serve the lab in this folder, or the one in FILE.

    FILE is a lab's folder, a Python file with experiments, or one with a Flask app that has a lab.
    """
    entrance = Entrance.of(click.get_current_context())
    app_file = entrance.app_file
    if file is not None:
        app_file = _enter(entrance, entrance.folder / file)
    elif app_file is None and (entrance.folder / "app.py").is_file():
        app_file = entrance.folder / "app.py"
    settings = entrance.settings(given_flags())
    if app_file is None:
        _require_experiments(settings)
    from flasklab.server.serve import serve as serve_lab

    screen = Screen()

    def announce(report: ServeReport) -> None:
        if report.error is None:
            note_served(report.settings)  # of the report, as an app may have settings of its own
        screen.announce(report)

    status = serve_lab(settings, app_file, announce, given_flags())
    raise click.exceptions.Exit(1 if screen.failed else status)


def _enter(entrance: Entrance, file: Path) -> Path | None:
    """Make the lab that `file` means this command's; returns the file if it makes an app."""
    if file.is_dir():
        entrance.folder = file
        return file / "app.py" if (file / "app.py").is_file() else None
    if not file.is_file():
        raise click.ClickException(f"There is no file or folder {file}.")
    if file.suffix != ".py":
        raise click.ClickException(f"{file} is no Python file; name a file with experiments, or a lab's folder.")
    entrance.folder = file.absolute().parent
    if makes_app(file):
        return file.absolute()
    entrance.defaults[PREFIX + "EXPERIMENTS"] = str(file.absolute())
    return None


def _require_experiments(settings: Settings) -> None:
    if not Path(settings.experiments).exists() and "/" in settings.experiments:
        raise click.ClickException(
            f"There are no experiments at {settings.experiments}. Make a lab with `flasklab new DIR`, or "
            "serve a file of experiments with `flasklab serve FILE`."
        )


class Screen:
    """Prints what the server reports: the lab at once, its experiments when they have been imported."""

    def __init__(self) -> None:
        self.failed = False
        """Whether the app could not be loaded."""
        self._shown = False
        self._lock = threading.Lock()  # reports come from a thread of the server's

    def announce(self, report: ServeReport) -> None:
        """Print what is new in a report."""
        with self._lock:
            if report.error is not None:
                self.failed = True
                click.echo(f"Error: {report.error}", err=True)
                return
            if report.waits:
                click.echo(f"\n  Stopping: running work gets {report.settings.grace:g} s; Ctrl-C again hurries.")
                return
            if not self._shown:
                self._shown = True
                self._print_lab(report)
            if report.experiments is not None:
                self._print_experiments(report)

    def _print_lab(self, report: ServeReport) -> None:
        settings = report.settings
        click.echo(f"\n  {click.style('Flasklab', bold=True)} serves the lab in {settings.root}\n")
        _line("address", click.style(report.address, fg="cyan", bold=True))
        _line("results", str(settings.results))
        _line("database", without_password(settings.database_url))
        _line("workers", "1 run at a time" if settings.workers == 1 else f"{settings.workers} runs at once")

    def _print_experiments(self, report: ServeReport) -> None:
        if report.experiments:
            _line("experiments", ", ".join(report.experiments))
        elif not report.broken:
            _line("experiments", f"none yet in {report.settings.experiments}")
        for module, where, error, needs in report.broken:
            if needs:
                _line(click.style("needs", fg="yellow"), f"{module} waits for {needs}: pip install {needs}")
            else:
                _line(click.style("broken", fg="red"), f"{where}: {error}")
        click.echo("\n  Ctrl-C stops it; runs that wait go on when it is started again.\n")


def _line(name: str, text: str) -> None:
    padding = " " * (len("experiments") - len(click.unstyle(name)))
    click.echo(f"  {name}{padding}  {text}")
