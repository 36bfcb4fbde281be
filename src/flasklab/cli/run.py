"""`flasklab run`: start an experiment without a browser, with or without a server running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flasklab.cli.desk import opened
from flasklab.cli.entrance import WHERE, lab_settings, setting_flags
from flasklab.cli.given import given_parameters, parameter_options
from flasklab.cli.start import already_run, describe, print_instead, queue_options, see_through, start, start_options

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Run an experiment and follow it.")
@click.argument("experiment")
@parameter_options
@click.option("--preset", metavar="NAME", help="Take the parameters of this preset; what else is given beats it.")
@queue_options
@click.option("--needed", is_flag=True, help="Only if no run has succeeded with these parameters and this code.")
@start_options
@setting_flags(*WHERE)
def run(
    experiment: str,
    texts: tuple[str, ...],
    files: tuple[str, ...],
    params_file: Path | None,
    preset: str | None,
    priority: int | None,
    not_before: str | None,
    needed: bool,
    **shown: Any,
) -> None:
    """Run EXPERIMENT, follow its log and print its output as JSON.

    The exit status is 0 only if the run succeeded. Ctrl-C asks for the run's cancel.

    \b
        flasklab run double -p param=21
        flasklab run classify --file data=@table.csv -p model=forest
        flasklab run train --params params.yaml
        flasklab run train --priority 5 --not-before 22:00
        flasklab run train -p epochs=50 --needed
    """
    with opened(lab_settings(), new=True) as desk:
        description = describe(desk, experiment)
        values = given_parameters(desk, description, texts=texts, files=files, params_file=params_file)
        if preset is not None:
            known = description.parameters.get("properties", {})
            kept = desk.presets.get(experiment, preset).params
            values = {name: value for name, value in kept.items() if name in known} | values
        if needed and (found := already_run(desk, description, values)) is not None:
            print_instead(found, detach=shown["detach"], as_json=shown["as_json"])
        started = start(desk, description, values, priority=priority, not_before=not_before)
        see_through(desk, started, **shown)
