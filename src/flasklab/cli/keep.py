"""`flasklab delete`, `undelete`, `pin` and `unpin`: which runs are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flasklab.cli.console import print_json
from flasklab.cli.desk import Desk, opened
from flasklab.cli.entrance import lab_settings, setting_flags
from flasklab.services.run_record import run_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from flasklab.runs.run import Run


def _command(name: str, short: str, words: str, say: str, do: Callable[[Desk, Run], Run]) -> click.Command:
    """A command that does one thing to each of several runs, and names them all before it begins."""

    @click.command(name, short_help=short, help=f"{words}\n\nID is a run's id, the beginning of one, or a number.")
    @click.argument("run_ids", metavar="ID", nargs=-1, required=True)
    @click.option("--json", "as_json", is_flag=True, help="Print the runs as JSON.")
    @setting_flags("results", "database_url")
    def command(run_ids: tuple[str, ...], as_json: bool) -> None:
        with opened(lab_settings()) as desk:
            found = [desk.read.resolve(one) for one in run_ids]
            for run in found:
                changed = do(desk, run)
                if as_json:
                    print_json(run_record(changed))
                else:
                    click.echo(say.format(f"#{run.number} of {run.experiment}"))

    return command


delete = _command(
    "delete",
    "Put runs into the bin.",
    "Put runs that have ended into the bin, from which `flasklab undelete` takes them until it is emptied.",
    "Run {} is in the bin.",
    lambda desk, run: desk.keep.delete(run.id),
)
undelete = _command(
    "undelete",
    "Take runs out of the bin.",
    "Take deleted runs out of the bin.",
    "Run {} is back.",
    lambda desk, run: desk.keep.restore(run.id),
)
pin = _command(
    "pin",
    "Keep runs, however old they become.",
    "Keep runs, however old they become: what FLASKLAB_KEEP_DAYS and `flasklab prune` remove, they leave out.",
    "Run {} is pinned.",
    lambda desk, run: desk.keep.pin(run.id, pinned=True),
)
unpin = _command(
    "unpin",
    "Let runs go when they are old.",
    "Undo `flasklab pin`.",
    "Run {} is not pinned.",
    lambda desk, run: desk.keep.pin(run.id, pinned=False),
)
