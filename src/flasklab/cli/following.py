"""A run as it happens, in a terminal: its log line by line, and a progress bar below it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from flasklab.cli.console import console
from flasklab.cli.run_text import pace_and_left, progress_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flasklab.cli.desk import Desk
    from flasklab.runs.run import Run

_FIRST_GLANCE_SECONDS = 0.1  # between two looks at the log; longer and longer as a run goes on
_LAST_GLANCE_SECONDS = 0.5
_SLICE_BYTES = 2**16


def follow(
    desk: Desk, run_id: str, *, write: Callable[[str], None], see: Callable[[Run], None] = lambda _: None
) -> Run:
    """Watch a run until it is final and its whole log is written; returns it.

    Args:
        desk: the lab's services
        run_id: which run
        write: takes the log's text, piece by piece
        see: takes the run, as often as it is looked at
    """
    start, glance = 0, _FIRST_GLANCE_SECONDS
    while True:
        # Looked at before the log is read: what a finished run has logged is all there.
        run = desk.wait(run_id, glance)
        glance = min(1.1 * glance, _LAST_GLANCE_SECONDS)
        start = write_log(desk, run_id, start, write)
        see(run)
        if run.state.is_final:
            return run


def write_log(desk: Desk, run_id: str, start: int, write: Callable[[str], None]) -> int:
    """Write a log from byte `start` on; returns where it ends for now."""
    while True:
        found = desk.logs.read(run_id, start, _SLICE_BYTES)
        if found.left_out is not None:
            write(f"{found.left_out.text}\n")
        for piece in found.pieces:
            write(piece.text)
        if found.end == start or found.end >= found.size:
            return found.end
        start = found.end


@contextmanager
def display(*, quiet: bool) -> Iterator[tuple[Callable[[str], None], Callable[[Run], None]]]:
    """Where a followed run's log and progress go: standard error, with a bar if that is a terminal.

    Yields what `follow` needs: `write` for the log and `see` for the run.
    """
    if not sys.stderr.isatty():
        yield (lambda text: None if quiet else click.echo(text, nl=False, err=True)), (lambda _: None)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[message]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}", markup=False, style="dim"),
    )
    with Progress(*columns, console=console(err=True), transient=True) as bar:
        task = bar.add_task("starting", total=None, message="", pace="")

        def write(text: str) -> None:
            if not quiet:
                bar.console.print(Text.from_ansi(text), end="\n" if text.endswith("\n") else "")

        def see(run: Run) -> None:
            done, total = (run.progress.done, run.progress.total) if run.progress else (0, None)
            name = f"#{run.number} {run.experiment} {run.state.value}"
            bar.update(
                task, description=name, completed=done, total=total, message=progress_text(run), pace=pace_and_left(run)
            )

        yield write, see
