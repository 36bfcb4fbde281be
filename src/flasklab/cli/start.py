"""Starting a run from the command line and seeing it through; `run` and `rerun` share it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, NoReturn, Self

import click

from flasklab.cli.console import print_json
from flasklab.cli.desk import whoever_asks
from flasklab.cli.following import display, follow
from flasklab.cli.run_text import error_text
from flasklab.runs.state import RunState
from flasklab.runs.times import now, read_moment
from flasklab.services.run_record import run_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from flasklab.cli.desk import Desk
    from flasklab.experiments.description import Description
    from flasklab.runs.run import Run

DESCRIBING_SECONDS = 120.0  # the longest wait for the experiments to be imported
_INTERRUPTED = 130  # what shells say of a command that Ctrl-C ended


def start_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags that say how a started run is shown."""
    options = (
        click.option("--detach", "-d", is_flag=True, help="Start it, print its id and leave it to the lab."),
        click.option("--quiet", "-q", is_flag=True, help="Print the output only, not the log."),
        click.option("--json", "as_json", is_flag=True, help="Print the whole run as JSON, not just its output."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def queue_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags that say how a start is queued."""
    options = (
        click.option("--priority", type=click.IntRange(-1_000_000, 1_000_000), help="Higher ones begin first."),
        click.option("--not-before", metavar="WHEN", help='Begin then at the earliest: "14:00", "2026-11-25T14:00".'),
    )
    for option in reversed(options):
        command = option(command)
    return command


def describe(desk: Desk, experiment: str) -> Description:
    """The experiment's description, after a supervisor has seen to it that it is fresh.

    Raises:
        ExperimentNotFoundError: no experiment has this name.
        ExperimentBrokenError: its module cannot be imported.
    """
    from flasklab.execution.start import ensure_supervisor

    ensure_supervisor(desk.settings)
    return desk.experiments.get(experiment, DESCRIBING_SECONDS)


def start(
    desk: Desk,
    description: Description,
    values: Mapping[str, Any],
    *,
    rerun_of: str | None = None,
    restore_from: str | None = None,
    priority: int | None = None,
    not_before: str | None = None,
) -> Run:
    """Validate the parameters and queue a run.

    Raises:
        click.BadOptionUsage: `not_before` is no moment.
        MissingResourcesError: it takes more units of a pool than the lab has.
        InvalidParametersError: some cannot be used.
        QueueFullError: the lab takes no more runs for now.
    """
    from flasklab.experiments.parameters import validate

    checked = validate(description.parameters, description.defaults, values)
    run, _ = desk.submit(
        description,
        checked.params,
        checked.given,
        created_by=whoever_asks(),
        rerun_of=rerun_of,
        restore_from=restore_from,
        priority=priority,
        not_before=None if not_before is None else _moment(not_before),
    )
    return run


def already_run(desk: Desk, description: Description, values: Mapping[str, Any]) -> Run | None:
    """The run that these parameters and the present code have made already, if there is one.

    Raises:
        InvalidParametersError: some cannot be used.
    """
    from flasklab.experiments.parameters import validate

    return desk.same(description, validate(description.parameters, description.defaults, values).params)


def print_instead(run: Run, *, detach: bool, as_json: bool) -> NoReturn:
    """Print a run that succeeded before as if it had been started now, and exit with status 0."""
    which = f"Run #{run.number} of {run.experiment} ran with these parameters and this code already"
    click.echo(f"{which}; nothing was started. (flasklab show {run.number})", err=True)
    if as_json:
        print_json(run_record(run))
    elif detach:
        click.echo(run.id)
    else:
        print_json(run.output)
    raise click.exceptions.Exit(0)


def _moment(text: str) -> datetime:
    try:
        return read_moment(text, now())
    except ValueError as error:
        raise click.BadOptionUsage("--not-before", f"--not-before {error}.") from None


def see_through(desk: Desk, run: Run, *, detach: bool, quiet: bool, as_json: bool) -> NoReturn:
    """Follow a started run to its end, print its output and exit; the status is 0 only if it succeeded."""
    if detach:
        if as_json:
            print_json(run_record(run))
        else:
            click.echo(run.id)
        raise click.exceptions.Exit(0)
    run, interrupted = _follow_or_cancel(desk, run, quiet=quiet)
    if as_json:
        print_json(run_record(run))
    elif run.state is RunState.SUCCEEDED:
        print_json(run.output)
    if run.state is RunState.SUCCEEDED:
        raise click.exceptions.Exit(0)
    click.echo(f"Error: {ending_sentence(run)}", err=True)
    raise click.exceptions.Exit(_INTERRUPTED if interrupted else 1)


def ending_sentence(run: Run) -> str:
    """How a run that did not succeed ended, and where to read more."""
    which, state = f"Run #{run.number} of {run.experiment}", run.state.value.replace("_", " ")
    if run.error is None:
        how = f" {state}." if run.state.is_final else f" is still {state}."
    elif run.state is RunState.CANCELED:
        how = f": {run.error.message}"  # it says who canceled it
    else:
        how = f" {state}: {error_text(run.error)}"
    return f"{which}{how} (flasklab show {run.number})"


class FirstCtrlC:
    """Notes the first Ctrl-C while it lasts, so that nothing is broken off; a second one interrupts as ever."""

    def __init__(self) -> None:
        self.noted = False
        """Whether there was one."""

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _note(self, *_: object) -> None:
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True


def _follow_or_cancel(desk: Desk, run: Run, *, quiet: bool) -> tuple[Run, bool]:
    """Follow the run; the first Ctrl-C asks for its cancel, a second one stops following."""
    asked = False
    with display(quiet=quiet) as (write, see), FirstCtrlC() as ctrl_c:

        def look(seen: Run) -> None:
            nonlocal asked
            see(seen)
            if ctrl_c.noted and not asked and not seen.state.is_final:
                asked = True
                cancel_if_open(desk, seen)
                write(f"Asked to cancel run #{run.number}; press Ctrl-C again to stop following it.\n")

        try:
            return follow(desk, run.id, write=write, see=look), ctrl_c.noted
        except KeyboardInterrupt:
            return desk.read.get(run.id), True


def cancel_if_open(desk: Desk, run: Run) -> Run:
    """Ask for the run's cancel; one that has ended meanwhile is returned as it is."""
    from flasklab.errors import WrongStateError

    try:
        return desk.cancel(run.id, whoever_asks())
    except WrongStateError:
        return desk.read.get(run.id)
