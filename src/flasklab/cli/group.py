"""The command's group: finds each command's module when it is called, and says errors in one sentence."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

import flasklab as package
from flasklab.cli.entrance import Entrance
from flasklab.errors import FlasklabError, InvalidParametersError

# In the order in which a lab is met.
COMMANDS = {
    "new": "flasklab.cli.new:new",
    "serve": "flasklab.cli.serve:serve",
    "run": "flasklab.cli.run:run",
    "runs": "flasklab.cli.runs:runs",
    "show": "flasklab.cli.show:show",
    "logs": "flasklab.cli.logs:logs",
    "cancel": "flasklab.cli.cancel:cancel",
    "rerun": "flasklab.cli.rerun:rerun",
    "tag": "flasklab.cli.annotate:tag",
    "note": "flasklab.cli.annotate:note",
    "delete": "flasklab.cli.keep:delete",
    "undelete": "flasklab.cli.keep:undelete",
    "pin": "flasklab.cli.keep:pin",
    "unpin": "flasklab.cli.keep:unpin",
    "du": "flasklab.cli.prune:du",
    "prune": "flasklab.cli.prune:prune",
    "export": "flasklab.cli.export:export",
    "import": "flasklab.cli.bring:bring",
    "backup": "flasklab.cli.backup:backup",
    "restore": "flasklab.cli.restore:restore",
    "check": "flasklab.cli.check:check",
}


class LabGroup(click.Group):
    """A group whose commands live in modules of their own, imported when they are called."""

    def __init__(self, *args: Any, places: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = COMMANDS if places is None else places  # "module:attribute" by the command's name

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are met."""
        return [*self.places, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        place = self.places.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for; what a user can mend is said without a traceback."""
        try:
            return super().invoke(ctx)
        except InvalidParametersError as error:
            wrong = [f"{one.param}: {one.message}" for one in error.errors]
            raise click.ClickException("\n  ".join(["These parameters cannot be used:", *wrong])) from error
        except FlasklabError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}.") from error


@click.group(cls=LabGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C",
    "folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The lab's folder, where it is not the current one.",
)
@click.version_option(package.__version__, prog_name="flasklab")
@click.pass_context
def flasklab(ctx: click.Context, folder: Path) -> None:
    """Turn Python functions into an experiment lab."""
    ctx.obj = Entrance(folder=folder)
